"""An LSTM that writes poems of the Tang dynasty, character by character: 床, 前, 明, 月, 光.

Quatrains (label 0) and poems of eight lines (label 1), of five characters a line. A poem may end behind its
fourth line or its eighth alone, so that all that is drawn has one of these forms. Vectors of the characters
are also the weights of their logits, since most of the weights are theirs. Published figures of such models
are of another corpus, and are of another measure: BLEU-2 0.667 of an LSTM trained as this one, 0.739 of
SeqGAN.
"""

import kerasgen as kg

BATCH, EPOCHS = 64, 30
POEMS = 16_277  # of the training split
FORMS = 2


def steps(batch, epochs):
    """Train steps on the poems."""
    return epochs * (POEMS // batch)


STEPS = steps(BATCH, EPOCHS)


def build(width=160, units=256, dropout=0.4, symbols=None, decay_steps=STEPS, seed=0):
    """Logits of 5,778 characters and the end."""
    known = kg.data.texts.symbols("tang_poems") if symbols is None else symbols
    event = kg.spaces.Verses(known, 40, (20, 40))
    sizes = {"width": width, "units": units, "dropout": dropout}
    network = kg.networks.language.recurrent(event.vocabulary, 40, num_classes=FORMS, **sizes)
    model = kg.SequenceModel(network, event, condition=FORMS, ema=0.998, seed=seed)
    adam = kg.training.decaying_adam(2e-3, decay_steps, global_clipnorm=100.0)
    model.compile(adam, jit_compile=False)
    return model


recipe = kg.Recipe(
    build=build,
    data="tang_poems",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 2, "units": 2, "symbols": "床前明月光"},
    family="autoregressive",
    likelihood="exact",
    condition="label",
    value_range=None,
    reference=kg.Reference(
        "Yu et al. (2017)", "1609.05473",
        metric="BLEU-2 of quatrains of another corpus, maximum likelihood", value="0.667",
    ),
)  # fmt: skip
