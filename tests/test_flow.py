"""Flows against densities in closed form, integrals, and levels that are enumerated."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import computing_in, refusals
from scipy import stats
from scipy.special import logsumexp

import kerasgen as kg
from kerasgen import registry
from kerasgen.bijectors import (
    ActNorm,
    Affine,
    Chain,
    Coupling,
    InvertibleLinear,
    Logit,
    MaskedAutoregressive,
    Permutation,
    RationalQuadratic,
)
from kerasgen.evaluation import held_out
from kerasgen.ops import rng

pytestmark = pytest.mark.usefixtures("eagerly")
flows = kg.networks.flows
CELLS = 40  # a side, at which an integral over a cell of the levels is taken


def shaken(bijector, shape=(2,), spread=0.4):
    """A bijector whose weights are random."""
    bijector.build((None, *shape))
    for index, weight in enumerate(bijector.trainable_weights):
        weight.assign_add(keras.random.normal(weight.shape, 0, spread, seed=index))
    return bijector


def couplings(elementwise, num=2, **options):
    network = lambda: flows.perceptron((2,), elementwise.parameters, width=8, activation="tanh", **options)
    return [Coupling(elementwise, network(), flip=bool(i % 2)) for i in range(num)]


def mafs(elementwise):
    made = flows.made(2, elementwise.parameters, width=8, activation="tanh")
    return [MaskedAutoregressive(elementwise, made), Permutation()]


def flow(bijector, shape=(2,), **options):
    return kg.Flow(bijector, shape, seed=0, **options)


def grid(low, high, num):
    """Midpoints of num x num cells of a square, (num^2, 2)."""
    middle = low + (high - low) * (np.arange(num) + 0.5) / num
    return np.stack(np.meshgrid(middle, middle), axis=-1).reshape(-1, 2).astype("float32")


# Densities.


def test_a_linear_flow_is_a_normal_distribution(in_graphs):
    model = flow(shaken(Chain([InvertibleLinear(), ActNorm()]), (3,)), (3,))
    offset = np.array(model.bijector.forward(tf.zeros((1, 3)))[0], "float64")[0]
    matrix = (np.array(model.bijector.forward(tf.eye(3))[0], "float64") - offset).T
    mean, covariance = -np.linalg.solve(matrix, offset), np.linalg.inv(matrix.T @ matrix)
    x = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    truth = stats.multivariate_normal(mean, covariance).logpdf(x)
    np.testing.assert_allclose(model.log_prob(x), truth, atol=1e-4)
    samples = model.sample(4000, seed=1)
    errors = 4 * np.sqrt(np.diag(covariance) / 4000)
    assert (np.abs(samples.mean(0) - mean) < errors).all()


KINDS = {
    "affine couplings": (lambda: couplings(Affine(1.0), 2), "normal"),
    "spline couplings": (lambda: couplings(RationalQuadratic(6, 3.0), 2), "normal"),
    "masked autoregressive, logistic prior": (lambda: mafs(Affine(1.0)), "logistic"),
}


@pytest.mark.parametrize("parts, prior", KINDS.values(), ids=KINDS)
def test_a_density_of_the_plane_integrates_to_one(parts, prior):
    model = flow(shaken(Chain(parts())), prior=prior)
    reach, num = (60.0, 800) if prior == "logistic" else (20.0, 800)
    log_p = model.log_likelihood(tf.constant(grid(-reach, reach, num)))
    integral = np.exp(np.float64(log_p)).sum() * (2 * reach / num) ** 2
    assert integral == pytest.approx(1, abs=1e-3)


def test_codes_and_samples_undo_each_other():
    model = flow(shaken(Chain(couplings(Affine()))))
    samples = model.sample(6, seed=3)
    codes = model.encode(samples)
    np.testing.assert_allclose(model.decode(codes), samples, atol=1e-4)
    np.testing.assert_allclose(codes, model.draw_prior(model.row_keys(6, 3)), atol=1e-4)
    cold = model.encode(model.sample(6, seed=3, temperature=0.5))
    np.testing.assert_allclose(cold, codes / 2, atol=1e-4)


def test_a_label_changes_the_density():
    model = flow(shaken(Chain(couplings(Affine(), num_classes=3))), condition=3)
    x = np.zeros((3, 2), "float32")
    values = model.log_prob(x, condition=[0, 1, 2])
    assert len(set(np.round(values, 4))) == 3
    np.testing.assert_allclose(model.log_prob(x, condition=1), values[1], atol=1e-5)


def test_the_first_train_step_initializes_what_reads_a_batch():
    model = flow(Chain([ActNorm(), *couplings(Affine())]), ema=0.9)
    model.compile(keras.optimizers.SGD(0.0))
    x = tf.constant(np.random.default_rng(0).normal(5, 3, (64, 2)), "float32")
    model.train_step(x)
    z = np.array(model.bijector.forward(x)[0])
    np.testing.assert_allclose(z.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(z.var(0), 1, atol=1e-4)
    before = model.bijector.get_weights()
    model.train_step(x + 7)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.bijector.get_weights(), strict=True))
    assert model.single_device_reason and not flow(Chain(couplings(Affine()))).single_device_reason


@pytest.mark.long
def test_a_trained_flow_comes_near_the_density_of_its_data():
    """A correlated normal distribution by splines: within 0.02 nat of the entropy."""
    covariance = np.array([[1.0, 0.8], [0.8, 1.0]])
    x = np.random.default_rng(0).multivariate_normal([0, 0], covariance, 30_000).astype("float32")
    model = flow(Chain(couplings(RationalQuadratic(), 4)), ema=0.99)
    model.compile(kg.training.decaying_adam(5e-3, 1200), jit_compile=False)
    tf.config.run_functions_eagerly(False)
    model.fit(x[:20_000], batch_size=200, epochs=12, verbose=0)
    truth = stats.multivariate_normal([0, 0], covariance).logpdf(x[20_000:]).mean()
    assert truth - model.log_prob(x[20_000:]).mean() < 0.02


# Levels.


def of_levels(bijector, num=8, **options):
    return flow(bijector, levels=num, value_range=(-1.0, 1.0), **options)


def enumerated(num=8):
    """All num^2 pairs of levels, (num^2, 2), and points of each cell, (num^2, CELLS^2, 2) in (0, 1)."""
    k = np.stack(np.meshgrid(range(num), range(num)), axis=-1).reshape(-1, 2)
    x = (2 * k / (num - 1) - 1).astype("float32")
    return x, ((k[:, None] + grid(0, 1, CELLS)[None]) / num).astype("float32")


def in_cells(model, num=8):
    """(x, log P(x) by an integral over its cell, the bound by uniform noise as an integral)."""
    x, points = enumerated(num)
    z, log_det = model.bijector.forward(tf.reshape(points, (-1, 2)))
    log_p = np.float64(model.base.log_prob(z) + log_det).reshape(len(x), -1)
    volume = 2 * np.log(num)
    return x, logsumexp(log_p, axis=1) - np.log(CELLS**2) - volume, log_p.mean(1) - volume


def drawn(model, x, num):
    """The bound at `num` draws of noise for each example, float64 (num, len(x))."""
    rows = tf.constant(np.tile(x, (num, 1)))
    values = model.log_likelihood(rows, None, model.draw_noise(rng.key(2), rows.shape))
    return np.float64(values).reshape(num, len(x))


def bumpy():
    return shaken(Chain([Logit(1e-4), *couplings(Affine(1.0))]))


def test_the_bound_of_uniform_dequantization_is_below_the_probability_of_the_levels():
    """Three ways: the bound's own integral, its mean of draws, and its rise to the truth with many draws."""
    model = of_levels(bumpy())
    x, truth, bound = in_cells(model)
    assert 0.9 < np.exp(truth).sum() <= 1 + 1e-3  # what is missing lies beyond the ends of the logit
    assert (bound < truth).all() and (truth - bound).max() > 0.01
    draws = drawn(model, x, 1000)
    error = draws.std(0) / 1000**0.5
    assert (np.abs(draws.mean(0) - bound) < 4.5 * error + 1e-3).all()  # 64 of them: 4.5 in place of 4
    shares = np.exp(draws - truth)
    assert (np.abs(shares.mean(0) - 1) < 4.5 * shares.std(0) / 1000**0.5 + 1e-3).all()


