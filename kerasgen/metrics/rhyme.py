"""Rhymes of poems, learned from poems: no table of sounds is asked."""

import itertools

import numpy as np

from kerasgen.ops import checks


def rhyme_rate(poems, training, line):
    """The share of neighboring even lines whose last characters are known to rhyme.

    Two characters are known to rhyme if a poem of the training set has both at the ends of even lines. In
    regulated Chinese verse all even lines rhyme. No table of the sounds of that time is needed; what is rare
    is missed, so that real poems do not reach 1: compare with those of a test set.

    Args:
        poems: 1-D int arrays of characters, one or more.
        training: The same, of poems that rhyme.
        line: Characters of a line, >= 1.

    Returns:
        Float in [0, 1]; NaN where no poem has four lines.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """
    line = checks.integer("line", line, 1, 2**20)
    ends = lambda poem: np.asarray(poem)[2 * line - 1 :: 2 * line].tolist()
    poems, training = (
        [ends(poem) for poem in checks.members(name, value, "a list of arrays")]
        for name, value in (("poems", poems), ("training", training))
    )
    known = {pair for one in training for pair in itertools.permutations(one, 2)}
    found = [pair in known for one in poems for pair in itertools.pairwise(one)]
    return float(np.mean(found)) if found else float("nan")
