"""What the figures of a run mean, in words."""

COLLAPSED = 0.5  # of the spread of the data
COPIED = 0.3  # of the distance that held-out examples keep from training examples
WON = 0.98  # accuracy of a discriminator that leaves its generator nothing to learn from
FAR = 1.25  # times as far from the data as examples are from each other
ROUGH = 2.0  # times the differences of neighboring numbers that the data have

WORDS = {
    "sample_spread": "standard deviation of the samples over that of held-out examples; 1 is right",
    "sample_distance": "median distance of a sample to the nearest other one, over that of held-out examples",
    "data_distance": "median distance of a sample to the nearest held-out example, over that between these",
    "roughness": "mean difference of neighboring pixels, over that of held-out examples; noise has more",
    "real_accuracy": "share of held-out examples that the discriminator takes for real",
    "fake_accuracy": "share of samples that the discriminator takes for generated",
    "saturation": "share of samples to which it gives less than 1 %; the generator learns little from them",
    "slope": "mean norm of its gradient with respect to a sample, from which the generator learns",
    "copying": "median distance of a sample to the nearest training example, over that of held-out ones",
    "token_nats": "mean -log p of a token of held-out examples",
    "sample_nats": "mean -log p of a token of samples, about the entropy of the model",
    "training_nats": "mean -log p of a token of training examples; far below held-out ones: learned by heart",
    "active_units": "share of the code's numbers that depend on the example",
}


def findings(row):
    """What the figures of an epoch mean: one sentence or more.

    Args:
        row: {figure of `WORDS`: number}; figures may be missing.
    """
    # Of a comparison with NaN nothing holds.
    row = dict.fromkeys(WORDS, float("nan")) | row
    found = [words.format(**row) for words, holds in RULES.items() if holds(row)]
    return found or ["Nothing looks wrong."]


def _collapsed(row):
    return row["sample_spread"] < COLLAPSED or row["sample_distance"] < COLLAPSED / 5


def _noise(row):
    return row["data_distance"] > FAR or row["roughness"] > ROUGH


def _won(row):
    return row["real_accuracy"] > WON and row["fake_accuracy"] > WON


def _learned_by_heart(row):
    return row["fake_accuracy"] > WON and row["real_accuracy"] < 0.3


RULES = {
    "The samples are too much alike: mode collapse, or training has only begun "
    "(their spread is {sample_spread:.2f} of the data's).": _collapsed,
    "The samples are far from the data: they look like noise, since training has only begun or has failed "
    "(a sample is {data_distance:.1f} times as far from the nearest example as examples are from "
    "each other).": _noise,
    "The discriminator is nearly always right, also about examples that it was not trained on: the generator "
    "has little to learn from. Fewer discriminator steps, a penalty, or a larger generator help.": _won,
    "The discriminator rejects held-out examples and samples alike: it has learned the training "
    "set by heart. More data, augmentation or a smaller discriminator help.": _learned_by_heart,
    "The samples lie on training examples: memorization (a sample is at {copying:.2f} of the distance of an "
    "example that was held out). More data, augmentation, a smaller model or fewer epochs help.": (
        lambda row: row["copying"] < COPIED
    ),
    "Hardly any number of the code depends on the example: posterior collapse. A warm-up of "
    "the rate, free bits, a smaller beta or a weaker decoder help.": (lambda row: row["active_units"] < 0.1),
}
