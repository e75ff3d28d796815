"""A million characters of Shakespeare, of TensorFlow Datasets."""

from kerasgen.data.registry import register

LENGTH, STRIDE = 256, 64  # of the passages, and between the beginnings of those that are trained on


@register(
    "tiny_shakespeare", size="1 MB", license="public domain",
    origin="Karpathy (2015), of TensorFlow Datasets",
)  # fmt: skip
def tiny_shakespeare(split, data_dir):
    """1,115,394 characters of Shakespeare's plays, in passages of 256.

    Those of the training split overlap, four over every character. The test split is the last tenth of the
    text, which TFDS divides into validation and test: the part that others call validation (nanoGPT).
    """
    from kerasgen.data import prepared, texts

    parts = ("train",) if split == "train" else ("validation", "test")
    text = "".join(prepared.text("tiny_shakespeare", part, data_dir) for part in parts)
    return texts.passages(text, LENGTH, STRIDE if split == "train" else LENGTH), None