def test_log_prob_and_elbo_fold_the_draws_of_their_rows():
    model, x = of_levels(bumpy()), enumerated()[0][[3, 40]]
    keys = model.row_keys(2, 5)
    noise = [[model.draw_noise(rng.step(key, "draw", j), (2,)) for key in keys] for j in range(3)]
    values = np.stack([model.log_likelihood(tf.constant(x), None, tf.stack(rows)) for rows in noise])
    mean = logsumexp(values, axis=0) - np.log(3)
    np.testing.assert_allclose(model.log_prob(x, num_samples=3, seed=5), mean, atol=1e-4)
    np.testing.assert_allclose(model.elbo(x, num_samples=3, seed=5), values.mean(0), atol=1e-4)
    np.testing.assert_allclose(model.elbo(x, seed=5), values[0], atol=1e-4)


def test_the_bound_is_tight_where_the_density_is_flat_in_a_cell():
    """A logistic prior behind a logit is the uniform density; the nearer to it, the less is lost."""
    gaps = []
    for log_scale in (0.6, 0.3, 0.1, 0.0):
        chain = Chain([Logit(1e-7), ActNorm()])
        chain.build((None, 2))
        chain.bijectors[1].log_scale.assign([log_scale] * 2)
        _, truth, bound = in_cells(of_levels(chain, prior="logistic"))
        gaps.append(np.mean(truth - bound))
    assert gaps == sorted(gaps, reverse=True) and gaps[0] > 1e-3
    assert gaps[-1] == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(truth, -2 * np.log(8), atol=1e-5)


