"""Diffusion and flow matching: losses against the formula, points learned, ways to sample, the doors."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import equal, refusals, reseed

import kerasgen as kg
from kerasgen.errors import InvalidDataError
from kerasgen.models.diffusion.denoiser import guided
from kerasgen.models.diffusion.distillation import leading
from kerasgen.objectives.diffusion import PARAMETRIZATIONS, SCHEDULES
from kerasgen.ops import rng
from kerasgen.samplers import ode
from kerasgen.training import diagnostics

POINTS = np.random.default_rng(0).normal([1.0, -1.0], [0.5, 0.2], size=(4000, 2)).astype("float32")
LABELS = (np.arange(4000) % 2).astype("int64")
POINTS[LABELS == 1] += [-2.0, 2.0]  # about (1, -1) and (-1, 1)
IMAGES = np.random.default_rng(1).uniform(-1, 1, size=(8, 8, 8, 1)).astype("float32")
FAMILIES = {"diffusion": kg.Diffusion, "flow matching": kg.FlowMatching}


def toy(family=kg.Diffusion, condition=None, rate=3e-3, width=64, **arguments):
    """A denoiser of points, compiled."""
    network = kg.networks.mlp.denoiser(2, width, 2, num_classes=condition)
    options = {"value_range": None, "condition": condition, "seed": 0, "ema": 0.98}
    model = family(network, **options | arguments)
    model.compile(kg.training.FusedAdam(rate), jit_compile=False)
    return model


@functools.cache
def trained(family, condition=2):
    reseed()
    model = toy(FAMILIES[family], condition, condition_drop=0.4)
    model.fit(POINTS, LABELS, batch_size=200, epochs=30, verbose=0)
    return model


def unet(**arguments):
    return kg.networks.unet.unet((8, 8, 1), (8, 16), 1, attention=(1,), groups=4, **arguments)


families = pytest.mark.parametrize(
    "family", ["diffusion", pytest.param("flow matching", marks=pytest.mark.long)]
)


@families
@pytest.mark.long
def test_points_are_learned_by_label(family):
    model = trained(family)
    for label, mean in ((0, [1, -1]), (1, [-1, 1])):
        samples = model.sample(1000, seed=0, condition=label, num_steps=20)
        np.testing.assert_allclose(samples.mean(0), mean, atol=0.15)
        np.testing.assert_allclose(samples.std(0), [0.5, 0.2], atol=0.12)
    both = model.sample(1000, seed=0)
    assert 400 < (both[:, 0] > 0).sum() < 600


@pytest.mark.long
@families
def test_likelihood_is_near_that_of_the_law(family):
    model = trained(family)
    x = POINTS[LABELS == 0][:200]
    truth = -0.5 * np.square((x - [1, -1]) / [0.5, 0.2]).sum(1) - np.log(2 * np.pi * 0.5 * 0.2)
    assert abs(model.log_prob(x, condition=0, probes=2).mean() - truth.mean()) < 0.25
    assert model.log_prob(x, condition=1).mean() < truth.mean() - 2
    assert model.log_prob(x).mean() == pytest.approx(truth.mean() - np.log(2), abs=0.35)


@pytest.mark.long
def test_the_bound_lies_below_the_likelihood():
    """By a nat or so for a small network, which is inexact where there is little noise."""
    model = trained("diffusion")
    x = POINTS[LABELS == 0][:400]
    truth = -0.5 * np.square((x - [1, -1]) / [0.5, 0.2]).sum(1) - np.log(2 * np.pi * 0.5 * 0.2)
    bound = model.elbo(x, condition=0, num_samples=40)
    error = np.std(bound - truth) / len(x) ** 0.5
    assert truth.mean() - 1.5 < bound.mean() < truth.mean() + 4 * error
    assert model.elbo(x, condition=1, num_samples=40).mean() < truth.mean() - 2


def test_times_of_a_sample_lie_nearer_to_the_example():
    np.testing.assert_allclose(toy(spacing=2.0).sampling.times(4), [1, 0.5625, 0.25, 0.0625, 0])


@pytest.mark.long
def test_every_sampler_comes_to_the_same_law():
    model = trained("diffusion")
    for sampler, steps in (("ancestral", 100), ("euler", 50), ("heun", 15), ("dpm_solver_2m", 20)):
        samples = model.sample(500, seed=1, condition=1, sampler=sampler, num_steps=steps)
        np.testing.assert_allclose(samples.mean(0), [-1, 1], atol=0.15, err_msg=sampler)


def test_guidance_moves_samples_away_from_the_other_class():
    model = trained("diffusion")
    means = [model.sample(500, seed=2, condition=0, guidance=w).mean(0) for w in (0.0, 1.0, 3.0)]
    assert means[0][0] < means[1][0] - 0.3 and abs(means[0][0]) < 0.4  # 0 is without the label
    assert means[2][0] > means[1][0]


def test_guidance_is_felt_at_the_times_of_its_interval():
    model = trained("diffusion")
    ways = [{"guidance": 1.0}] + [
        {"guidance": 3.0, "guidance_interval": interval}
        for interval in ((0.3, 0.4), (0.4, 0.6), (0.2, 1.0), (0.0, 1.0))  # of the times 1, 3/4, 1/2, 1/4
    ]
    draw = lambda way: model.sample(50, seed=2, condition=0, sampler="euler", num_steps=4, **way)
    plain, nowhere, once, everywhere, always = map(draw, ways)
    np.testing.assert_allclose(nowhere, plain, atol=1e-5)
    np.testing.assert_allclose(everywhere, always, atol=1e-5)
    assert np.abs(once - plain).max() > 0.01 and np.abs(once - always).max() > 0.01


def test_a_bar_changes_nothing(capsys):
    model = trained("diffusion")
    plain, bar = (model.sample(4, seed=3, condition=0, num_steps=5, progress=p) for p in (False, True))
    np.testing.assert_allclose(plain, bar, atol=1e-5)
    assert "denoising" in capsys.readouterr().err
    model.sample(model.chunk + 1, seed=3, num_steps=2, progress=True)
    assert "sampling" in capsys.readouterr().err


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("parametrization", PARAMETRIZATIONS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_simple_loss_of_a_silent_network_is_the_mean_square_of_the_noise(schedule, parametrization):
    """A network that says 0 with eps prediction errs by the noise, whose mean square is 1."""
    model = toy(schedule=schedule, parametrization=parametrization, weighting="simple")
    loss = model.evaluate(POINTS, batch_size=4000, verbose=0, return_dict=True)["loss"]
    assert np.isfinite(loss) and loss >= 0
    if parametrization == "eps":
        assert loss == pytest.approx(1, abs=4 * np.sqrt(2 / POINTS.size))


def test_flow_matching_errs_by_the_velocity_at_first():
    loss = toy(kg.FlowMatching).evaluate(POINTS, batch_size=4000, verbose=0, return_dict=True)["loss"]
    assert loss == pytest.approx(1 + np.square(POINTS).mean(), rel=0.05)


def test_labels_are_hidden_as_often_as_asked():
    model = toy(condition=2, condition_drop=0.3)
    hidden = np.asarray(model.drop_condition(tf.constant(LABELS), model.key()))
    share = (hidden == 2).mean()
    assert abs(share - 0.3) < 4 * np.sqrt(0.21 / len(LABELS))
    assert (hidden[hidden != 2] == LABELS[hidden != 2]).all()


def test_discrete_times_are_the_multiples():
    model = toy(num_times=10, num_steps=10)
    times = np.asarray(model.times(model.key(), 1000))
    values, counts = np.unique(np.round(times * 10).astype(int), return_counts=True)
    assert list(values) == list(range(1, 11)) and (abs(counts - 100) <= 1).all()


def test_unets_begin_silent():
    """`ddpm_mnist` trains one in the contract."""
    network = unet(num_classes=2)
    assert np.abs(network([tf.constant(IMAGES), tf.fill([8], 0.5), tf.zeros(8, "int32")])).max() == 0


def test_attention_is_softmax_of_products():
    layer = kg.layers.attention.SelfAttention(heads=2, groups=2)
    x = tf.constant(np.random.default_rng(0).normal(size=(2, 3, 3, 8)).astype("float32"))
    layer.build(x.shape)
    np.testing.assert_array_equal(layer(x), x)  # begins as the identity
    layer.outward.kernel.assign(np.random.default_rng(1).normal(size=(8, 8)))
    h = tf.reshape(layer.inward(layer.norm(x)), (2, 9, 3, 2, 4))
    q, k, v = (h[:, :, i] for i in range(3))
    weights = tf.nn.softmax(tf.einsum("bqhd,bkhd->bhqk", q, k) / 2)
    expected = x + tf.reshape(
        layer.outward(tf.reshape(tf.einsum("bhqk,bkhd->bqhd", weights, v), (2, 9, 8))), x.shape
    )
    np.testing.assert_allclose(layer(x), expected, atol=1e-5)


def test_patchify_images_unfold_and_sides_must_divide():
    x = tf.constant(IMAGES)
    folded = kg.networks.unet._patchify(x, 2)
    np.testing.assert_array_equal(folded, tf.nn.space_to_depth(x, 2))
    np.testing.assert_array_equal(kg.networks.unet._unpatchify(folded, 2), x)
    network = kg.networks.unet.unet((8, 8, 1), (8, 16), 1, patch=2, groups=4)
    assert network.output_shape == (None, 8, 8, 1)
    with pytest.raises(ValueError, match="`image_shape`"):
        kg.networks.unet.unet((28, 28, 1), (8, 16, 16), patch=2)
    with pytest.raises(ValueError, match="`groups`"):
        kg.networks.unet.unet((8, 8, 1), (8, 12))


@pytest.mark.long
def test_inpainting_keeps_what_is_known():
    model = kg.Diffusion(unet(), seed=0)
    mask = np.zeros((8, 8, 1))
    mask[:4] = 1
    drawn = model.inpaint(IMAGES, mask, seed=0, num_steps=4, repeats=2)
    np.testing.assert_allclose(drawn[:, :4], IMAGES[:, :4], atol=0.01)
    assert np.abs(drawn[:, 4:] - IMAGES[:, 4:]).max() > 0.1


@pytest.mark.long
def test_served_denoising_is_python_s(tmp_path):
    model = trained("diffusion")
    model.export(tmp_path / "1")
    serve = tf.saved_model.load(tmp_path / "1").signatures
    x, t, label = tf.constant(POINTS[:5]), tf.fill([5], 0.4), tf.constant([0, 1, 0, 1, 1])
    answer = serve["denoise"](x=x, time=t, label=label)["samples"]
    np.testing.assert_allclose(answer, model(x, t, label), atol=1e-5)
    with pytest.raises(tf.errors.InvalidArgumentError, match="`time`"):
        serve["denoise"](x=x, time=t + 1, label=label)


@functools.cache
def student(**law):
    teacher = trained("diffusion")
    reseed()
    network = kg.networks.mlp.denoiser(2, 64, 2, 2)
    network.set_weights(teacher.average.get_weights())
    options = {"condition": 2, "value_range": None, "seed": 0, "ema": 0.98, "num_times": 20}
    model = kg.Consistency(network, teacher.average, **options | law)
    model.compile(keras.optimizers.Adam(1e-3), jit_compile=False)
    model.fit(POINTS, LABELS, batch_size=200, epochs=15, verbose=0)
    return model


@pytest.mark.long
def test_a_student_of_few_steps_comes_to_the_teacher_s_law():
    x, teacher = student(), trained("diffusion")
    for label, mean in ((0, [1, -1]), (1, [-1, 1])):
        one, two = (x.sample(1000, seed=0, condition=label, num_steps=steps) for steps in (1, 2))
        np.testing.assert_allclose(one.mean(0), mean, atol=0.2)
        np.testing.assert_allclose(two.mean(0), mean, atol=0.2)
        np.testing.assert_allclose(two.std(0), [0.5, 0.2], atol=0.15)
    same = teacher.sample(500, seed=4, condition=0, sampler="euler", num_steps=20)
    blunt = teacher.sample(500, seed=4, condition=0, sampler="euler", num_steps=1)
    one = x.sample(500, seed=4, condition=0, num_steps=1)
    error = lambda samples: np.square(samples - same).mean()  # from equal noise, where its ODE leads
    assert error(one) < 0.5 * error(blunt)


@pytest.mark.parametrize(
    "times, steps, on_policy", [(4, 5, 0.5), pytest.param(20, 1, 0.0, marks=pytest.mark.long)]
)
@pytest.mark.long
def test_a_student_of_segments_follows_its_teacher_s_path_from_end_to_end(times, steps, on_policy):
    law = {"segments": 4, "num_times": times, "teacher_steps": steps, "on_policy": on_policy}
    x, teacher = student(**law), trained("diffusion")
    assert (x.sampling.sampler, x.sampling.num_steps) == ("euler", 4)
    path = lambda steps: teacher.sample(500, seed=4, condition=0, sampler="euler", num_steps=steps)
    error = lambda samples: np.square(samples - path(100)).mean()
    assert error(x.sample(500, seed=4, condition=0)) < 0.5 * error(path(4))


def test_points_on_policy_lie_where_the_student_s_samples_pass():
    key, labels = rng.key(3), tf.constant([0, 1, 0, 1])
    x = student(segments=4, num_times=4, teacher_steps=5, on_policy=0.5)
    denoiser, schedule = x.average_denoiser, x.average_denoiser.schedule
    points = x.distillation.on_policy_points(key, tf.constant([1.0, 0.75, 0.5, 0.3]), labels, denoiser)
    start, stops = schedule.sigma(1.0) * rng.normal(key, (4, 2)), (1.0, 0.75, 0.5, 0.3)
    for i in range(4):
        row, times = slice(i, i + 1), tf.constant(stops[: i + 1])
        there = ode.euler(denoiser.given(labels[row]), schedule, start[row], times)
        np.testing.assert_allclose(points[row], there, atol=1e-4)


@pytest.mark.parametrize("sampler", ["euler", "dpm_solver_2m"])
def test_a_teacher_walks_as_its_sampler_does(sampler):
    teacher, felt = trained("diffusion"), (0.6, 0.9)
    networks = [kg.networks.mlp.denoiser(2, 64, 2, 2) for _ in range(2)]
    networks[1].set_weights(teacher.average.get_weights())
    options = {"teacher_guidance": 3.0, "teacher_guidance_interval": felt, "teacher_sampler": sampler}
    law = {"num_times": 4, "segments": 4, "teacher_steps": 5, "condition": 2, "value_range": None}
    x, zeros = kg.Consistency(*networks, **law, **options), tf.zeros(3, "int32")
    start, begins, ends = tf.constant(POINTS[:6] * 3), (1.0, 0.5), (0.75, 0.25)
    times, labels = [tf.repeat(begins, 3), tf.repeat(ends, 3)], tf.zeros(6, "int32")
    found = x.distillation.teacher_solve(start, *times, labels, x.teacher_denoiser)
    solve, denoise = getattr(ode, sampler), guided(teacher.average_denoiser, 3.0, felt).given(zeros)
    for rows, begin, end in zip((slice(0, 3), slice(3, 6)), begins, ends, strict=True):
        there = solve(denoise, teacher.denoiser.schedule, start[rows], tf.linspace(begin, end, 6))
        np.testing.assert_allclose(found[rows], there, atol=1e-4)


def judge():
    """A discriminator of noisy points with labels."""
    inputs = kg.networks.mlp.denoiser(2, 32, 2, 2)
    return keras.Model(inputs.inputs, keras.layers.Dense(1)(inputs.layers[-2].output))


def player(game_weight):
    reseed()
    networks = kg.networks.mlp.denoiser(2, 16, 2, 2), trained("diffusion").average, judge()
    options = {"num_times": 4, "segments": 4, "condition": 2, "value_range": None, "seed": 0}
    return kg.Consistency(*networks, game_weight=game_weight, **options)


def test_the_weight_of_a_student_s_game_is_the_student_s_alone():
    weights = {}
    for weight in (0.0, 5.0):
        model = player(weight)
        before = [np.array(w) for w in model.discriminator.weights]
        model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), jit_compile=False)
        model.fit(POINTS[:64], LABELS[:64], batch_size=64, verbose=0)
        weights[weight] = model.network.get_weights(), model.discriminator.get_weights()
        assert not equal(before, weights[weight][1])
    assert not equal(weights[0.0][0], weights[5.0][0])
    for a, b in zip(weights[0.0][1], weights[5.0][1], strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.long
def test_a_student_that_plays_comes_to_the_teacher_s_law():
    model = player(1.0)
    model.compile(keras.optimizers.Adam(2e-3), keras.optimizers.Adam(2e-3, beta_1=0.0), jit_compile=False)
    history = model.fit(POINTS, LABELS, batch_size=200, epochs=20, verbose=0).history
    assert set(history) == {"loss", "g_loss", "d_loss", "d_real", "d_fake"}
    for label, mean in ((0, [1, -1]), (1, [-1, 1])):
        samples = model.sample(1000, seed=0, condition=label)
        np.testing.assert_allclose(samples.mean(0), mean, atol=0.2)
        np.testing.assert_allclose(samples.std(0), [0.5, 0.2], atol=0.15)
    found = diagnostics.measure(model, POINTS[:50], LABELS[:50])
    assert np.isfinite(found["sample_spread"]) and "slope" not in found  # its judge is told the noise, too


def test_a_noisy_discriminator_compares_images_with_what_is_asked():
    network = kg.networks.dcgan.noisy_discriminator((10, 7, 3), width=4, num_classes=2)
    expected = next(layer for layer in reversed(network.layers) if np.shape(layer.weights[:1]) == (1, 16, 16))
    expected.kernel.assign(np.eye(16))
    x, ones = np.random.default_rng(0).normal(size=(2, 10, 7, 3)), np.ones(2)
    one, other, later = (network([x, t * ones, k * ones]) for t, k in ((0.1, 0), (0.1, 2), (0.9, 0)))
    assert one.shape == (2, 1) and one.dtype == "float32"
    assert not np.allclose(one, other) and not np.allclose(one, later)


def test_what_leads_to_an_end_is_the_inverse_of_going_there():
    x, x0 = np.random.default_rng(0).normal(size=(2, 4, 2)).astype("float32")
    here, there = (0.6, 0.8), (0.8, 0.6)
    landing = ode.ddim_step(x, x0, here, there)
    np.testing.assert_allclose(leading(x, landing, here, there), x0, atol=1e-5)


def test_a_student_leaves_its_teacher_alone():
    teacher = trained("diffusion")
    before = [np.array(w) for w in teacher.average.weights]
    student()
    assert equal(before, [np.array(w) for w in teacher.average.weights])


def twins():
    return kg.networks.mlp.denoiser(2), kg.networks.mlp.denoiser(2)


CALLS = {
    "teacher that is the student": (lambda: kg.Consistency(*twins()[:1] * 2), ValueError, "teacher"),
    "teacher of another kind": (
        lambda: kg.Consistency(kg.networks.mlp.denoiser(2), kg.networks.mlp.denoiser(3), value_range=None),
        ValueError,
        "teacher",
    ),
    "student of eps": (
        lambda: kg.Consistency(*twins(), parametrization="eps"),
        ValueError,
        "parametrization",
    ),
    "segments that do not divide": (
        lambda: kg.Consistency(*twins(), num_times=50, segments=4, value_range=None),
        ValueError,
        "segments",
    ),
    "discriminator without times": (
        lambda: kg.Consistency(*twins(), kg.networks.mlp.discriminator((2,)), value_range=None),
        ValueError,
        "discriminator",
    ),
    "game of a student": (
        lambda: kg.Consistency(*twins(), None, game="chess"),
        ValueError,
        "game",
    ),
    "weight of a game": (
        lambda: kg.Consistency(*twins(), None, game_weight=-1.0),
        ValueError,
        "game_weight",
    ),
    "teacher_steps": (
        lambda: kg.Consistency(*twins(), teacher_steps=0, value_range=None),
        ValueError,
        "teacher_steps",
    ),
    "on_policy": (lambda: kg.Consistency(*twins(), on_policy=1.5, value_range=None), ValueError, "on_policy"),
    "teacher_sampler": (
        lambda: kg.Consistency(*twins(), teacher_sampler="heun", value_range=None),
        ValueError,
        "teacher_sampler",
    ),
    "teacher_guidance_interval": (
        lambda: kg.Consistency(*twins(), teacher_guidance_interval=(0.8, 0.2), value_range=None),
        ValueError,
        "teacher_guidance_interval",
    ),
    "guidance of a teacher without labels": (
        lambda: kg.Consistency(*twins(), teacher_guidance=2.0, value_range=None),
        ValueError,
        "teacher_guidance",
    ),
    "steps = 0": (lambda: trained("diffusion").sample(1, num_steps=0), ValueError, "num_steps"),
    "too many steps": (lambda: trained("diffusion").sample(1, num_steps=10**6), ValueError, "num_steps"),
    "more steps than times": (lambda: toy(num_times=30).sample(1, num_steps=31), ValueError, "num_steps"),
    "fewer times than steps": (lambda: toy(num_times=10), ValueError, "num_steps"),
    "sampler": (lambda: trained("diffusion").sample(1, sampler="langevin"), ValueError, "sampler"),
    "negative guidance": (lambda: trained("diffusion").sample(1, guidance=-1.0), ValueError, "guidance"),
    "guidance without a condition": (lambda: toy().sample(1, guidance=2.0), ValueError, "guidance"),
    "guidance of a model without one": (lambda: toy(guidance=2.0), ValueError, "guidance"),
    "guidance at no time": (
        lambda: trained("diffusion").sample(1, guidance_interval=(0.5, 0.5)),
        ValueError,
        "guidance_interval",
    ),
    "guidance at one time": (
        lambda: toy(condition=2, guidance_interval=(0.5,)),
        ValueError,
        "guidance_interval",
    ),
    "label out of range": (
        lambda: trained("diffusion").sample(1, condition=2),
        InvalidDataError,
        "condition",
    ),
    "label of a model without one": (lambda: toy().sample(1, condition=0), ValueError, "condition"),
    "schedule": (lambda: toy(schedule="steep"), ValueError, "schedule"),
    "parametrization": (lambda: toy(parametrization="x1"), ValueError, "parametrization"),
    "weighting": (lambda: toy(weighting="max"), ValueError, "weighting"),
    "time_distribution": (lambda: toy(time_distribution="cauchy"), ValueError, "time_distribution"),
    "num_times": (lambda: toy(num_times=0), ValueError, "num_times"),
    "condition_drop": (lambda: toy(condition=2, condition_drop=1.5), ValueError, "condition_drop"),
    "spacing": (lambda: toy(spacing=0.5), ValueError, "spacing"),
    "ema": (lambda: toy(ema=None), ValueError, "ema"),
    "network without labels": (
        lambda: kg.Diffusion(kg.networks.mlp.denoiser(2), condition=2, value_range=None),
        ValueError,
        "network",
    ),
    "image of another size": (
        lambda: kg.Diffusion(unet()).inpaint(IMAGES[:, :6], 1.0),
        InvalidDataError,
        "x",
    ),
    "grey mask": (lambda: kg.Diffusion(unet()).inpaint(IMAGES, 0.5), InvalidDataError, "mask"),
    "x of log_prob": (lambda: trained("diffusion").log_prob(POINTS[:, :1], 0), InvalidDataError, "x"),
    "draws of the bound": (
        lambda: trained("diffusion").elbo(POINTS[:2], 0, num_steps=5, num_samples=6),
        ValueError,
        "num_samples",
    ),
    "probes": (lambda: trained("diffusion").log_prob(POINTS[:2], 0, probes=0), ValueError, "probes"),
}


test_calls_are_refused_by_name = refusals(CALLS)
