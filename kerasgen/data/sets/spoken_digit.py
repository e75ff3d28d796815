"""Spoken digits, of TensorFlow Datasets: two sets of the same recordings."""

from kerasgen.data.registry import register

SPLITS = ("train", "validation", "test")
ABOUT = {
    "size": "12 MB",
    "license": "CC BY-SA 4.0",
    "origin": "Jackson et al., github.com/Jakobovski/free-spoken-digit-dataset",
}


@register("spoken_digit", SPLITS, **ABOUT)
def spoken_digit(split, data_dir):
    """2,500 recordings of a digit by five speakers, the first 4,096 samples at 8,000 a second; the digits.

    Takes 0 to 4 are the test split, of the others one in 20 the validation split. Samples are in [-1, 1],
    zeros stand behind the end; one clip in six is longer.
    """
    from kerasgen.data import sounds

    x, labels = sounds.spoken_digits(split, data_dir)
    return x, labels[:, 0]


@register("spoken_digit_speakers", SPLITS, **ABOUT)
def spoken_digit_speakers(split, data_dir):
    """The recordings of spoken_digit; digits and speakers, two columns."""
    from kerasgen.data import sounds

    return sounds.spoken_digits(split, data_dir)
