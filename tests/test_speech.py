"""Waveforms: levels of the mu-law, dilated convolutions and their queues, WAV files and spoken digits."""

import functools
import itertools
import wave

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import refusals

import kerasgen as kg
from kerasgen import registry, spaces
from kerasgen.commands import look, material, own_data
from kerasgen.data import sounds
from kerasgen.errors import InvalidDataError, MissingDataError
from kerasgen.evaluation import sounds as evaluate_sounds
from kerasgen.layers.dilated import DilatedConvolution, receptive_field
from kerasgen.layers.spectrogram import LogMelSpectrogram
from kerasgen.ops import companding

eagerly = pytest.mark.usefixtures("eagerly")
wavenet = kg.networks.wavenet
LABELS = spaces.Labels(("digit", "speaker"), (4, 3))
NETWORKS = {
    "wavenet": functools.partial(wavenet.wavenet, dilations=(1, 2, 4, 1), width=3, skip_width=4, embedding=2),
    "recurrent": functools.partial(wavenet.recurrent, units=3, embedding=2, hidden=4),
}
networks = pytest.mark.parametrize("name", NETWORKS)


@functools.cache
def network(name, size=5, length=12, labels=False):
    """A network whose weights are all at random: none is 0."""
    encoder = kg.networks.labels.encoder(LABELS.sizes, 2) if labels else None
    made, random = NETWORKS[name](size, length, encoder=encoder), np.random.default_rng(0)
    made.set_weights([0.7 * random.normal(size=w.shape) for w in made.get_weights()])
    return made


def model(name="wavenet", size=5, length=12, labels=False):
    event, condition = spaces.Waveform((length,), rate=8000), LABELS if labels else None
    return kg.SequenceModel(network(name, size, length, labels), event, condition, seed=0)


# The mu-law.


def test_what_comes_back_from_256_levels_is_half_a_step_away():
    """G.711: a step at x is as wide as ln(256) (1 + 255 |x|) / 255 of one of f(x), and 2 / 255 of that."""
    x = np.linspace(-1, 1, 20001, dtype="float32")
    codes = np.asarray(companding.encode(x))
    assert codes.min() == 0 and codes.max() == 255 and (np.diff(codes) >= 0).all()
    found = np.asarray(companding.decode(codes)).astype("float64")
    f = lambda x: np.sign(x) * np.log1p(255 * np.abs(x)) / np.log(256)
    assert (np.abs(f(found) - f(x.astype("float64"))) <= 1 / 255 + 1e-6).all()
    np.testing.assert_array_equal(companding.encode(found), codes)
    assert (found != 0).all()  # so that a zero can be the end
    np.testing.assert_allclose(found[x < 0], -found[x > 0][::-1], atol=1e-6)


# Probabilities.


@eagerly
@networks
def test_probabilities_of_all_waveforms_and_their_ends_add_up_to_one(name):
    made = model(name, 5, 4)
    levels = np.asarray(companding.decode(np.arange(4), 4))
    ended = [
        [*row, *[0] * (4 - count)] for count in range(5) for row in itertools.product(levels, repeat=count)
    ]
    x = np.array(ended, "float32")
    nats = made.log_prob(x).astype("float64")
    assert np.exp(nats).sum() == pytest.approx(1, abs=1e-5) and nats.std() > 0.1
    np.testing.assert_allclose(made.symbols.values(made.symbols.tokens(x)), x, atol=1e-6)


@eagerly
def test_nothing_is_scored_behind_the_end_and_zeros_within_are_samples():
    made = model()
    x = np.zeros((1, 12), "float32")
    x[0, 1], x[0, 5] = 0.3, -0.2
    each = made.token_log_prob(x)[0]
    assert (each[:7] < 0).all() and (each[7:] == 0).all()  # six samples and the end


# Networks.


