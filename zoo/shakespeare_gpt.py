"""A small Transformer that writes Shakespeare character by character, in the manner of nanoGPT.

Four blocks of 128 features on passages of 256 characters: 0.8 million weights, where the published figure is
of 10.6 million and a GPU; in three minutes on a CPU the same program gets to 1.88. Dropout and averaged
weights, since a million characters are soon known by heart.
"""

import kerasgen as kg

LENGTH, BATCH, EPOCHS = 256, 32, 12
PASSAGES = 15_682  # of the training split
NLL = "negative log-likelihood of the last tenth of the text, nats a character"


def steps(batch, epochs):
    """Train steps on the passages."""
    return epochs * (PASSAGES // batch)


STEPS = steps(BATCH, EPOCHS)


def compiled(network, event, decay_steps, seed, rate, **options):
    """A model with averaged weights, and AdamW with a rate that falls to zero along half a cosine."""
    model = kg.SequenceModel(network, event, ema=0.998, seed=seed)
    model.compile(kg.training.decaying_adam(rate, decay_steps, **options), jit_compile=False)
    return model


def characters(symbols=None, length=LENGTH):
    """The space of passages of known characters, by default those of Shakespeare's."""
    known = kg.data.texts.symbols("tiny_shakespeare") if symbols is None else symbols
    return kg.spaces.Characters(known, length, (length,))


def build(width=128, depth=4, heads=4, dropout=0.15, symbols=None, length=LENGTH, decay_steps=STEPS, seed=0):
    """Logits of 65 characters."""
    event = characters(symbols, length)
    sizes = {"width": width, "depth": depth, "heads": heads, "dropout": dropout}
    network = kg.networks.language.transformer(event.vocabulary, length, **sizes)
    return compiled(network, event, decay_steps, seed, rate=2e-3, weight_decay=0.1, global_clipnorm=100.0)


recipe = kg.Recipe(
    build=build,
    data="tiny_shakespeare",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 4, "depth": 1, "heads": 2, "symbols": "ab ", "length": 8},
    family="autoregressive",
    likelihood="exact",
    value_range=None,
    reference=kg.Reference(
        "Karpathy (2022), nanoGPT", "2005.14165",
        metric=f"{NLL}, 10.6 million weights", value="1.4697", checked=True,
    ),
)  # fmt: skip
