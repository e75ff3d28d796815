"""How texts that were written for texts agree with those of a data set."""

import numpy as np

from kerasgen.ops import checks


def exact_match(answers, wanted):
    """The share of answers that are the wanted ones to the last symbol.

    Args:
        answers, wanted: Strings, equally many, one or more.

    Returns:
        Float in [0, 1].

    Raises:
        TypeError, ValueError: If they are none of these.
    """
    answers, wanted = _texts(answers=answers, wanted=wanted)
    return float(np.mean([one == other for one, other in zip(answers, wanted, strict=True)]))


def right_answers(answers, asked, pairs):
    """The share of answers that the data have for the same question: no less where there are several.

    Args:
        answers, asked: Strings, equally many, one or more: answers and their questions.
        pairs: (answers, questions) of the data, the same.

    Returns:
        Float in [0, 1].

    Raises:
        TypeError, ValueError: If they are none of these.
    """
    answers, asked = _texts(answers=answers, asked=asked)
    known = set(zip(*_texts(**{f"pairs[{k}]": one for k, one in enumerate(pairs)}), strict=True))
    return float(np.mean([pair in known for pair in zip(answers, asked, strict=True)]))


def answer_entropy(answers, asked):
    """H(answer | question) = - sum p(question, answer) log p(answer | question) of shares, in nats.

    0 if every question has one answer. Shares of few examples have too little entropy, by about
    (answers - questions) / (2 num) nats (Miller, 1955): compare with as many examples of the data.

    Args:
        answers, asked: Strings, equally many, one or more.

    Raises:
        TypeError, ValueError: If they are none of these.
    """
    answers, asked = _texts(answers=answers, asked=asked)
    return _entropy(list(zip(answers, asked, strict=True))) - _entropy(asked)


def _entropy(values):
    counts = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    shares = np.array(list(counts.values())) / len(values)
    return float(-np.sum(shares * np.log(shares)))


def _texts(**columns):
    """Columns of strings, checked, as lists; of one length."""
    found = [list(checks.members(name, value, "a sequence of strings")) for name, value in columns.items()]
    for name, column in zip(columns, found, strict=True):
        if not column or not all(isinstance(one, str) for one in column):
            words = f"`{name}` must hold strings, one or more"
            raise ValueError(f"{words}. Received: {checks.received(columns[name])}.")
    first, *_ = columns
    for name, column in zip(columns, found, strict=True):
        if len(column) != len(found[0]):
            words = f"`{name}` must be as many as `{first}`"
            raise ValueError(f"{words}. Received: {len(column)} and {len(found[0])}.")
    return found