def test_learned_noise_has_its_density_and_stays_below_the_truth():
    """E_q of 1/q(u) in a smaller cube is its volume; the bound by any q is below log P."""
    x, context = keras.Input((2,)), keras.Input((2,))
    h = keras.layers.Dense(6, "tanh")(keras.layers.Concatenate()([x, context]))
    network = keras.Model([x, context], keras.layers.Dense(4)(h))
    noise = Coupling(Affine(0.5), network)
    model = of_levels(bumpy(), dequantizer=noise)
    x, truth, _ = in_cells(model)
    source, rows = model.noise_source(), np.repeat(x[:2], 4000, axis=0)
    v, log_q = source.dequantized(tf.constant(rows), source.draw(rng.key(1), rows.shape))
    u = v * 8 - model.levels.numbers(rows)
    inside = (np.abs(u - 0.5) < 0.4).all(axis=1)
    inverse = (inside * np.exp(-np.float64(log_q))).reshape(2, -1)
    assert (np.abs(inverse.mean(1) - 0.8**2) < 4 * inverse.std(1) / 4000**0.5).all()
    np.testing.assert_allclose(model.levels.at(v), rows, atol=1e-6)
    draws = drawn(model, x, 500)
    assert (draws.mean(0) < truth + 4.5 * draws.std(0) / 500**0.5).all()


def test_levels_come_back_exactly():
    model = of_levels(bumpy(), 256)
    x = (2 * np.random.default_rng(0).integers(256, size=(50, 2)) / 255 - 1).astype("float32")
    np.testing.assert_allclose(model.reconstruct(x), x, atol=1e-6)
    samples = model.sample(50, seed=0)
    numbers = (samples + 1) / 2 * 255
    np.testing.assert_allclose(numbers, np.round(numbers), atol=1e-3)


@pytest.mark.long
def test_bits_per_dimension_are_those_of_the_levels():
    """A flow that is the uniform density needs 8 bits for each pixel of 256 levels."""
    model = kg.Flow(Logit(1e-7), (28, 28, 1), prior="logistic", levels=256, value_range=(0.0, 1.0), seed=0)
    recipe = registry.get_recipe("realnvp_mnist")
    images, _ = kg.data.arrays("mnist_small", "test")
    figures = held_out.figures(model, dataclasses.replace(recipe, draws=1), "mnist_small")
    assert figures["bits_per_dim"]["value"] == pytest.approx(8, abs=1e-3)
    assert figures["nats"]["value"] == pytest.approx(-784 * np.log(256), rel=1e-4)
    assert held_out.settings(model, recipe)["nats_of"] == "levels"
    assert "dequantization" in held_out.settings(model, recipe)["nats"] and len(images)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_in_mixed_precision_a_flow_stays_invertible(policy):
    """Networks compute in half precision, and give the same numbers in both directions."""
    with computing_in(policy):
        model = of_levels(shaken(Chain([Logit(), ActNorm(), *couplings(Affine())])), 256, ema=0.9)
    model.compile(kg.training.FusedAdam(1e-3), jit_compile=False)
    x = (2 * np.random.default_rng(0).integers(256, size=(50, 2)) / 255 - 1).astype("float32")
    logs = model.train_step(tf.constant(x))
    assert np.isfinite(float(logs["loss"])) and model.log_prob(x).dtype == "float32"
    np.testing.assert_allclose(model.reconstruct(x), x, atol=1e-6)


LINEAR, LABELS = lambda: Chain([InvertibleLinear()]), lambda: Chain(couplings(Affine(), num_classes=3))
test_what_does_not_go_together_is_refused = refusals(
    {
        "layer": (lambda: flow(keras.layers.Dense(2)), TypeError, "bijector"),
        "no condition": (lambda: flow(LABELS()), "condition"),
        "nothing reads the condition": (lambda: flow(LINEAR(), condition=3), "condition"),
        "another shape": (lambda: flow(shaken(LINEAR(), (3,))), "bijector"),
        "prior": (lambda: flow(LINEAR(), prior="uniform"), "prior"),
        "levels without a range": (lambda: flow(LINEAR(), levels=8), "value_range"),
        "one level": (lambda: of_levels(LINEAR(), 1), "levels"),
        "dequantizer without levels": (lambda: flow(LINEAR(), dequantizer=LINEAR()), "dequantizer"),
        "dequantizer that reads nothing": (lambda: of_levels(LINEAR(), dequantizer=LINEAR()), "dequantizer"),
        "temperature": (lambda: flow(LINEAR()).sample(1, temperature=0), "temperature"),
        "option": (lambda: flow(LINEAR()).sample(1, warmth=1), TypeError, "warmth"),
        "draws": (lambda: flow(LINEAR()).log_prob(np.zeros((1, 2), "float32"), num_samples=0), "num_samples"),
    }
)  # fmt: skip
