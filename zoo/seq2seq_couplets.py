"""The second line of a couplet after the first: 床前明月光 is read, five characters are written.

In regulated verse the second line answers the first, often word by word: a noun to a noun, a color to a
color. Both lines have the same characters, whose vectors are also the weights of their logits. No line is
the right one, so that what counts is how probable the poet's own line is.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import seq2seq_sums as sums

BATCH, EPOCHS = 128, 20
COUPLETS = 58_240  # of the training split
LINE = 5


def build(width=160, units=128, dropout=0.4, symbols=None, decay_steps=EPOCHS * (COUPLETS // BATCH), seed=0):
    """Logits of 5,778 characters; the marks of a line that is read are left out."""
    known = kg.data.texts.symbols("tang_poems") if symbols is None else symbols
    event, condition = (of(known, LINE, (LINE,)) for of in (kg.spaces.Characters, kg.spaces.Verses))
    sizes = {"width": width, "units": units, "cell": "lstm", "dropout": dropout}
    network = kg.networks.seq2seq.attentive(event.vocabulary, LINE, LINE, **sizes)
    return sums.compiled(network, event, condition, 2e-3, decay_steps, seed)


recipe = dataclasses.replace(
    sums.recipe,
    build=build,
    data="tang_couplets",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 2, "units": 2, "symbols": "床前明月光"},
)
