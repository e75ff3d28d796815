"""Bijectors: one contract over all of them, in single and double precision, and what each promises beside."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import refusals

import kerasgen as kg
from kerasgen import bijectors
from kerasgen.bijectors import (
    ActNorm,
    Affine,
    Chain,
    Coupling,
    FactorOut,
    Flatten,
    Inverse,
    InvertibleLinear,
    Logit,
    MaskedAutoregressive,
    Permutation,
    Planar,
    RationalQuadratic,
    Shift,
    Squeeze,
)

VECTOR, IMAGE, PAIR = (4,), (2, 2, 1), (1, 1, 4)  # four numbers each
SPLINE = RationalQuadratic(bins=5, bound=2.0)
pytestmark = pytest.mark.usefixtures("eagerly")


def network(shape, elementwise, scale=1.0, classes=None):
    """A small network whose last layer is not 0."""
    x, label = keras.Input(shape), keras.Input((), dtype="int32")
    h = keras.layers.Flatten()(x)
    if classes:
        h = keras.layers.Concatenate()([h, keras.layers.Embedding(classes, 2)(label)])
    h = keras.layers.Dense(6, "tanh")(h)
    outputs = (*shape[:-1], elementwise.parameters * shape[-1])
    h = keras.layers.Dense(
        int(np.prod(outputs)), kernel_initializer=keras.initializers.RandomNormal(stddev=scale)
    )(h)
    return keras.Model([x, label] if classes else x, keras.layers.Reshape(outputs)(h))


def masked(elementwise, dim=4):
    """A MADE whose last layer is not 0."""
    made = kg.networks.flows.made(dim, elementwise.parameters, width=7, depth=2, activation="tanh")
    for weight in made.weights:
        weight.assign(keras.random.normal(weight.shape, 0, 0.7, seed=len(weight.shape)))
    return made


def coupling(shape, elementwise, *mask):
    return Coupling(elementwise, network(shape, elementwise), *mask)


KINDS = {  # name: (the bijector, shape of x)
    "additive coupling": (lambda: coupling(VECTOR, Shift()), VECTOR),
    "additive coupling of odd numbers": (lambda: coupling(VECTOR, Shift(), "alternating", True), VECTOR),
    "affine coupling": (lambda: coupling(VECTOR, Affine()), VECTOR),
    "affine coupling of pixels": (lambda: coupling(IMAGE, Affine(), "checkerboard"), IMAGE),
    "affine coupling of channels": (lambda: coupling(PAIR, Affine(), "halves", True), PAIR),
    "spline coupling": (lambda: coupling(VECTOR, SPLINE), VECTOR),
    "spline coupling of pixels": (lambda: coupling(IMAGE, SPLINE, "checkerboard", True), IMAGE),
    "MAF": (lambda: MaskedAutoregressive(Affine(), masked(Affine())), VECTOR),
    "MAF of splines": (lambda: MaskedAutoregressive(SPLINE, masked(SPLINE)), VECTOR),
    "IAF": (lambda: Inverse(MaskedAutoregressive(Affine(), masked(Affine()))), VECTOR),
    "ActNorm": (ActNorm, VECTOR),
    "ActNorm of pixels": (ActNorm, IMAGE),
    "InvertibleLinear": (InvertibleLinear, VECTOR),
    "invertible 1x1 convolution": (InvertibleLinear, (2, 1, 2)),
    "reverse": (Permutation, VECTOR),
    "permutation": (lambda: Permutation(3), PAIR),
    "Logit": (Logit, VECTOR),
    "Planar": (Planar, VECTOR),
    "Squeeze": (Squeeze, IMAGE),
    "Flatten": (Flatten, IMAGE),
    "FactorOut": (lambda: FactorOut(coupling((1, 1, 2), Affine())), PAIR),
    "Chain": (
        lambda: Chain(
            [Logit(0.1), Squeeze(), ActNorm(), coupling(PAIR, Affine()), FactorOut(InvertibleLinear())]
        ),
        IMAGE,
    ),
}  # fmt: skip
kinds = pytest.mark.parametrize("kind", KINDS)
DTYPES = {"float32": (1e-4, 2e-3), "float64": (1e-10, 1e-9)}  # of values, and of the log-determinant


def made(kind, dtype="float32"):
    """A bijector whose weights are not those of the beginning."""
    make, shape = KINDS[kind]
    keras.config.set_dtype_policy(dtype)
    keras.utils.set_random_seed(1)
    try:
        bijector = make()
        bijector.build((None, *shape))
    finally:
        keras.config.set_dtype_policy("float32")
    if isinstance(bijector, ActNorm | InvertibleLinear | Planar):
        for weight in bijector.trainable_weights:
            weight.assign_add(keras.random.normal(weight.shape, 0, 0.3, dtype, seed=3))
    return bijector


def examples(kind, num=6, dtype="float32"):
    shape = KINDS[kind][1]
    low = 0.0 if kind in ("Logit", "Chain") else -2.5
    x = np.random.default_rng(0).uniform(low, 1 if low == 0 else 2.5, (num, *shape))
    return tf.constant(x, dtype)


def jacobian(bijector, x):
    """(y, log_det, dy/dx of each row as a matrix of 4x4)."""
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y, log_det = bijector.forward(x)
        parts = tf.unstack(tf.reshape(y, (-1, 4)), axis=1)
    rows = [tape.gradient(part, x, unconnected_gradients="zero") for part in parts]
    return y, log_det, np.stack([np.reshape(row, (-1, 4)) for row in rows], axis=1)


@pytest.mark.parametrize("dtype", [pytest.param("float32", marks=pytest.mark.long), "float64"])
@kinds
def test_the_inverse_undoes_the_map_and_log_det_is_that_of_the_jacobian(kind, dtype):
    bijector, x = made(kind, dtype), examples(kind, dtype=dtype)
    atol, log_atol = DTYPES[dtype]
    y, log_det, matrices = jacobian(bijector, x)
    back, minus = bijector.inverse(y)
    assert y.dtype == back.dtype == log_det.dtype == dtype and log_det.shape == (len(x),)
    assert tuple(y.shape) == bijector.compute_output_shape(x.shape)
    np.testing.assert_allclose(back, x, atol=atol)
    np.testing.assert_allclose(minus, -log_det, atol=log_atol)
    np.testing.assert_allclose(np.linalg.slogdet(matrices)[1], log_det, atol=log_atol)


@kinds
def test_a_bijector_comes_back_from_its_configuration_with_its_shape(kind):
    bijector = made(kind)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(bijector))
    assert again.built and [w.shape for w in again.weights] == [w.shape for w in bijector.weights]
    again.set_weights(bijector.get_weights())
    for one, other in zip(again.forward(examples(kind)), bijector.forward(examples(kind)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_every_bijector_of_the_library_is_here():
    public = {value for name in dir(bijectors) if isinstance(value := getattr(bijectors, name), type)}
    layers = {value for value in public if issubclass(value, bijectors.Bijector)}
    assert layers - {bijectors.Bijector} == {type(make()) for make, _ in KINDS.values()}


# Couplings.


@pytest.mark.parametrize("elementwise", [Shift(), Affine(), SPLINE], ids=lambda one: type(one).__name__)
def test_a_coupling_whose_network_gives_0_is_the_identity(elementwise):
    x = examples("affine coupling")
    for mask, shape in (("halves", VECTOR), ("alternating", VECTOR), ("checkerboard", IMAGE)):
        zero = kg.networks.flows.perceptron(shape, elementwise.parameters, width=3)
        bijector, x = Coupling(elementwise, zero, mask), tf.reshape(x, (-1, *shape))
        bijector.build((None, *shape))
        y, log_det = bijector.forward(x)
        np.testing.assert_allclose(y, x, atol=1e-6)
        np.testing.assert_allclose(log_det, 0, atol=1e-5)


def test_a_coupling_leaves_what_it_reads():
    for kind, read in (
        ("affine coupling", [1, 1, 0, 0]),
        ("additive coupling of odd numbers", [0, 1, 0, 1]),
        ("affine coupling of pixels", [1, 0, 0, 1]),
        ("affine coupling of channels", [0, 0, 1, 1]),
    ):
        x = examples(kind)
        same = np.equal(made(kind).forward(x)[0], x).reshape(-1, 4).all(axis=0)
        assert same.tolist() == [bool(one) for one in read]


def test_a_condition_changes_the_map_and_undoes_itself():
    bijector = Chain([Permutation(), Coupling(Affine(), network(VECTOR, Affine(), classes=3))])
    bijector.build((None, 4))
    assert bijector.conditional and not made("Chain").conditional
    x, label = examples("MAF"), tf.constant([0, 1, 2, 0, 1, 2])
    y, log_det = bijector.forward(x, label)
    back, minus = bijector.inverse(y, label)
    np.testing.assert_allclose(back, x, atol=1e-5)
    np.testing.assert_allclose(minus, -log_det, atol=1e-5)
    other, _ = bijector.forward(x, label[::-1])
    changed = np.abs(other - y).max(axis=1) > 1e-3
    np.testing.assert_array_equal(changed, label[::-1] != label)


def test_scales_of_an_affine_map_are_bounded():
    p = tf.constant([[[1e9], [0.0]], [[-1e9], [0.0]]])
    _, s = Affine(bound=2.0).forward(tf.ones((2, 1)), p)
    np.testing.assert_allclose(s[:, 0], [2, -2])


# Splines.


def spline(x, seed=0):
    """Values and slopes of a random spline at numbers x, float64."""
    p = np.random.default_rng(seed).normal(size=(1, SPLINE.parameters, 1)) * 2
    x = tf.constant(np.reshape(x, (-1, 1)), "float64")
    p = tf.constant(np.repeat(p, len(x), axis=0))
    y, log_slope = SPLINE.forward(x, p)
    return np.array(y)[:, 0], np.exp(log_slope)[:, 0], np.array(SPLINE.knots(p[..., :5, :]))[0, :, 0]


def test_a_spline_rises_and_is_the_identity_outside():
    x = np.linspace(-3, 3, 2001)
    y, slope, _ = spline(x)
    assert (np.diff(y) > 0).all() and (slope > 0).all()
    outside = np.abs(x) > 2
    np.testing.assert_array_equal(y[outside], x[outside])
    assert np.abs(y[~outside]).max() <= 2


def test_a_spline_and_its_slope_are_continuous_at_knots():
    *_, knots = spline([0.0])
    assert np.allclose(knots[[0, -1]], [-2, 2], atol=0) and np.diff(knots).min() >= 4e-3 * (1 - 1e-9)
    (low, slope_below, _), (high, slope_above, _) = spline(knots - 1e-7), spline(knots + 1e-7)
    np.testing.assert_allclose(low, high, atol=1e-5)
    np.testing.assert_allclose(slope_below, slope_above, rtol=1e-4)


def test_slopes_of_a_spline_are_its_finite_differences():
    x = np.linspace(-1.9, 1.9, 101)
    (above, *_), (below, *_) = spline(x + 1e-6), spline(x - 1e-6)
    np.testing.assert_allclose((above - below) / 2e-6, spline(x)[1], rtol=1e-4)


# Autoregressive maps.


def test_the_jacobian_of_a_masked_autoregressive_map_is_triangular():
    for kind in ("MAF", "MAF of splines"):
        *_, matrices = jacobian(made(kind), examples(kind))
        assert not np.triu(matrices, 1).any()
        assert (np.abs(matrices).max(axis=0)[np.tril_indices(4)] > 1e-4).all()


def test_inverse_autoregressive_and_masked_autoregressive_flows_undo_each_other():
    maf = made("MAF")
    iaf, x = Inverse(maf), examples("MAF")
    y, log_det = maf.forward(x)
    back, minus = iaf.forward(y)
    np.testing.assert_allclose(back, x, atol=1e-4)
    np.testing.assert_allclose(log_det + minus, 0, atol=1e-4)


def test_a_long_autoregressive_map_is_undone_without_overflow():
    """Numbers that are not known yet would grow from step to step."""
    elementwise = Affine(bound=3.0)
    bijector = MaskedAutoregressive(elementwise, masked(elementwise, 40))
    bijector.build((None, 40))
    x = tf.random.stateless_normal((3, 40), (0, 0))
    back, log_det = bijector.inverse(bijector.forward(x)[0])
    assert np.isfinite(back).all() and np.isfinite(log_det).all()
    np.testing.assert_allclose(back, x, atol=1e-3)


# Normalization and linear maps.


def test_the_first_batch_leaves_actnorm_with_mean_0_and_variance_1():
    x = np.random.default_rng(0).normal(3, [0.1, 5.0], (50, 3, 3, 2)).astype("float32")
    norm = ActNorm()
    norm.build((None, 3, 3, 2))
    initialized = norm.initialize(tf.constant(x))
    y, _ = norm.forward(tf.constant(x))
    np.testing.assert_allclose(y, initialized, atol=1e-4)
    np.testing.assert_allclose(np.mean(y, axis=(0, 1, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(np.var(y, axis=(0, 1, 2)), 1, atol=1e-4)


def test_a_constant_channel_keeps_its_scale():
    x = np.random.default_rng(0).normal(size=(50, 2)).astype("float32") * [1, 0] + [0, 7]
    norm = ActNorm()
    norm.build((None, 2))
    norm.initialize(tf.constant(x, "float32"))
    y, log_det = norm.forward(tf.constant(x, "float32"))
    assert np.isfinite(log_det).all() and norm.log_scale[1] == 0
    rounding = 7 * 50 * np.finfo("float32").eps  # of the mean of 50 sevens
    np.testing.assert_allclose(y[:, 1], 0, atol=rounding)


def test_actnorm_counts_examples_by_their_weight():
    x = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")
    counts = np.arange(8) % 3
    weighted, repeated = ActNorm(), ActNorm()
    weighted.build((None, 2)), repeated.build((None, 2))
    weighted.initialize(tf.constant(x), None, tf.constant(counts, "float32"))
    repeated.initialize(tf.constant(np.repeat(x, counts, axis=0)))
    for one, other in zip(weighted.weights, repeated.weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    weighted.initialize(tf.constant(x), None, tf.zeros(8))
    assert all(np.isfinite(weight).all() for weight in weighted.weights)


def test_an_invertible_linear_map_begins_as_a_rotation():
    bijector = InvertibleLinear()
    bijector.build((None, 5))
    rows, log_det = bijector.forward(tf.eye(5))
    np.testing.assert_allclose(rows @ tf.transpose(rows), np.eye(5), atol=1e-5)
    np.testing.assert_allclose(log_det, 0, atol=1e-5)


def test_squares_of_four_pixels_become_channels():
    squeeze = Squeeze()
    squeeze.build((None, 4, 4, 1))
    y, _ = squeeze.forward(tf.reshape(tf.range(16.0), (1, 4, 4, 1)))
    np.testing.assert_array_equal(y[0, 0], [[0, 1, 4, 5], [2, 3, 6, 7]])


test_what_does_not_go_together_is_refused = refusals(
    {
        "input": (lambda: coupling((3,), Affine()).build((None, 4)), "network"),
        "output": (lambda: Coupling(SPLINE, network(VECTOR, Affine())).build((None, 4)), "network"),
        "nothing to transform": (lambda: coupling((1,), Shift(), "alternating").build((None, 1)), "mask"),
        "mask": (lambda: coupling(VECTOR, Shift(), "quarters"), "mask"),
        "elementwise": (lambda: Coupling("affine", network(VECTOR, Shift())), TypeError, "elementwise"),
        "no network": (lambda: Coupling(Shift(), len), TypeError, "network"),
        "flip": (lambda: coupling(VECTOR, Shift(), "halves", 1), TypeError, "flip"),
        "autoregressive images": (
            lambda: MaskedAutoregressive(Shift(), network(IMAGE, Shift())).build((None, *IMAGE)),
            "input_shape",
        ),
        "odd sides": (lambda: Squeeze().build((None, 3, 4, 1)), "input_shape"),
        "one channel": (lambda: FactorOut(ActNorm()).build((None, 2, 2, 1)), "input_shape"),
        "empty chain": (lambda: Chain([]), "bijectors"),
        "a chain of layers": (lambda: Chain([keras.layers.Dense(1)]), TypeError, "bijectors"),
        "no chain": (lambda: Chain(3), TypeError, "bijectors"),
        "inverse of a layer": (lambda: Inverse(keras.layers.Dense(1)), TypeError, "bijector"),
        "factoring out a layer": (lambda: FactorOut(None), TypeError, "bijector"),
        "seed": (lambda: Permutation(-1), "seed"),
        "alpha": (lambda: Logit(0.5), "alpha"),
        "bins": (lambda: RationalQuadratic(bins=1), "bins"),
        "bound": (lambda: RationalQuadratic(bound=0), "bound"),
        "scale": (lambda: Affine(bound=0), "bound"),
    }
)  # fmt: skip
