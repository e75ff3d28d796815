"""An LSTM on the sequences of SeqGAN's oracle, by maximum likelihood: where games of sequences begin.

The oracle is a random LSTM, 5,000 tokens, 20 a sequence; 10,000 of its sequences are the training set. How
probable samples are under it (`oracle_nats`) says something beside two other figures only: what real
sequences cost under the model, and how many 5-grams are copies. A lower temperature alone lowers the first
one, which the table of other ways to sample shows.
"""

import kerasgen as kg

VOCABULARY, LENGTH = 5000, 20
SEQUENCES = 10_000  # of the training split
BATCH, EPOCHS = 64, 60
PUBLISHED = "oracle NLL, nats a token"


def steps(batch, epochs):
    """Train steps on the sequences."""
    return epochs * (SEQUENCES // batch)


STEPS = steps(BATCH, EPOCHS)
COOLER = {f"temperature_{each}": {"temperature": each} for each in (0.9, 0.8, 0.7)}


def network(vocabulary=VOCABULARY, length=LENGTH, width=32, units=32, dropout=0.0):
    """An LSTM of the oracle's own size."""
    return kg.networks.language.recurrent(vocabulary, length, width=width, units=units, dropout=dropout)


def trained(**size):
    """(network, event) with which rewards and games begin: the averaged one of `mle_oracle`.

    With a size of its own it is not trained.
    """
    net = network(**size)
    if not size:
        net.set_weights(kg.load("mle_oracle").average.get_weights())
    return net, tokens(net)


def tokens(net):
    """The space of the sequences that a network writes."""
    return kg.spaces.Tokens(net.input_shape[1], net.output_shape[-1])


def build(decay_steps=STEPS, seed=0, schedule=None, **size):
    """`schedule` is of scheduled sampling; `size` are arguments of `network`."""
    net = network(**size)
    model = kg.SequenceModel(net, tokens(net), schedule=schedule, ema=0.998, seed=seed)
    model.compile(kg.training.decaying_adam(1e-2, decay_steps, global_clipnorm=5.0), jit_compile=False)
    return model


recipe = kg.Recipe(
    build=build,
    data="oracle",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"vocabulary": 7, "length": 4, "width": 2, "units": 2},
    family="autoregressive",
    likelihood="exact",
    value_range=None,
    variants=COOLER,
    reference=kg.Reference(
        "Yu et al. (2017)", "1609.05473", metric=f"{PUBLISHED}, maximum likelihood", value="9.038",
    ),
)  # fmt: skip
