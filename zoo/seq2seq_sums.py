"""From one sequence to another: 123+456 is read, 579 is written, with attention.

A network that is to add must look at figures of both numbers for each one that it writes, and the answer is
right or wrong: the measure is the share of sums that are right to the last figure. A GRU reads the task in
both directions, another one writes. The paper translates sentences and has no such task.
"""

import kerasgen as kg

BATCH, EPOCHS = 128, 100
PAIRS = 50_000  # of the training split
FIGURES = "0123456789"


def compiled(network, event, condition, rate, decay_steps, seed, ema=0.998):
    """A model with averaged weights, and Adam with a rate that falls to zero along half a cosine."""
    model = kg.SequenceModel(network, event, condition, ema=ema, seed=seed)
    model.compile(kg.training.decaying_adam(rate, decay_steps, global_clipnorm=100.0), jit_compile=False)
    return model


def build(width=64, units=128, rate=4e-3, decay_steps=EPOCHS * (PAIRS // BATCH), seed=0):
    """Up to four figures, of two numbers of up to three."""
    event, condition = kg.spaces.Characters(FIGURES, 4), kg.spaces.Characters(FIGURES + "+", 7)
    sizes = {"source_vocabulary": condition.vocabulary, "width": width, "units": units}
    network = kg.networks.seq2seq.attentive(event.vocabulary, event.length, condition.length, **sizes)
    return compiled(network, event, condition, rate, decay_steps, seed)


recipe = kg.Recipe(
    build=build,
    data="sums",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 2, "units": 2},
    family="autoregressive",
    likelihood="exact",
    condition="text",
    value_range=None,
    reference=kg.Reference("Luong et al. (2015)", "1508.04025"),
)