@eagerly
@pytest.mark.parametrize("size, dilations", [(2, (1, 2, 4)), (2, (1, 3, 1)), (3, (1, 2))], ids=str)
def test_the_receptive_field_is_its_formula(size, dilations):
    h = x = keras.Input((16, 2))
    for dilation in dilations:
        h = DilatedConvolution(2, dilation, size)(h)
    net, values = keras.Model(x, h), tf.ones((1, 16, 2))
    with tf.GradientTape() as tape:
        tape.watch(values)
        last = tf.reduce_sum(net(values)[:, -1])
    seen = np.abs(tape.gradient(last, values).numpy()).sum(axis=(0, 2)) > 0
    assert seen.sum() == receptive_field(dilations, size) == 1 + (size - 1) * sum(dilations)
    assert seen[-1] and receptive_field(wavenet.DILATIONS) == 2047


@eagerly
def test_wavenet_sees_its_receptive_field_and_nothing_later():
    """By the changes of an output with each input: dilations 1, 2, 4 and 1 see nine."""
    net, size = wavenet.wavenet(5, 20, (1, 2, 4, 1), width=8, skip_width=32), receptive_field((1, 2, 4, 1))
    x = np.zeros((21, 20), "int32")
    x[np.arange(20), np.arange(20)] = 3  # row i has another input i; the last row none
    changed = np.abs(net(x) - net(x)[-1:]).max(axis=-1)[:-1] > 0
    expected = np.array([[0 <= at - i < size for at in range(20)] for i in range(20)])
    np.testing.assert_array_equal(changed, expected)


@eagerly
@networks
@pytest.mark.parametrize("labels", [False, True], ids=("plain", "labels"))
def test_a_step_with_queues_is_the_whole_pass(name, labels):
    made = model(name, labels=labels)
    tokens = np.random.default_rng(0).integers(6, size=(3, 12)).astype("int32")
    given = (tf.constant([[0, 1], [3, 2], [4, 0]]),) if labels else ()
    once = made.stepped.once(given)
    caches, found = made.stepped.start(3, once), []
    for at in range(12):
        logits, caches = made.stepped.step(tf.constant(tokens[:, at]), tf.constant(at), once, caches)
        found.append(logits)
    whole = made.network([tf.constant(tokens), *given] if labels else tokens)
    np.testing.assert_allclose(np.stack(found, axis=1), whole, atol=1e-5)


@eagerly
def test_every_gate_is_told_both_labels():
    net = network("wavenet", labels=True)
    outputs = [layer.output for layer in net.layers if isinstance(layer, kg.layers.causal.Gate)]
    gates = keras.Model(net.inputs, outputs)
    told = lambda *labels: gates([np.full((1, 12), 2, "int32"), np.array([labels], "int32")])
    for one, other in ((told(0, 0), told(1, 0)), (told(0, 0), told(0, 1))):
        assert all(np.abs(a - b).max() > 1e-3 for a, b in zip(one, other, strict=True))


@pytest.mark.long
def test_xla_draws_what_plain_graphs_and_whole_passes_draw():
    made = model(labels=True)
    condition = {"digit": [0, 1, 2, 3], "speaker": 2}
    plain = made.sample(4, seed=7, condition=condition, jit_compile=False)
    np.testing.assert_allclose(
        made.sample(4, seed=7, condition=condition, jit_compile=True), plain, atol=1e-6
    )
    alone = {"digit": 0, "speaker": 2}
    np.testing.assert_allclose(made.sample(1, seed=7, condition=alone), plain[:1], atol=1e-6)
    made.stepped = None
    np.testing.assert_allclose(made.sample(4, seed=7, condition=condition), plain, atol=1e-6)
    assert len(np.unique(plain, axis=0)) > 1


def test_a_prompt_is_kept_at_its_levels_with_its_zeros():
    made = model()
    prompt = np.array([0.5, 0, 0], "float32")
    expected = companding.decode(companding.encode(prompt, 4), 4)
    np.testing.assert_allclose(made.sample(2, seed=7, prompt=prompt)[:, :3], [expected] * 2, atol=1e-6)


