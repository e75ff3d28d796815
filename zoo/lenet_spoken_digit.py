"""LeNet on spoken digits: it reads the spectrogram of a recording, and judges what other entries say.

Takes 0 to 4 of every speaker and digit are the test split, as the page of the set has it, so that all five
speakers are known: others would be read worse. Spectrograms have 32 mel bands in decibels below the loudest.
"""

import kerasgen as kg

LENGTH, RATE = 4096, 8000
BATCH, EPOCHS = 32, 30


def build(
    length=LENGTH,
    sample_rate=RATE,
    num_classes=10,
    decay_steps=EPOCHS * (2157 // BATCH),
    width=16,
    features=128,
    levels=3,
    seed=0,
):
    """Adam with a learning rate that falls to zero along half a cosine of `decay_steps`; averaged weights."""
    network = kg.networks.lenet.sound_classifier(
        length, sample_rate, num_classes, width, features, levels=levels
    )
    model = kg.Classifier(network, ema=0.995, seed=seed)
    model.compile(kg.training.decaying_adam(2e-3, decay_steps), jit_compile=False)
    return model


recipe = kg.Recipe(
    build=build,
    data="spoken_digit",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 2, "features": 8},
    family="classifier",
    value_range=None,
    reference=kg.Reference("LeCun et al. (1998)", "doi:10.1109/5.726791"),
)
