"""How well categories that were found without labels agree with classes."""

import typing

import numpy as np
from scipy.optimize import linear_sum_assignment

from kerasgen.errors import InvalidDataError
from kerasgen.metrics import arrays
from kerasgen.ops import checks


class Agreement(typing.NamedTuple):
    """`error` in [0, 1] after matching, `information` >= 0 in nats."""

    error: float
    information: float


def agreement(categories, labels, num_categories, num_classes):
    """Error of categories as classes, and their mutual information.

    Each category is matched with one class, and no class with two, so that most examples are right: the
    protocol of Chen et al. (2016), InfoGAN, arXiv:1606.03657, section 7.2. With p the shares of pairs,

        information = sum p(category, class) log (p(category, class) / (p(category) p(class))).

    Args:
        categories, labels: Ints (num,), in [0, num_categories) and [0, num_classes).
        num_categories, num_classes: 1 or more.

    Raises:
        InvalidDataError: If they are no ints of equal number in their ranges, one or more.
        TypeError, ValueError: If a number of them is no int >= 1.
    """
    num_categories = checks.integer("num_categories", num_categories, 1, 2**20)
    num_classes = checks.integer("num_classes", num_classes, 1, 2**20)
    categories, labels = checks.real("categories", categories), checks.real("labels", labels)
    categories = arrays.labels("categories", categories, categories.size, num_categories)
    labels = arrays.labels("labels", labels, labels.size, num_classes)
    if len(categories) != len(labels) or not len(labels):
        words = "`categories` and `labels` must be equally many ints, one or more."
        raise InvalidDataError(f"{words} Received: {len(categories)} and {len(labels)}.")
    counts = np.zeros((num_categories, num_classes))
    np.add.at(counts, (categories, labels), 1)
    rows, columns = linear_sum_assignment(counts, maximize=True)
    shares = counts / counts.sum()
    independent = shares.sum(1, keepdims=True) * shares.sum(0, keepdims=True)
    found = shares > 0
    information = np.sum(shares[found] * np.log(shares[found] / independent[found]))
    return Agreement(1 - shares[rows, columns].sum(), max(float(information), 0.0))
