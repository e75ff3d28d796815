"""What a classifier's reading of samples tells of their quality and variety."""

import tensorflow as tf
from scipy.special import entr, softmax
from sklearn.neighbors import KNeighborsClassifier

from kerasgen.metrics import arrays, tfgan


def confidence(logits):
    """Mean probability of the likeliest class, in [1 / classes, 1]: high where samples are clear.

    Args:
        logits: Array (num, classes).

    Raises:
        InvalidDataError: As `arrays.rows`.
    """
    return float(softmax(arrays.rows("logits", logits), axis=1).max(1).mean())


def class_entropy(logits):
    """Entropy in nats of the class probabilities averaged over samples, in [0, log classes].

    High where samples are varied; 0 where all are of one class (mode collapse).

    Args:
        logits: Array (num, classes).

    Raises:
        InvalidDataError: As `arrays.rows`.
    """
    return float(entr(softmax(arrays.rows("logits", logits), axis=1).mean(0)).sum())


def inception_score(logits):
    """exp E KL(p(y|x) || p(y)) (Salimans et al., 2016, arXiv:1606.03498, section 4), in [1, classes].

    Over all samples at once, by TF-GAN's function.

    Args:
        logits: Array (num, classes), of any classifier: name it with the figure.

    Raises:
        InvalidDataError: As `arrays.rows`.
    """
    return float(
        tfgan.classifier_metrics().classifier_score_from_logits(tf.constant(arrays.rows("logits", logits)))
    )


def nearest_neighbor_error(samples, labels, real, real_labels):
    """Share of real examples whose nearest sample, in Euclidean distance, is of another class; in [0, 1].

    Samples of a conditional model serve as the training set of a 1-NN classifier that is tested on real
    examples: low where samples are of their class and varied. Radford et al. (2016, arXiv:1511.06434,
    appendix 8.1) report it of MNIST with 50,000 samples.

    Args:
        samples: Array (num, ...), in the unit of `real`.
        labels: The class that each sample was drawn for, ints (num,).
        real: Array (num_real, ...), not trained on.
        real_labels: Their classes, ints (num_real,).

    Raises:
        InvalidDataError: If the arrays are not finite, or do not go together.
    """
    samples = arrays.rows("samples", samples, 1, dtype="float32")
    real = arrays.rows("real", real, 1, samples.shape[1], dtype="float32", like="samples")
    labels = arrays.labels("labels", labels, len(samples))
    real_labels = arrays.labels("real_labels", real_labels, len(real))
    found = KNeighborsClassifier(1, algorithm="brute").fit(samples, labels).predict(real)
    return float((found != real_labels).mean())
