"""Figures of a classifier: its answers on data with labels."""

import numpy as np
from scipy.special import log_softmax
from sklearn.metrics import precision_recall_fscore_support

from kerasgen import data
from kerasgen.errors import InvalidDataError
from kerasgen.metrics import extractor as extractors


def figures(model, source):
    """({figure: value}, test images, training images) of a classifier on a named set of data.

    Args:
        model: `Classifier`.
        source: Name of data with labels.

    Raises:
        InvalidDataError: If the data has no labels.
    """
    images, labels = data.arrays(source, "test")
    if labels is None:
        raise InvalidDataError(f"`source` must be data with labels. Received: {source!r}, which has none.")
    train_images, train_labels = data.arrays(source, "train")
    return of_arrays(model, images, labels, train_images, train_labels), images, train_images


def of_arrays(model, images, labels, train_images, train_labels):
    """{figure: value} of a classifier on uint8 images and their labels, ints (num,)."""
    read = extractors.of_classifier(model.name, model)
    logits = read(images).logits
    answers = logits.argmax(1)
    precision, recall, *_ = precision_recall_fscore_support(labels, answers, average="macro", zero_division=0)
    found = {
        "accuracy": (answers == labels).mean(),
        "macro_precision": precision,
        "macro_recall": recall,
        "cross_entropy": -log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean(),
        "train_accuracy": (read(train_images).logits.argmax(1) == train_labels).mean(),
    }
    return {figure: float(value) for figure, value in found.items()}