# Spectrograms.


@eagerly
def test_a_tone_is_in_its_band_whatever_its_gain():
    tone = np.sin(2 * np.pi * 1000 * np.arange(2048) / 8000)
    picture = LogMelSpectrogram(8000)(np.stack([tone, 0.01 * tone]).astype("float32")).numpy()
    assert picture.shape == (2, 29, 32, 1)
    np.testing.assert_allclose(picture[0], picture[1], atol=1e-2)
    mel = lambda hertz: 1127 * np.log1p(hertz / 700)
    band = 33 * (mel(1000) - mel(40)) / (mel(4000) - mel(40)) - 1  # of 32 triangles, the first at 1
    assert abs(picture[0, 10, :, 0].argmax() - band) <= 1
    assert picture.max() == 1 and picture.min() >= -1


# Files.


def write(path, x, rate=8000, channels=1, width=2):
    path.parent.mkdir(exist_ok=True, parents=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels), file.setsampwidth(width), file.setframerate(rate)
        levels = np.round(np.asarray(x) * (2 ** (8 * width - 1) - 1)).astype("<i4")
        levels = levels + 128 if width == 1 else levels
        file.writeframes(levels.reshape(-1, 1).view("uint8")[:, :width].tobytes())
    return path


TONE = 0.5 * np.sin(2 * np.pi * 440 * np.arange(800) / 8000)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_wav_files_of_all_widths_are_read(tmp_path, width):
    found = sounds.read(write(tmp_path / "a.wav", TONE, width=width), 8000)
    np.testing.assert_allclose(found, TONE, atol=1.1 / 2 ** (8 * width - 1) + 1e-6)


def test_channels_are_averaged_and_higher_rates_converted(tmp_path):
    stereo = np.stack([TONE, np.zeros(800)], axis=1).ravel()
    found = sounds.read(write(tmp_path / "a.wav", stereo, channels=2), 8000)
    np.testing.assert_allclose(found, TONE / 2, atol=1e-4)
    fine = 0.5 * np.sin(2 * np.pi * 440 * np.arange(1600) / 16000)
    found = sounds.read(write(tmp_path / "b.wav", fine, rate=16000), 8000)
    assert found.shape == (800,)
    np.testing.assert_allclose(found[50:-50], TONE[50:-50], atol=2e-3)


def bad(name, x=TONE, **options):
    return lambda path: write(path / f"{name}.wav", x, **options)


def no_sound(path):
    (path / "text.wav").write_text("no sound")


