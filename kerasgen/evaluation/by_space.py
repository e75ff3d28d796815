"""How a model is evaluated whose examples are neither images nor points: by the space of its examples."""

import functools

from kerasgen import spaces
from kerasgen.evaluation import sequences, sounds, texts


@functools.singledispatch
def evaluation_of(event):
    """A function like `texts.evaluate` for models of a space; None for images and points."""
    return None


@evaluation_of.register
def _(event: spaces.Characters):
    return texts.evaluate


@evaluation_of.register
def _(event: spaces.Tokens):
    return sequences.evaluate


@evaluation_of.register
def _(event: spaces.Waveform):
    return sounds.evaluate
