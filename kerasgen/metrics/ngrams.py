"""Texts as n-grams of tokens: language models to compare with, BLEU, copied passages.

Texts are lists of 1-D int arrays, of tokens >= 0, their ends left out unless they are to count.
"""

import numpy as np

from kerasgen.errors import InvalidDataError
from kerasgen.ops import checks

MOST_TOKENS = 2**31
START = -1  # what stands before a text, as a token


class WittenBell:
    """p(w | the n - 1 tokens before it) by interpolated Witten-Bell smoothing.

        p(w | h) = (c(h w) + T(h) p(w | h')) / (c(h) + T(h)),

    T(h) being the number of different tokens seen behind h, h' the history without its first token, and
    p(w) = 1 / V where there is none left. Witten & Bell (1991), doi:10.1109/18.87000, method C, as in Chen &
    Goodman (1998), Harvard TR-10-98, section 2.4. With n = 1 it is the unigram model, with n > 1 a Markov
    chain of order n - 1. Before a text stand n - 1 marks that no text has.

    Args:
        texts: Those that are counted.
        vocabulary: V >= 1; tokens lie in [0, V).
        n: From 1 to 16, such that (V + 1)^n < 2^63.

    Raises:
        InvalidDataError: If `texts` are not as said above.
        TypeError, ValueError: If another argument is none of these.
    """

    def __init__(self, texts, vocabulary, n=2):
        self.vocabulary = checks.integer("vocabulary", vocabulary, 1, MOST_TOKENS)
        self.n = checks.integer("n", n, 1, 16)
        if (self.vocabulary + 1) ** self.n >= 2**63:
            raise ValueError(f"`n` must be smaller for {vocabulary} tokens. Received: n={n}.")
        texts = _texts("texts", texts, self.vocabulary)
        self.tables = [self._table(texts, order) for order in range(1, self.n + 1)]

    def _table(self, texts, order):
        """(n-grams, counts, histories, counts, different continuations), sorted numbers."""
        grams, counts = np.unique(self._grams(texts, order), return_counts=True)
        histories, first, kinds = np.unique(
            grams // (self.vocabulary + 1), return_index=True, return_counts=True
        )
        return grams, counts, histories, np.add.reduceat(counts, first), kinds

    def _grams(self, texts, order):
        """The n-gram that ends at each token of all texts, as a number in base V + 1; int64."""
        found = []
        for text in texts:
            padded = np.concatenate([np.full(order - 1, START), text]).astype("int64") + 1
            number = np.zeros(len(text), "int64")
            for at in range(order):
                number = number * (self.vocabulary + 1) + padded[at : at + len(text)]
            found.append(number)
        return np.concatenate(found)

    def log_prob(self, texts):
        """log p of every token of all texts, nats, float64: one array, texts behind one another."""
        texts = _texts("texts", texts, self.vocabulary)
        p = np.full(sum(map(len, texts)), 1 / self.vocabulary)
        for order, (grams, counts, histories, seen, kinds) in enumerate(self.tables, start=1):
            gram = self._grams(texts, order)
            history = gram // (self.vocabulary + 1)
            kind = _looked_up(histories, kinds, history)
            total = _looked_up(histories, seen, history) + kind
            known = total > 0
            p[known] = ((_looked_up(grams, counts, gram) + kind * p)[known]) / total[known]
        return np.log(p)


def _looked_up(keys, values, wanted):
    """The values of sorted keys, 0 for those that are not there."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0)


def bleu(samples, references, n=2):
    """Mean BLEU-n of samples, each against all references, without smoothing.

        BLEU = min(1, exp(1 - r / c)) (prod_k p_k)^(1/n),   k = 1 to n

    p_k is the share of the k-grams of a sample that a reference has, each at most as often as the one that
    has it most often; c is the sample's length, r the nearest one of a reference (Papineni et al., 2002,
    doi:10.3115/1073083.1073135). So SeqGAN measures poems: all of the test set are references (Yu et al.,
    2017, arXiv:1609.05473, section 5.2). It says how common the n-grams of samples are; a text that is
    copied, or repeated, has 1.

    Args:
        samples, references: Texts, one or more.
        n: From 1 to 8.

    Raises:
        InvalidDataError: If texts are not as said above.
        TypeError, ValueError: If `n` is no int in this range.
    """
    n = checks.integer("n", n, 1, 8)
    samples, references = _texts("samples", samples), _texts("references", references)
    lengths = np.unique([len(text) for text in references])
    most = [_most(references, k) for k in range(1, n + 1)]
    return float(np.mean([_bleu(text, most, lengths) for text in samples]))


def _bleu(text, most, lengths):
    nearest = lengths[np.argmin(np.abs(lengths - len(text)))]
    product = min(1.0, np.exp(1 - nearest / len(text)))
    for k, table in enumerate(most, start=1):
        counts = _counts(text, k)
        shared = sum(min(count, table.get(gram, 0)) for gram, count in counts.items())
        product *= (shared / max(1, sum(counts.values()))) ** (1 / len(most))
    return product


def _counts(text, k):
    grams = [tuple(text[at : at + k].tolist()) for at in range(len(text) - k + 1)]
    counts = dict.fromkeys(grams, 0)
    for gram in grams:
        counts[gram] += 1
    return counts


def _most(texts, k):
    """{k-gram: how often the text has it that has it most often}."""
    found = {}
    for text in texts:
        for gram, count in _counts(text, k).items():
            found[gram] = max(found.get(gram, 0), count)
    return found


def copied(samples, training, length, stride=1):
    """The share of passages of samples that stand in a training text.

    Args:
        samples, training: Texts.
        length: Tokens of a passage, >= 1.
        stride: Tokens between the beginnings of passages, >= 1: with the length of a line, its lines.

    Returns:
        Float in [0, 1]; 0 where no sample is as long as a passage.

    Raises:
        InvalidDataError: If texts are not as said above.
        TypeError, ValueError: If another argument is none of these.
    """
    length, stride = (checks.integer(*one, 1, 2**20) for one in (("length", length), ("stride", stride)))
    samples, training = _texts("samples", samples), _texts("training", training)
    known = {passage for text in training for passage in _passages(text, length, stride)}
    found = [passage in known for text in samples for passage in _passages(text, length, stride)]
    return float(np.mean(found)) if found else 0.0


def _passages(text, length, stride):
    text = np.ascontiguousarray(text, "int32")
    return [text[at : at + length].tobytes() for at in range(0, len(text) - length + 1, stride)]


def _texts(name, texts, vocabulary=MOST_TOKENS):
    """A list of 1-D int arrays, one or more, none empty; InvalidDataError otherwise."""
    texts = checks.members(name, texts, "a list of arrays of ints")
    found = [checks.real(name, text) for text in texts]
    for text in found:
        if text.ndim != 1 or not text.size or text.dtype.kind not in "iu":
            words = f"`{name}` must hold 1-D arrays of ints, none empty"
            raise InvalidDataError(f"{words}. Received: {text.dtype} of shape {text.shape}.")
        if text.min() < 0 or text.max() >= vocabulary:
            words = f"`{name}` must hold tokens from 0 to {vocabulary - 1}"
            raise InvalidDataError(f"{words}. Received: from {text.min()} to {text.max()}.")
    if not found:
        raise InvalidDataError(f"`{name}` must hold one text or more. Received: none.")
    return found
