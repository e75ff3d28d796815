"""The oracle of the SeqGAN benchmark: a random LSTM whose sequences are the data, and whose density is known.

Yu et al. (2017), arXiv:1609.05473, section 4.1. What a model writes can be scored by the distribution that
its training set came from, which no other text allows.
"""

import functools
import os

import numpy as np

from kerasgen.data import sources
from kerasgen.errors import InvalidDataError, MissingDataError
from kerasgen.ops import checks

FILE = os.path.join("downloads", "manual", "seqgan_oracle", "oracle.npz")
SPLITS = {"train": (10_000, 0), "validation": (2_000, 1), "test": (10_000, 2)}  # sequences, and their seed
CHUNK = 100  # sequences that are drawn or scored at once: their logits stay in the cache
MOST_TOKENS = 1024  # of a sequence


class Oracle:
    """An LSTM with one layer and fixed weights.

        i, f, o = sigmoid(W x_t-1 + U h + b) each,  c' = f c + i tanh(W x_t-1 + U h + b),  h' = o tanh(c'),
        p(x_t | x_1, ..., x_t-1) = softmax(V h' + c)

    x_0 being the vector of the token 0, and h and c being 0 at first.

    Args:
        weights: {"embedding": (K, d), "Wi", "Ui" (d, d), "bi" (d,), the same of f, o and c, "V" (d, K),
            "c" (K,)}.

    Raises:
        KeyError: If one is missing.
    """

    def __init__(self, weights):
        self.embedding, self.output, self.bias = (weights[name] for name in ("embedding", "V", "c"))
        gates = lambda kind: np.concatenate([weights[kind + gate] for gate in "ifoc"], axis=-1)
        self.kernel, self.recurrent, self.gate_bias = gates("W"), gates("U"), gates("b")
        self.vocabulary, self.units = self.embedding.shape

    def sample(self, num, length=20, seed=0, temperature=1.0):
        """Sequences int32 (num, length); row i depends on (seed, i) alone.

        Args:
            num: 1 or more.
            length: 1 to 1,024.
            seed: Int in [0, 2**31).
            temperature: Number > 0 that logits are divided by.

        Raises:
            TypeError, ValueError: If an argument is none of these.
        """
        num = checks.integer("num", num, 1, 2**31 - 1)
        length = checks.integer("length", length, 1, MOST_TOKENS)
        temperature = checks.positive("temperature", temperature)
        random = np.random.default_rng(checks.integer("seed", seed, 0, 2**31 - 1))
        starts = range(0, num, CHUNK)
        uniform = [random.uniform(size=(min(CHUNK, num - start), length)) for start in starts]
        return np.concatenate([self._sampled(u, temperature) for u in uniform])

    def log_prob(self, x):
        """log p(x) in nats of sequences, float64 (num,).

        Args:
            x: Ints (num, length) in [0, K).

        Raises:
            InvalidDataError: If it is none.
        """
        x = checks.real("x", x)
        if x.ndim != 2 or x.dtype.kind not in "iu" or not x.size or x.min() < 0 or x.max() >= self.vocabulary:
            words = f"`x` must hold sequences of ints from 0 to {self.vocabulary - 1}, (num, length)"
            raise InvalidDataError(f"{words}. Received: {checks.received(x)}.")
        parts = np.split(x.astype("int64"), range(CHUNK, len(x), CHUNK))
        return np.concatenate([self._scored(part) for part in parts])

    def _sampled(self, u, temperature):
        """Sequences of uniform numbers (num, length)."""
        state, found = self._start(len(u)), [np.zeros(len(u), "int32")]
        for at in range(u.shape[1]):
            logits, state = self._step(found[-1], state)
            found.append(_drawn(logits / np.float32(temperature), u[:, at]))
        return np.stack(found[1:], axis=1)

    def _scored(self, x):
        """log p of sequences."""
        state, nats = self._start(len(x)), np.zeros(len(x))
        for at in range(x.shape[1]):
            logits, state = self._step(x[:, at - 1] if at else np.zeros(len(x), "int64"), state)
            chosen = np.take_along_axis(logits, x[:, at, None], axis=1)[:, 0]
            nats += chosen - np.log(np.exp(logits).sum(axis=1, dtype="float64"))
        return nats

    def _start(self, num):
        return np.zeros((num, self.units), "float32"), np.zeros((num, self.units), "float32")

    def _step(self, last, state):
        """(logits (num, K), the largest of them 0, state) behind the tokens `last`."""
        h, memory = state
        gates = self.embedding[last] @ self.kernel + h @ self.recurrent + self.gate_bias
        i, f, o, g = np.split(gates, 4, axis=1)
        memory = _sigmoid(f) * memory + _sigmoid(i) * np.tanh(g)
        h = _sigmoid(o) * np.tanh(memory)
        logits = h @ self.output + self.bias
        return logits - logits.max(axis=1, keepdims=True), (h, memory)


def _sigmoid(x):
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def _drawn(logits, u):
    """The token at which the cumulative probability passes u, of logits (num, K) whose maximum is 0."""
    heights = np.exp(logits).cumsum(axis=1, dtype="float64")
    found = [np.searchsorted(row[:-1], at * row[-1]) for row, at in zip(heights, u, strict=True)]
    return np.array(found, "int32")


def published(data_dir=None):
    """The `Oracle` with the weights of the authors' repository, of a file that a person brings.

    Args:
        data_dir: Folder of prepared data; default `TFDS_DATA_DIR`.

    Raises:
        MissingDataError: If the file is not there; says where it belongs.
        InvalidDataError: If it is broken.
    """
    return _published(sources.folder(data_dir))


@functools.lru_cache(maxsize=1)
def _published(data_dir):
    path = os.path.join(data_dir or "", FILE)
    if not data_dir or not os.path.exists(path):
        where = os.path.join(data_dir or "TFDS_DATA_DIR", os.path.dirname(FILE))
        raise MissingDataError(
            f"`oracle` needs {os.path.basename(FILE)} in {where}; set TFDS_DATA_DIR (or `data_dir`) to the "
            "folder above `downloads`. No network brings it."
        )
    try:
        with np.load(path, allow_pickle=False) as file:
            return Oracle({name: file[name] for name in file.files})
    except (OSError, ValueError, KeyError) as error:
        raise InvalidDataError(f"`data_dir` holds a file that cannot be read: {path!r} ({error}).") from error


def sequences(split, data_dir, length):
    """Sequences of a split, int32 (num, length), drawn from the published oracle."""
    num, seed = SPLITS[split]
    return published(data_dir).sample(num, length, seed)
