"""Figures of one kind of comparison each: functions of arrays that return {measure: value}."""

import numpy as np

from kerasgen.metrics import fidelity, likelihood, manifold, modes, scores, sharpness

SIGMAS = np.geomspace(0.05, 0.5, 19)  # of the Parzen window, for pixels in [0, 1]
BLOCK = 1000  # rows of a block of the kernel distance
MIXTURE = 2500  # samples that are sorted to the modes of a mixture, as in PacGAN


def of_features(features, real, balls, seed):
    """Figures of samples' features against those of real examples.

    Args:
        features, real: Arrays (num, width).
        balls: `metrics.manifold.Manifold` of `real` with k = 3, and with k = 5.
        seed: Of the random subsets that some measures take.
    """
    kid = fidelity.kid(features, real, BLOCK)
    figures = {
        "fid": fidelity.fid(features, real),
        "fid_infinity": fidelity.fid_infinity(features, real, seed),
        "kid": kid.value,
    }
    if np.isfinite(kid.standard_error):  # more than one block
        figures["kid_error"] = kid.standard_error
    k3, k5 = balls
    figures |= manifold.precision_recall(features, k3)._asdict()
    return figures | manifold.density_coverage(features, k5)._asdict()


def of_classes(logits, labels=None):
    """Figures of the classes that an extractor reads in samples.

    Args:
        logits: Array (num, classes).
        labels: Classes of real examples, the target of the class distribution if they hold every class;
            None, too, takes all classes for equally likely.
    """
    figures = {
        "inception_score": scores.inception_score(logits),
        "confidence": scores.confidence(logits),
        "class_entropy": scores.class_entropy(logits),
    }
    target = None if labels is None else np.bincount(labels, minlength=logits.shape[1])
    target = target if target is not None and target.all() else None
    reached, kl = modes.class_modes(logits.argmax(1), logits.shape[1], target)
    return figures | {"modes": reached, "reverse_kl": kl}


def of_pixels(samples, test, validation):
    """Figures of uint8 images: `validation` chooses the width of the Parzen window."""
    unit = lambda images: flat(images) / 255
    estimate = likelihood.parzen(unit(samples), unit(test), SIGMAS, unit(validation))
    figures = {"parzen": estimate.mean}
    if min(test.shape[1:3]) >= 3:
        figures["sharpness"] = sharpness.relative_sharpness(samples, test)
    return figures


def of_points(samples, mixture):
    """Figures of points of a `data.laboratory.Mixture`."""
    return modes.mixture_modes(samples[:MIXTURE], mixture.means, mixture.sigma)._asdict()


def flat(examples):
    """Examples as rows of floats (num, width)."""
    examples = np.asarray(examples)
    kept = examples if examples.dtype.kind == "f" else examples.astype("float32")
    return kept.reshape(len(examples), -1)
