"""An LSTM on spoken digits: what WaveNet is compared with, on the same levels, of about the same size.

It sees all samples before, but learns from them step by step, 4,096 of them. `log_prob` is of the same
levels as that of `wavenet_spoken_digit`.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import wavenet_spoken_digit as wavenet

BATCH, EPOCHS = 32, 12


def build(
    length=wavenet.LENGTH,
    sample_rate=wavenet.RATE,
    num_classes=None,
    units=256,
    embedding=48,
    hidden=96,
    dropout=0.05,
    decay_steps=EPOCHS * (wavenet.CLIPS // BATCH),
    seed=0,
):
    """One layer of `units`; another `length` is allowed."""
    condition, arguments = wavenet.told(num_classes)
    sizes = {"units": units, "embedding": embedding, "hidden": hidden, "dropout": dropout}
    network = kg.networks.wavenet.recurrent(wavenet.LEVELS + 1, length, **sizes, **arguments)
    return wavenet.compiled(network, condition, length, sample_rate, decay_steps, seed)


recipe = dataclasses.replace(
    wavenet.recipe,
    build=build,
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"length": 8, "units": 2, "embedding": 2, "hidden": 2},
    reference=kg.Reference(
        "van den Oord et al. (2016)", "1609.03499",
        metric="mean opinion score of US English, LSTM", value="3.67",
    ),
)  # fmt: skip
