"""Weights of examples and classes: honored where the objective is a mean over examples, else refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import equal, noise, refusals, reseed, state, toy

import kerasgen as kg
from kerasgen.errors import InvalidDataError
from kerasgen.ops import rng, seeding

eagerly = pytest.mark.usefixtures("eagerly")
RANDOM = np.random.default_rng(0)
POINTS = RANDOM.normal(size=(12, 2)).astype("float32")
LABELS = np.arange(12) % 3
ONES, HALF = np.ones(12, "float32"), np.repeat([1, 0], 6).astype("float32")  # the first six count
WEIGHTS = RANDOM.uniform(0, 2, 12).astype("float32")

mlp, vae = kg.networks.mlp, kg.networks.vae


def compiled(model):
    """With plain gradient descent, so that steps are linear in the weights."""
    model.compile(keras.optimizers.SGD(0.1), jit_compile=False)
    return model


def dense(inputs, *outputs):
    x = keras.Input((inputs,))
    made = [keras.layers.Dense(units, kernel_initializer="glorot_normal")(x) for units in outputs]
    return keras.Model(x, made if len(made) > 1 else made[0])


def variational(num_classes=3, **arguments):
    size = {"latent_dim": 2, "width": 4, "num_classes": num_classes}
    decoder = vae.mlp_decoder((2,), log_scale=-1.0, **size)
    likelihood = {"likelihood": "gaussian", "value_range": None, "seed": 0, "condition": num_classes}
    return compiled(kg.VAE(vae.mlp_encoder((2,), **size), decoder, **likelihood | arguments))


def hierarchical():
    return compiled(
        kg.HierarchicalVAE(
            dense(2, 2, 2, 3),
            vae.mlp_code([3, 2], 2, 4),
            vae.mlp_code([2], 2, 4),
            vae.mlp_decoder((2,), 4, 4, log_scale=-1.0),
            likelihood="gaussian",
            value_range=None,
            free_bits=0.05,
            seed=0,
        )
    )


def denoising(family, **arguments):
    network = mlp.denoiser(2, 4, 1, 3)
    return compiled(family(network, condition=3, value_range=None, ema=0.9, seed=0, **arguments))


def coupling():
    network = kg.networks.flows.perceptron((2,), width=4, num_classes=3)
    return kg.bijectors.Coupling(kg.bijectors.Affine(), network)


GRADIENT = {
    "VAE": variational,
    "VAE with free bits": lambda: variational(free_bits=0.2),
    "VAE by importance": lambda: variational(bound="importance", num_samples=3),
    "VAE by resampling": lambda: variational(bound="importance", num_samples=3, resample=True),
    "HierarchicalVAE": hierarchical,
    "Diffusion": lambda: denoising(kg.Diffusion),
    "Diffusion with a weighting": lambda: denoising(kg.Diffusion, weighting="simple"),
    "FlowMatching": lambda: denoising(kg.FlowMatching),
    "Flow": lambda: compiled(kg.Flow(coupling(), (2,), condition=3, ema=0.9, seed=0)),
    "Classifier": lambda: compiled(kg.Classifier(dense(2, 3), value_range=None, seed=0)),
}


def stepped(make, *data, method="train_step"):
    """(every variable, logs) of a new model after one step; equal weights, equal draws."""
    reseed()
    model = make()
    logs = getattr(model, method)(tuple(map(tf.constant, data)))
    return state(model), {name: float(value) for name, value in logs.items()}


def close(left, right, **tolerance):
    for a, b in zip(left, right, strict=True):
        np.testing.assert_allclose(a, b, **tolerance)


def spoiled(data):
    """The same where the weights of `HALF` are 1, something else where they are 0."""
    return np.concatenate([data[:6], (2 - data if data is LABELS else 1 - data)[6:]])


@eagerly
@pytest.mark.parametrize("method", ["train_step", pytest.param("test_step", marks=pytest.mark.long)])
@pytest.mark.parametrize("make", GRADIENT.values(), ids=GRADIENT)
class TestSteps:
    def test_weights_of_one_change_nothing(self, make, method):
        plain, logs = stepped(make, POINTS, LABELS, method=method)
        weighted, same = stepped(make, POINTS, LABELS, ONES, method=method)
        close(plain, weighted, rtol=1e-6, atol=1e-6)
        assert logs == pytest.approx(same, rel=1e-5)

    def test_what_has_no_weight_has_no_influence(self, make, method):
        found, logs = stepped(make, POINTS, LABELS, HALF, method=method)
        other, same = stepped(make, spoiled(POINTS), spoiled(LABELS), HALF, method=method)
        close(found, other, rtol=1e-6, atol=1e-6)
        logs.pop("accuracy", None), same.pop("accuracy", None)  # in training it counts every example once
        assert logs == pytest.approx(same, rel=1e-5)


@eagerly
@pytest.mark.parametrize("make", GRADIENT.values(), ids=GRADIENT)
def test_a_weight_of_two_is_two_examples(make):
    """The gradient is linear in the weights: sum_i w_i g_i / batch."""
    still, once, twice = (stepped(make, POINTS, LABELS, times * WEIGHTS)[0] for times in (0, 1, 2))
    for zero, one, two in zip(still, once, twice, strict=True):
        if zero.dtype == "float32":
            np.testing.assert_allclose(two - zero, 2 * (one - zero), rtol=1e-3, atol=1e-6)


# What is fitted in closed form.


def mixture(components=1, covariance="full", shape=(2,)):
    model = kg.GaussianMixture(shape, components, covariance, floor=1e-6, seed=0)
    model.compile()
    return model


def pca():
    model = kg.PCA((3,), 1, value_range=None, seed=0)
    model.compile()
    return model


def bits():
    model = kg.BernoulliMixture((3,), 2, seed=0)
    model.compile()
    return model


ROWS = RANDOM.normal(size=(12, 3)).astype("float32")
COUNTS = RANDOM.integers(0, 4, 12)
CLOSED = {
    "full": (lambda: mixture(2, "full", (3,)), ROWS),
    "diagonal": (lambda: mixture(2, "diagonal", (3,)), ROWS),
    "bits": (bits, (ROWS > 0).astype("float32")),
    "pca": (pca, ROWS),
}


def fitted(make, x, weight=None, epochs=1):
    model = make()
    model.fit(x, sample_weight=weight, epochs=epochs, verbose=0)
    return model


def numbers(model):
    return [np.array(value) for value in model.parameters.tensors().values()]


@eagerly
@pytest.mark.parametrize("covariance", ["full", "diagonal"])
def test_a_row_of_weight_0_is_no_row(covariance):
    x = np.float32([[0.0], [10.0]])
    model = fitted(lambda: mixture(1, covariance, (1,)), x, np.float32([1, 0]))
    assert model.get_parameters()["means"] == 0


@eagerly
def test_weighted_pca_is_that_of_repeated_rows():
    weighted, repeated = fitted(pca, ROWS, COUNTS), fitted(pca, np.repeat(ROWS, COUNTS, axis=0))
    close(weighted.log_prob(ROWS), repeated.log_prob(ROWS), rtol=1e-6)
    assert weighted.evaluate(ROWS, sample_weight=COUNTS, verbose=0) == pytest.approx(
        -repeated.log_prob(np.repeat(ROWS, COUNTS, axis=0)).mean(), rel=1e-5
    )


@eagerly
@pytest.mark.parametrize("name", ["full", "diagonal", "bits"])
def test_weighted_em_is_that_of_repeated_rows(name):
    """From the same parameters: where it starts by itself is drawn from the rows there are."""
    make, x = CLOSED[name]
    start, weighted, repeated = fitted(make, x), make(), make()
    for model in (weighted, repeated):
        model.parameters.assign(**start.parameters.tensors())
    weighted.fit(x, sample_weight=COUNTS, verbose=0)
    repeated.fit(np.repeat(x, COUNTS, axis=0), verbose=0)
    close(numbers(weighted), numbers(repeated), rtol=1e-9, atol=1e-12)


@eagerly
@pytest.mark.parametrize("name", CLOSED)
def test_fits_look_at_weights_alone(name):
    """Weights of one change nothing, where EM starts included; those of zero leave no trace."""
    make, x = CLOSED[name]
    close(numbers(fitted(make, x, epochs=3)), numbers(fitted(make, x, ONES, 3)), rtol=1e-9, atol=1e-12)
    other = np.concatenate([x[:6], 1 - x[6:]])
    close(numbers(fitted(make, x, HALF, 3)), numbers(fitted(make, other, HALF, 3)), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name, how", [*((name, "eagerly") for name in CLOSED), ("full", "seeded")])
def test_weights_that_are_all_0_are_refused(name, how, request):
    """In a graph and eagerly, where TensorFlow words its errors otherwise."""
    request.getfixturevalue(how)
    make, x = CLOSED[name]
    model = make()
    before = state(model)
    with pytest.raises(InvalidDataError, match="`sample_weight`"):
        model.fit(x, sample_weight=0 * ONES, verbose=0)
    assert equal(before, state(model))


@pytest.mark.long
def test_first_center_is_drawn_by_weight():
    """Shares of 2,000 first centers, within 4 standard errors."""
    x, weight = tf.constant(np.arange(4, dtype="float32")[:, None]), tf.constant([1.0, 0, 2, 5])
    draw = tf.function(lambda key: seeding.plus_plus(key, x, 1, weight)[0, 0])
    first = np.array(tf.map_fn(draw, rng.row_keys(rng.row_seeds(0, 2000)), fn_output_signature="float32"))
    share, truth = np.array([(first == k).mean() for k in range(4)]), np.array(weight) / 8
    assert share[1] == 0
    assert (np.abs(share - truth) <= 4 * np.sqrt(truth * (1 - truth) / 2000)).all()


# Where weights come from.


def classifier():
    reseed()
    return GRADIENT["Classifier"]()


CLASSES = {0: 0.5, 2: np.float32(3.0)}  # class 1 counts once
BY_CLASS = np.float32([0.5, 1, 3])[LABELS]


def slices(*parts):
    return tf.data.Dataset.from_tensor_slices(parts).batch(4)


WAYS = {  # arguments of fit that mean the same
    "sample_weight": lambda: {"x": POINTS, "y": LABELS, "sample_weight": BY_CLASS, "shuffle": False},
    "class_weight": lambda: {"x": POINTS, "y": LABELS, "class_weight": CLASSES, "shuffle": False},
    "triples": lambda: {"x": slices(POINTS, LABELS, BY_CLASS), "batch_size": None},
    "triples of float64": lambda: {"x": slices(POINTS, LABELS, BY_CLASS.astype(float)), "batch_size": None},
    "class_weight of pairs": lambda: {
        "x": slices(POINTS, LABELS),
        "batch_size": None,
        "class_weight": CLASSES,
    },
    "generator of triples": lambda: {
        "x": ((POINTS[i : i + 4], LABELS[i : i + 4], BY_CLASS[i : i + 4]) for i in (0, 4, 8)),
        "batch_size": None,
        "steps_per_epoch": 3,
    },
}


@eagerly
@pytest.mark.parametrize("way", [way for way in WAYS if way != "sample_weight"])
def test_every_way_to_give_weights_is_the_same(way):
    left, right = classifier(), classifier()
    left.fit(**{"batch_size": 4, "verbose": 0} | WAYS["sample_weight"]())
    right.fit(**{"batch_size": 4, "verbose": 0} | WAYS[way]())
    close(left.get_weights(), right.get_weights(), rtol=1e-6, atol=1e-7)


def test_class_weight_of_a_dataset_of_the_library():
    data = lambda: kg.data.from_array(POINTS, LABELS, batch_size=4, value_range=None, seed=0)
    plain, same, other = classifier(), classifier(), classifier()
    plain.fit(data(), verbose=0)
    same.fit(data(), class_weight={0: 1.0, 1: 1.0, 2: 1.0}, verbose=0)
    other.fit(data(), class_weight=CLASSES, verbose=0)
    close(plain.get_weights(), same.get_weights(), rtol=1e-6, atol=1e-7)
    kernels = (np.array(model.network.weights[0]) for model in (plain, other))
    assert not np.allclose(*kernels, atol=1e-4)


def fit(model, **arguments):
    return lambda: model().fit(**{"x": POINTS, "y": LABELS, "verbose": 0} | arguments)


CALLS = {
    "negative": (fit(classifier, sample_weight=-ONES), InvalidDataError, "sample_weight"),
    "NaN": (fit(classifier, sample_weight=ONES * np.nan), InvalidDataError, "sample_weight"),
    "too few": (fit(classifier, sample_weight=ONES[:3]), InvalidDataError, "sample_weight"),
    "a column": (fit(classifier, sample_weight=ONES[:, None]), InvalidDataError, "sample_weight"),
    "strings": (fit(classifier, sample_weight=["a"] * 12), InvalidDataError, "sample_weight"),
    "columns of a stream": (
        fit(classifier, x=slices(POINTS, LABELS, ONES[:, None]), y=None), InvalidDataError, "sample_weight",
    ),
    "negative in a later batch": (
        fit(classifier, x=slices(POINTS, LABELS, np.repeat([1, -1], 6)), y=None),
        InvalidDataError,
        "sample_weight",
    ),
    "class_weight a list": (fit(classifier, class_weight=[1, 2, 3]), TypeError, "class_weight"),
    "class out of range": (fit(classifier, class_weight={3: 1.0}), ValueError, "class_weight"),
    "class a string": (fit(classifier, class_weight={"0": 1.0}), TypeError, "class_weight"),
    "weight of a class": (fit(classifier, class_weight={0: -1.0}), ValueError, "class_weight"),
    "both": (fit(classifier, class_weight={0: 1.0}, sample_weight=ONES), ValueError, "class_weight"),
    "class_weight without classes": (
        fit(lambda: variational(None), class_weight={0: 1.0}), ValueError, "class_weight",
    ),
    "class_weight of rows": (fit(mixture, class_weight={0: 1.0}), ValueError, "class_weight"),
}  # fmt: skip


test_calls_are_refused_by_name = refusals(CALLS)


# Families whose objective is no mean over examples.


def vaegan():
    model = kg.VAEGAN(dense(2, 2, 2), dense(2, 2), dense(2, 1), value_range=None, seed=0)
    model.compile()
    return model


def vqvae():
    image = lambda units: keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Dense(units)])
    return compiled(kg.VQVAE(image(1), image(1), num_embeddings=4, seed=0))


def consistency():
    student, teacher = mlp.denoiser(2, 4, 1), mlp.denoiser(2, 4, 1)
    return compiled(kg.Consistency(student, teacher, num_times=4, value_range=None, seed=0))


REFUSING = {
    "GAN": (toy, noise(12)),
    "VAEGAN": (vaegan, POINTS),
    "VQVAE": (vqvae, noise(12)),
    "Autoencoder": (
        lambda: compiled(kg.Autoencoder(dense(2, 2), dense(2, 2), 2, value_range=None, seed=0)),
        POINTS,
    ),
    "Consistency": (consistency, POINTS),
}
GIVEN = {
    "sample_weight": lambda x: {"x": x, "sample_weight": ONES},
    "class_weight": lambda x: {"x": x, "y": LABELS, "class_weight": {0: 2.0}},
    "triples of a dataset": lambda x: {"x": slices(x, LABELS, ONES)},
    "triples of a generator": lambda x: {"x": iter([(x, LABELS, ONES)])},
    "validation_data": lambda x: {"x": x, "validation_data": (x, LABELS, ONES)},
}


@pytest.mark.parametrize("family", REFUSING)
def test_families_that_cannot_weigh_say_so(family):
    make, x = REFUSING[family]
    model = make()
    before = state(model)
    for way, arguments in GIVEN.items():
        name = "class_weight" if way == "class_weight" else "sample_weight"
        with pytest.raises(ValueError, match=f"`{name}` must be None"):
            model.fit(**arguments(x), verbose=0)
    with pytest.raises(ValueError, match="`sample_weight` must be None"):
        model.evaluate(x, sample_weight=ONES, verbose=0)
    assert equal(before, state(model))
