"""An LSTM that writes Shakespeare character by character: the peer of shakespeare_gpt.

One layer of 384 units on the same passages of 256 characters, with about as many weights. Graves (2013)
generates text so; the published figure beside it is of nanoGPT's Transformer.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import shakespeare_gpt as gpt


def build(width=128, units=384, dropout=0.3, symbols=None, length=gpt.LENGTH, decay_steps=gpt.STEPS, seed=0):
    """Logits of 65 characters."""
    event = gpt.characters(symbols, length)
    sizes = {"width": width, "units": units, "dropout": dropout}
    network = kg.networks.language.recurrent(event.vocabulary, length, **sizes)
    return gpt.compiled(network, event, decay_steps, seed, rate=2e-3, global_clipnorm=100.0)


recipe = dataclasses.replace(
    gpt.recipe, build=build, tiny={"width": 2, "units": 2, "symbols": "ab ", "length": 8}
)
