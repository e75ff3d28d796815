"""The real data's side of every comparison, prepared once and used for every sample."""

import functools

import numpy as np

from kerasgen.errors import InvalidDataError
from kerasgen.metrics import arrays, fidelity, likelihood, manifold, memorisation, modes, scores
from kerasgen.metrics.extractor import Reading
from kerasgen.ops import checks

BINS = 100  # of NDB, as in its paper
SIGMAS = np.geomspace(0.05, 0.5, 19)  # of the Parzen window, for pixels in [0, 1]
VALIDATION = 1000  # training examples that choose among them


class Yardstick:
    """Measures of samples against a test set (fidelity) and against the training set (copying).

    Args:
        train, test: Arrays of real examples: uint8 images (num, height, width, channels), or
            float points (num, d).
        extractor: `metrics.extractor.Extractor` for images; None compares points themselves.
        labels: Class of each test example (num,), whose shares are the target of the class
            law; None takes all classes for equally likely.
        mixture: `data.laboratory.Mixture` that the points come from, where its modes are
            known and counted.

    Raises:
        InvalidDataError: If the arrays do not fit each other or the extractor.
    """

    def __init__(self, train, test, extractor=None, labels=None, mixture=None):
        if train.shape[1:] != test.shape[1:]:
            raise InvalidDataError(
                f"`test` must have examples of shape {train.shape[1:]}. Received: {test.shape[1:]}."
            )
        self.train, self.test, self.extractor = train, test, extractor
        self.labels, self.mixture = labels, mixture
        self.space = f"_{extractor.name}" if extractor else ""

    def figures(self, samples, seed=0, asked=None):
        """{figure: value} of samples of the kind and shape of `test`; figures of features end in their space.

        Args:
            samples: Array (num, ...).
            seed: Of the random subsets that some measures take.
            asked: The classes (num,) that samples were asked to be of, where they were.

        Raises:
            InvalidDataError: If the samples are too few, not finite, all the same or of another shape.
        """
        reading = self._read(samples)
        figures = self._fidelity(samples, reading, seed) | self._novelty(samples, reading)
        return figures | self._obedience(reading, asked)

    def figure(self, name, samples, asked=None):
        """One of the figures alone: "fid", or "label_accuracy" of samples whose class was asked for."""
        reading = self._read(samples)
        if checks.choice("name", name, ("fid", "label_accuracy")) == "fid":
            return float(fidelity.fid(reading.features, self._test.features))
        return next(iter(self._obedience(reading, asked).values()), None)

    def floor_of(self, name, num):
        """The same figure of real examples: `num` of training, or the labels of held-out ones read back."""
        if name == "fid":
            chosen = np.random.default_rng(0).choice(
                len(self.train), min(num, len(self.train)), replace=False
            )
            return self.figure(name, self.train[chosen])
        return self.figure(name, self.test, self.labels)

    def floor(self, num, seed=0):
        """The `figures` of real examples: what a perfect model would score.

        `num` training examples stand for samples before the test set; the test set stands
        for them before the training set.
        """
        free = len(self.train) - self._validation  # those choose the width of the Parzen window
        chosen = np.random.default_rng(seed).choice(free, min(num, free), replace=False)
        real = self.train[chosen]
        figures = self._fidelity(real, self._read(real), seed) | self._novelty(self.test, self._test)
        return figures | self._obedience(self._test, self.labels)

    def nearest(self, samples):
        """The training example nearest to each sample in the feature space."""
        return self.train[self._training.nearest(self._read(samples).features).index]

    def classes(self, samples):
        """The class that the extractor reads in each sample, int64 (num,); None where it reads none."""
        logits = self._read(samples).logits
        return None if logits is None else logits.argmax(1)

    def _fidelity(self, samples, reading, seed):
        """Figures against the test set."""
        (features, logits), real = reading, self._test.features
        kid = fidelity.kid(features, real)
        figures = {
            "fid": fidelity.fid(features, real),
            "fid_infinity": fidelity.fid_infinity(features, real, seed),
            "kid": kid.value,
        }
        if np.isfinite(kid.standard_error):  # more than one block
            figures["kid_error"] = kid.standard_error
        k3, k5 = self._balls
        figures |= manifold.precision_recall(features, k3)._asdict()
        figures |= manifold.density_coverage(features, k5)._asdict()
        if logits is not None:
            figures |= self._classes(logits)
        figures = {f"{name}{self.space}": value for name, value in figures.items()}
        return figures | (self._points(samples) if self.extractor is None else self._parzen(samples))

    def _novelty(self, samples, reading):
        """Figures against the training set."""
        near = self._training.nearest(reading.features)
        figures = {
            f"authenticity{self.space}": self._training.authenticity(near),
            f"copying{self.space}": memorisation.copying(near, self._held_out),
        }
        difference = self._bins.compare(_flat(samples))
        return figures | {"ndb": difference.different, "ndb_js": difference.js}

    def _obedience(self, reading, asked):
        """The share that is read as it was asked for."""
        if asked is None or reading.logits is None:
            return {}
        return {f"label_accuracy{self.space}": float((reading.logits.argmax(1) == asked).mean())}

    def _classes(self, logits):
        figures = {
            "inception_score": scores.inception_score(logits),
            "confidence": scores.confidence(logits),
            "class_entropy": scores.class_entropy(logits),
        }
        num = logits.shape[1]
        target = None if self.labels is None else np.bincount(self.labels, minlength=num)
        target = target if target is not None and target.all() else None  # uniform
        reached, kl = modes.class_modes(logits.argmax(1), num, target)
        return figures | {"modes": reached, "reverse_kl": kl}

    def _points(self, samples):
        if self.mixture is None:
            return {}
        found = modes.mixture_modes(samples[:2500], self.mixture.means, self.mixture.sigma)
        return found._asdict()

    def _parzen(self, samples):
        unit = lambda images: _flat(images) / 255
        estimate = likelihood.parzen(
            unit(samples), unit(self.test), SIGMAS, unit(self.train[-self._validation :])
        )
        return {"parzen": estimate.mean}

    def _read(self, samples):
        if self.extractor is None:
            arrays.rows("samples", samples, width=self.test.shape[1])
            return Reading(samples, None)
        if np.shape(samples)[1:] != self.test.shape[1:]:
            raise InvalidDataError(
                f"`samples` must be images of shape {self.test.shape[1:]}. Received: {np.shape(samples)[1:]}."
            )
        arrays.rows("samples", samples)
        return self.extractor(samples)

    @property
    def _validation(self):
        return min(VALIDATION, len(self.train) // 4)

    @functools.cached_property
    def _test(self):
        return self._read(self.test)

    @functools.cached_property
    def _balls(self):
        return [manifold.Manifold(self._test.features, k) for k in (3, 5)]

    @functools.cached_property
    def _training(self):
        return memorisation.Training(self._read(self.train).features)

    @functools.cached_property
    def _held_out(self):
        return self._training.nearest(self._test.features)

    @functools.cached_property
    def _bins(self):
        most = min(len(self.train), len(self.test)) // modes.PER_BIN
        return modes.Bins(_flat(self.train), min(BINS, most))


def _flat(examples):
    return np.asarray(examples, "float32").reshape(len(examples), -1)
