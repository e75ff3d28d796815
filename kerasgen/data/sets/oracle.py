"""Sequences of the oracle of SeqGAN, drawn when they are asked for, in three lengths."""

from kerasgen.data.registry import register

SPLITS = ("train", "validation", "test")
ABOUT = {
    "size": "1 MB, brought by hand",
    "license": "not stated",
    "origin": "Yu et al. (2017), github.com/LantaoYu/SeqGAN",
}


def _draw(split, data_dir, length):
    from kerasgen.data import oracle

    return oracle.sequences(split, data_dir, length), None


@register("oracle", SPLITS, **ABOUT)
def oracle(split, data_dir):
    """20 tokens of 5,000, drawn from a random LSTM that is known: 10,000 sequences to train on."""
    return _draw(split, data_dir, 20)


@register("oracle_40", SPLITS, **ABOUT)
def oracle_40(split, data_dir):
    """40 tokens of the same LSTM."""
    return _draw(split, data_dir, 40)


@register("oracle_60", SPLITS, **ABOUT)
def oracle_60(split, data_dir):
    """60 tokens of the same LSTM."""
    return _draw(split, data_dir, 60)
