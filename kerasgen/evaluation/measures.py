"""What each figure is: its unit, its better end, and the words that explain it."""

from typing import NamedTuple


class Measure(NamedTuple):
    """Attributes:
    better: "low", "high", "zero" or "one" for a number that is right, or "" where neither end is better.
    digits: Digits after the point where it is printed.
    text: What it says, in a line.
    """

    better: str
    digits: int
    text: str


MEASURES = {
    "nats": Measure("high", 2, "log-likelihood of the test set, nats an example"),
    "nats_error": Measure("", 2, "standard error of `nats`: the choice of the examples, and draws"),
    "bits_per_dim": Measure("low", 3, "the same, bits a pixel of 256 levels; densities are dequantized"),
    "code_bits": Measure("low", 1, "bits that the codes of a test example cost by the prior of codes"),
    "bits_per_token": Measure("low", 3, "bits a character or word of the test set; `unigram`, `bigram` and "
                              "`markov` (of order 4): those of smoothed n-grams of the training set"),
    "bits_per_sample": Measure("low", 3, "bits a sample of the test set, levels of the mu-law as recorded, "
                               "no padding scored; `unigram`, `order1`, `order2`: of smoothed counts"),
    "seconds_per_second": Measure("high", 1, "seconds of sound drawn in a second, on that machine"),
    "nats_per_token": Measure("low", 4, "the same in nats"),
    "perplexity": Measure("low", 2, "the same as a number of equally probable tokens"),
    "bleu2": Measure("one", 3, "BLEU-2 of samples, the test set as references; real: training texts"),
    "oracle_nats": Measure("low", 3, "-log p of a token of samples by the oracle that real ones come from; "
                           "copies and a low temperature have little, too"),
    "copied": Measure("low", 4, "share of lines, or else of passages of 20 tokens (`copied_5`: of 5), of the "
                      "training set"),
    "rhyme": Measure("high", 3, "share of neighboring even lines that end as they do in a training poem"),
    "exact_match": Measure("high", 4, "share of the test set that greedy answers are equal to"),
    "right_answers": Measure("high", 4, "share of samples that the data have as answers to the same text"),
    "answer_entropy": Measure("", 3, "entropy of the samples' answers to a text, nats; real: as many texts"),
    "mse": Measure("low", 5, "squared error a pixel of the test set's reconstructions, pixels in [0, 1]"),
    "fid": Measure("low", 2, "Frechet distance of features"),
    "fid_infinity": Measure("low", 2, "the same, extrapolated to infinitely many samples"),
    "kid": Measure("low", 4, "kernel distance of features, unbiased"),
    "kid_error": Measure("", 4, "standard error of the kernel distance over blocks of 1,000"),
    "precision": Measure("high", 3, "share of samples among the data (k = 3)"),
    "recall": Measure("high", 3, "share of the data among the samples (k = 3)"),
    "density": Measure("high", 3, "how densely data surround samples (k = 5)"),
    "coverage": Measure("high", 3, "share of the data near a sample (k = 5)"),
    "inception_score": Measure("high", 2, "clear and varied classes, from 1 to their number"),
    "confidence": Measure("high", 3, "mean probability of the likeliest class"),
    "class_entropy": Measure("high", 3, "entropy of the class probabilities averaged over samples, nats"),
    "label_accuracy": Measure("high", 4, "share of samples read as the class that they were asked to be of"),
    "category_error": Measure("low", 4, "share of test examples whose category is not that of their class"),
    "category_information": Measure("high", 3, "mutual information of category and class, test set, nats"),
    "modes": Measure("high", 0, "classes or mixture modes reached"),
    "reverse_kl": Measure("low", 4, "KL of the samples' modes from the data's, nats"),
    "high_quality": Measure("high", 4, "share of samples within 3 sigma of a mode"),
    "sharpness": Measure("one", 3, "high-frequency energy over that of test images; below 1: blur"),
    "pixel_distance": Measure("one", 3, "distance in pixels to the training set; test images 1, copies 0"),
    "nn_error": Measure("low", 4, "test error of a 1-NN classifier whose training set are samples"),
    "ndb": Measure("low", 0, "k-means bins of 100 whose share differs from the training set's"),
    "ndb_js": Measure("low", 4, "Jensen-Shannon divergence of those bins, nats"),
    "authenticity": Measure("high", 3, "share of samples that are no copies of training examples"),
    "copying": Measure("zero", 1, "z-score; far below 0: nearer to training examples than test examples are"),
    "parzen": Measure("high", 1, "Parzen-window log-likelihood, nats: historical, and misleading"),
    "accuracy": Measure("high", 4, "share of right answers"),
    "macro_precision": Measure("high", 4, "mean over classes of the share of right among the answers given"),
    "macro_recall": Measure("high", 4, "mean over classes of the share of right among the examples"),
    "cross_entropy": Measure("low", 4, "mean -log p(label | image), nats"),
    "train_accuracy": Measure("high", 4, "accuracy on the training split, for overfitting"),
    "samples_per_second": Measure("high", 0, "on the machine of the Record"),
}  # fmt: skip


def measure(figure):
    """The `Measure` of a figure's name, which may end in its feature space (`fid_lenet_mnist_v1`)."""
    return MEASURES[base(figure)]


def base(figure):
    """The measure's own name: the longest of `MEASURES` that `figure` begins with."""
    return max((name for name in MEASURES if f"{figure}_".startswith(f"{name}_")), key=len)


def shown(figure, value):
    """A value with the digits of its measure; nothing for None."""
    return "" if value is None else f"{value:,.{measure(figure).digits}f}"


def spread(figure, entry):
    """A figure as "value ± spread between sampling seeds"; nothing for None."""
    if entry is None:
        return ""
    around = f" ± {shown(figure, entry['spread'])}" if entry["spread"] else ""
    return shown(figure, entry["value"]) + around
