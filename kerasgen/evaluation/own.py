"""Evaluation of a model of one's own on arrays of one's own."""

import functools
import time

import numpy as np

from kerasgen import spaces
from kerasgen.evaluation.reference import ReferenceSet
from kerasgen.evaluation.rounds import (
    Evaluation,
    check_shape,
    checked_seeds,
    draw_rounds,
    dtype_of,
    pictures,
    summary,
)
from kerasgen.evaluation.samples import labels_of_random
from kerasgen.metrics import arrays
from kerasgen.models import GenerativeModel
from kerasgen.ops import checks


def evaluate_arrays(
    model,
    train,
    test,
    train_labels=None,
    test_labels=None,
    extractor=None,
    num=10_000,
    seeds=(0, 1, 2),
    progress=False,
):
    """The measures of `evaluate` for a model and examples of one's own.

    Likelihoods are not among them: `model.log_prob(test)` gives those.

    Args:
        model: A model that samples.
        train, test: Arrays of real examples, which the samples are compared with: uint8 images
            (num, height, width, channels), or points (num, d).
        train_labels: The condition of each training example, where the model takes one; samples are drawn
            for those of random training examples.
        test_labels: The class of each test example, ints (num,), for the measures of classes.
        extractor: `metrics.extractor.Extractor` for images, such as `extractor.of_classifier(name, model)`
            of a classifier trained on the same data.
        num, seeds, progress: As in `evaluate`.

    Returns:
        `Evaluation`; without variants.

    Raises:
        InvalidDataError: If the arrays do not fit each other, the model or the extractor, or if `num` is too
            small for a measure.
        ValueError, TypeError: Another argument out of its range.
    """
    model, seeds = checks.instance("model", model, GenerativeModel), checked_seeds(seeds)
    if test_labels is not None:
        num_test = len(arrays.rows("test", test, dtype=None))
        test_labels = arrays.labels("test_labels", test_labels, num_test)
    reference, started = ReferenceSet(train, test, extractor, test_labels), time.monotonic()
    num = checks.integer("num", num, 2, model.max_rows)
    check_shape(model, "an array", reference, "test")
    reference.check_num(num)
    classes = None
    if model.condition is not None:
        model.condition.check(train_labels, "train_labels", len(reference.train))
        train_labels = np.asarray(train_labels)
        classes = train_labels if isinstance(model.condition, spaces.Label) else None
    floors = [reference.floor(num, seed, classes) for seed in seeds]
    ask = functools.partial(labels_of_random, model, train_labels, [classes], num)
    rounds, first = draw_rounds(model, [reference], ask, num, seeds, progress)
    minutes = round((time.monotonic() - started) / 60, 1)
    settings = {"dtype": dtype_of(model), "num": num, "seeds": seeds, "minutes": minutes}
    return Evaluation(summary(rounds, floors), settings, {}, pictures(model, reference, first, True))
