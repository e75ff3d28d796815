"""What a classifier's reading of samples tells of their quality and variety."""

import tensorflow as tf
from scipy.special import entr, softmax

from kerasgen.metrics import arrays, tfgan


def confidence(logits):
    """Mean probability of the likeliest class, in [1 / classes, 1]: high where samples are clear.

    Args:
        logits: Array (num, classes).
    """
    return float(softmax(arrays.rows("logits", logits), axis=1).max(1).mean())


def class_entropy(logits):
    """Entropy in nats of the class law averaged over samples, in [0, log classes].

    High where samples are varied; 0 where all are of one class (mode collapse).

    Args:
        logits: Array (num, classes).
    """
    return float(entr(softmax(arrays.rows("logits", logits), axis=1).mean(0)).sum())


def inception_score(logits):
    """exp E KL(p(y|x) || p(y)) (Salimans et al., 2016, arXiv:1606.03498, section 4), in [1, classes].

    Over all samples at once, by TF-GAN's function.

    Args:
        logits: Array (num, classes), of any classifier: name it with the figure.
    """
    return float(
        tfgan.classifier_metrics().classifier_score_from_logits(tf.constant(arrays.rows("logits", logits)))
    )
