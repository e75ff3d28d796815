"""The real data's side of every comparison, prepared once and used for every set of samples."""

import functools

import numpy as np

from kerasgen.data.laboratory import Mixture
from kerasgen.errors import InvalidDataError
from kerasgen.evaluation import figures as compute
from kerasgen.metrics import arrays, fidelity, manifold, memorization, modes, scores
from kerasgen.metrics.extractor import Extractor, Reading
from kerasgen.ops import checks

BINS = 100  # of NDB, as in its paper
VALIDATION = 1000  # training examples that choose the width of the Parzen window
PIXELS = 1000  # samples and test examples whose nearest training picture is looked for


class ReferenceSet:
    """Measures samples against a test set (fidelity) and against the training set (memorization).

    Args:
        train, test: Arrays of real examples: uint8 images (num, height, width, channels), or
            float points (num, d).
        extractor: `metrics.extractor.Extractor` for images; None compares points themselves.
        labels: Class of each test example, ints (num,), whose shares are the target of the class
            distribution; None takes all classes for equally likely.
        mixture: `data.laboratory.Mixture` that the points come from, where its modes are
            known and counted.

    Raises:
        InvalidDataError: If the arrays do not fit each other or the extractor, or `labels` are not one
            int for each test example, among the classes of the extractor.
        TypeError: If `extractor` or `mixture` is none.
    """

    def __init__(self, train, test, extractor=None, labels=None, mixture=None):
        extractor = None if extractor is None else checks.instance("extractor", extractor, Extractor)
        mixture = None if mixture is None else checks.instance("mixture", mixture, Mixture)
        train, test = checks.real("train", train), checks.real("test", test)
        for name, examples in (("train", train), ("test", test)):
            arrays.rows(name, examples, dtype=None, varied=True)
        if train.shape[1:] != test.shape[1:]:
            raise InvalidDataError(
                f"`test` must have examples of shape {train.shape[1:]}. Received: {test.shape[1:]}."
            )
        if extractor is None and train.ndim != 2:
            raise InvalidDataError(
                "`extractor` must be given for images: without one, examples are points (num, d). "
                f"Received: examples of shape {train.shape[1:]}."
            )
        self.train, self.test, self.extractor, self.mixture = train, test, extractor, mixture
        self.labels = None if labels is None else arrays.labels("labels", labels, len(test), self._classes)
        self.space = f"_{extractor.name}" if extractor else ""

    def figures(self, samples, seed=0, classes=None):
        """{figure: value} of samples of the kind and shape of `test`; figures of features end in their space.

        Args:
            samples: Array (num, ...), `least` or more.
            seed: Int in [0, 2**32). Seeds the random subsets that some measures take.
            classes: The class that each sample was asked to be of, ints (num,), or None.

        Raises:
            InvalidDataError: If the samples are too few, not finite or of another shape, or `classes`
                are not those of the extractor.
        """
        checks.integer("seed", seed, 0, 2**32 - 1)
        reading = self._read(samples)
        classes = self._checked(classes, len(samples))
        figures = self._fidelity(samples, reading, seed) | self._memorization(samples, reading)
        return figures | self._control(samples, reading, classes)

    def figure(self, name, samples, classes=None):
        """One of the figures alone: "fid", or "label_accuracy" of samples whose class was asked for."""
        checks.choice("name", name, ("fid", "label_accuracy"))
        reading = self._read(samples)
        if name == "fid":
            return float(fidelity.fid(reading.features, self._test.features))
        return self._label_accuracy(reading, self._checked(classes, len(samples)))

    def read_back(self, samples=None, classes=None):
        """{"label_accuracy...": share of samples that are read as asked}; of the test examples by default."""
        samples, classes = (self.test, self.labels) if samples is None else (samples, classes)
        return {f"label_accuracy{self.space}": self.figure("label_accuracy", samples, classes)}

    def floor_of(self, name, num):
        """The same figure of real examples: `num` of training, or the labels of held-out ones read back."""
        if name != "fid":
            return self.figure(name, self.test, self.labels)
        num = min(num, len(self.train))
        return self.figure(name, self.train[np.random.default_rng(0).choice(len(self.train), num, False)])

    def floor(self, num, seed=0, train_labels=None):
        """The `figures` of real examples: what a perfect model would score.

        `num` training examples stand for samples before the test set; the test set stands
        for them before the training set.

        Args:
            num, seed: Number of the training examples, and the seed that draws them.
            train_labels: Class of each training example, for figures of conditional models; or None.
        """
        free = len(self.train) - self._validation  # those choose the width of the Parzen window
        chosen = np.random.default_rng(seed).choice(free, min(num, free), replace=False)
        real = self.train[chosen]
        figures = self._fidelity(real, self._read(real), seed) | self._memorization(self.test, self._test)
        figures |= self._control(None, self._test, self.labels)
        if train_labels is not None and self.extractor is not None:
            figures |= self._neighbor_error(real, np.asarray(train_labels)[chosen])
        return figures

    def least(self):
        """{what asks for it: fewest samples that `figures` takes}."""
        width = self._test.features.shape[1]
        blocks = -(-len(self.test) // compute.BLOCK)
        needs = self._least_fid() | {
            "Frechet distance at infinity": width + 15,
            "kernel distance": 2 * blocks,
            "density": 6,
            f"{self._bins.num_bins} bins": modes.PER_BIN * self._bins.num_bins,
        }
        if self._test.logits is not None:
            needs["classes"] = self._test.logits.shape[1]
        if self.mixture is not None:
            needs["mixture modes"] = len(self.mixture.means)
        return needs

    def _least_fid(self):
        return {"Frechet distance": self._test.features.shape[1] + 1}

    def check_num(self, num, figure=None):
        """Refuses a number of samples that is too small for a measure, before they are drawn.

        Args:
            num: Number of samples.
            figure: One that is taken alone, as by the method `figure`; default all `figures`.

        Raises:
            InvalidDataError: Names the measures that ask for more, and how many would do.
        """
        needs = {None: self.least, "fid": self._least_fid}.get(figure, dict)()
        short = {what: least for what, least in needs.items() if least > num}
        if short:
            words = ", ".join(f"{what} takes at least {least} rows" for what, least in short.items())
            raise InvalidDataError(
                f"`num` must be at least {max(short.values())}: {words}. Received: num={num}."
            )

    def nearest(self, samples):
        """The training example nearest to each sample in the feature space."""
        return self.train[self._training.nearest(self._read(samples).features).index]

    def classes(self, samples):
        """The class that the extractor reads in each sample, int64 (num,); None where it reads none."""
        logits = self._read(samples).logits
        return None if logits is None else logits.argmax(1)

    def _fidelity(self, samples, reading, seed):
        """Figures against the test set."""
        figures = compute.of_features(reading.features, self._test.features, self._balls, seed)
        if reading.logits is not None:
            figures |= compute.of_classes(reading.logits, self.labels)
        figures = {f"{name}{self.space}": value for name, value in figures.items()}
        if self.extractor is not None:
            return figures | compute.of_pixels(samples, self.test, self.train[-self._validation :])
        return figures if self.mixture is None else figures | compute.of_points(samples, self.mixture)

    def _memorization(self, samples, reading):
        """Figures against the training set."""
        near = self._training.nearest(reading.features)
        figures = {
            f"authenticity{self.space}": self._training.authenticity(near),
            f"copying{self.space}": memorization.copying(near, self._held_out),
        }
        if self.extractor is not None:
            near = self._pictures.nearest(samples[:PIXELS])
            figures["pixel_distance"] = memorization.relative_distance(near, self._held_out_pictures)
        difference = self._bins.compare(compute.flat(samples))
        return figures | {"ndb": difference.different, "ndb_js": difference.js}

    def _control(self, samples, reading, classes):
        """Figures of samples that were asked to be of a class."""
        if classes is None or reading.logits is None:
            return {}
        figures = {f"label_accuracy{self.space}": self._label_accuracy(reading, classes)}
        return figures if samples is None else figures | self._neighbor_error(samples, classes)

    def _label_accuracy(self, reading, classes):
        """The share that is read as it was asked for, or None."""
        if classes is None or reading.logits is None:
            return None
        return float((reading.logits.argmax(1) == classes).mean())

    def _neighbor_error(self, samples, classes):
        if self.labels is None:
            return {}
        return {"nn_error": scores.nearest_neighbor_error(samples, classes, self.test, self.labels)}

    def _read(self, samples):
        examples = checks.real("samples", samples)
        if examples.shape[1:] != self.test.shape[1:]:
            kind = "points" if self.extractor is None else "images"
            raise InvalidDataError(
                f"`samples` must be {kind} of shape {self.test.shape[1:]}. Received: {examples.shape[1:]}."
            )
        arrays.rows("samples", examples, dtype=None)
        return Reading(examples, None) if self.extractor is None else self.extractor(examples)

    def _checked(self, classes, num):
        return None if classes is None else arrays.labels("classes", classes, num, self._classes)

    @property
    def _classes(self):
        """How many classes the extractor reads, or None."""
        return None if self._test.logits is None else self._test.logits.shape[1]

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
        return memorization.Training(self._read(self.train).features)

    @functools.cached_property
    def _held_out(self):
        return self._training.nearest(self._test.features)

    @functools.cached_property
    def _pictures(self):
        return memorization.Training(self.train)

    @functools.cached_property
    def _held_out_pictures(self):
        return self._pictures.nearest(self.test[:PIXELS])

    @functools.cached_property
    def _bins(self):
        most = min(len(self.train), len(self.test)) // modes.PER_BIN
        return modes.Bins(compute.flat(self.train), min(BINS, most))
