"""WaveNet on spoken digits: raw waveforms, sample by sample, of a digit and a speaker that are asked for.

Twenty dilated convolutions, twice 1 to 512, that see 2,047 samples, a quarter of a second; 256 levels of the
mu-law, and an end. A tenth of the paper's width, and clips of half a second: whole words. `log_prob` is of
the levels of the samples up to the end of a clip, as they were recorded; loudness is not normalized.
"""

import kerasgen as kg

LENGTH, RATE, LEVELS = 4096, 8000, 256
DIGITS, SPEAKERS = 10, 5
BATCH, EPOCHS = 16, 40
CLIPS = 2157  # of the training split
STEPS = EPOCHS * (CLIPS // BATCH)


def told(num_classes=None, width=16):
    """(condition, arguments of a network): a digit and a speaker, or one of some classes."""
    if num_classes is not None:
        return num_classes, {"num_classes": num_classes}
    encoder = kg.networks.labels.encoder((DIGITS, SPEAKERS), width)
    return kg.spaces.Labels(("digit", "speaker"), (DIGITS, SPEAKERS)), {"encoder": encoder}


def compiled(network, condition, length, rate, decay_steps, seed):
    """A model with averaged weights; Adam, whose rate falls to zero along half a cosine."""
    event = kg.spaces.Waveform((length,), rate=rate)
    model = kg.SequenceModel(network, event, condition, ema=0.999, seed=seed)
    model.compile(kg.training.decaying_adam(1.5e-3, decay_steps), jit_compile=False)
    return model


def build(
    length=LENGTH,
    sample_rate=RATE,
    num_classes=None,
    repeats=2,
    depth=10,
    width=48,
    skip=96,
    dropout=0.05,
    decay_steps=STEPS,
    seed=0,
):
    """`repeats` times `depth` convolutions of dilations 1, 2, 4 and on; another `length` is allowed."""
    dilations = repeats * tuple(2**k for k in range(depth))
    condition, arguments = told(num_classes)
    sizes = {"dilations": dilations, "width": width, "skip_width": skip, "embedding": width}
    network = kg.networks.wavenet.wavenet(LEVELS + 1, length, dropout=dropout, **sizes, **arguments)
    return compiled(network, condition, length, sample_rate, decay_steps, seed)


recipe = kg.Recipe(
    build=build,
    data="spoken_digit_speakers",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"length": 8, "repeats": 1, "depth": 2, "width": 2, "skip": 2},
    family="autoregressive",
    likelihood="exact",
    condition="labels",
    value_range=None,
    evaluator="lenet_spoken_digit",
    reference=kg.Reference(
        "van den Oord et al. (2016)", "1609.03499",
        metric="mean opinion score of US English, WaveNet; recordings in the mu-law", value="4.21; 4.46",
    ),
)  # fmt: skip