BAD = {
    "no sound": (no_sound, "text.wav"), "empty": (bad("empty", []), "empty.wav"),
    "silent": (bad("silent", np.zeros(800)), "silent.wav"),
    "clipped": (bad("clipped", np.clip(4 * TONE, -1, 1)), "clipped.wav"),
    "low rate": (bad("low", rate=4000), "low.wav"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_files_that_cannot_be_used_are_named(tmp_path, what):
    make, name = BAD[what]
    make(tmp_path)
    with pytest.raises(InvalidDataError, match=name):
        kg.data.read(tmp_path, length=100, rate=8000)


def test_a_folder_of_sounds_is_read_with_its_classes_and_parts(tmp_path):
    for part, label, samples in (("train", "no", 90), ("train", "yes", 200), ("test", "yes", 50)):
        write(tmp_path / part / label / "0.wav", TONE[1 : 1 + samples])
    found = kg.data.read(tmp_path, length=100, rate=8000)
    assert found.x.shape == (2, 100) and found.rate == 8000 and found.class_names == ("no", "yes")
    assert list(found.labels) == [0, 1] and list(found.apart.labels) == [1]
    assert (found.x[0] != 0).sum() == 90 and not found.x[0, 90:].any() and found.x[1, 90:].any()


def test_an_entry_is_built_for_a_folder_of_sounds(tmp_path):
    for label, row in itertools.product(("no", "yes"), range(3)):
        write(tmp_path / label / f"{row}.wav", TONE, rate=16000)
    recipe, reading = registry.get_recipe("wavenet_spoken_digit"), own_data.Reading(length=64, rate=12000)
    found = material.own("wavenet_spoken_digit", recipe, str(tmp_path), reading)
    built = found.arguments(10, as_recipe=False)
    assert built == {"decay_steps": 10, "sample_rate": 12000, "length": 64, "num_classes": 2}
    made = registry.build("wavenet_spoken_digit", **recipe.tiny | built)
    found.check(made)
    assert made.event == spaces.Waveform((64,), rate=12000) and made.condition == spaces.Label(2)
    pictures = own_data.begin(None, "dcgan_mnist", str(tmp_path))  # whose `rate` is one of learning
    assert pictures.rate is None and pictures.size == (28, 28)
    begun = own_data.begin(None, "wavenet_spoken_digit", str(tmp_path))
    assert (begun.length, begun.rate) == (4096, 8000)


def test_labels_are_asked_for_by_their_names():
    assert look._label("digit=3,speaker=0", None) == {"digit": 3, "speaker": 0}
    assert look._label("3", None) == 3
    with pytest.raises(ValueError, match="`label`"):
        look._label("digit=three", None)


def test_samples_are_written_as_sound_and_picture(tmp_path):
    made = model()
    kg.media.save(tmp_path / "a.wav", made.sample(2, seed=7), made.event)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnframes(), file.getframerate()) == (24, 8000)
    assert kg.media.usual_ending(made.event) == ".wav"


@eagerly
def test_what_is_measured_of_sounds_is_what_it_says(monkeypatch):
    """By a model of uniform levels: 2 bits a sample of four, and those of the end."""
    made = kg.SequenceModel(wavenet.wavenet(5, 4, (1,), 2, 2, 2), spaces.Waveform((4,), rate=8), seed=0)
    made.network.set_weights([0 * w for w in made.network.get_weights()])
    x = np.array([[0.5, 0.1, 0, 0], [0.5, -0.2, 0.3, -0.9]], "float32")
    found = evaluate_sounds.likelihood(made, None, x)
    assert found["bits_per_sample"] == pytest.approx(7 * np.log2(5) / 6, rel=1e-5)
    counts = evaluate_sounds.of_counts(made, np.tile(x, (50, 1)), x)
    assert counts["bits_per_sample_order1"] < counts["bits_per_sample_unigram"] < 2.1


test_other_readings_are_refused = refusals(
    {
        "no folder": (lambda: kg.data.read("nowhere", length=9, rate=8), MissingDataError, "path"),
        "no length": (lambda: kg.data.read(".", rate=8000), "length"),
        "no rate": (lambda: kg.data.read(".", length=9), "rate"),
        "a short sound": (lambda: kg.networks.lenet.sound_classifier(100), "length"),
        "a long window": (lambda: LogMelSpectrogram(8000)(np.zeros((1, 100), "float32")), "window"),
        "an even number": (lambda: model(size=4), "network"),
        "no prompt": (lambda: model().sample(1, prompt=[]), "prompt"),
        "a loud prompt": (lambda: model().sample(1, prompt=[2.0]), InvalidDataError, "prompt"),
        "a long prompt": (lambda: model().sample(1, prompt=[0.1] * 12), "prompt"),
        "half a flag": (lambda: model().sample(1, jit_compile="yes"), TypeError, "jit_compile"),
    }
)  # fmt: skip


@pytest.mark.data
def test_spoken_digits_are_split_by_their_takes():
    found = {
        split: kg.data.arrays("spoken_digit_speakers", split) for split in ("train", "validation", "test")
    }
    assert [len(x) for x, _ in found.values()] == [2157, 93, 250]
    x, labels = found["test"]
    assert x.shape == (250, 4096) and (np.bincount(labels[:, 0] * 5 + labels[:, 1]) == 5).all()
    assert np.array_equal(kg.data.arrays("spoken_digit", "test")[1], labels[:, 0])
