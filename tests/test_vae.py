"""The VAE against a model whose likelihood is known; its losses, its codes and its doors."""

import itertools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import computing_in, equal, refusals, reseed, state
from scipy.stats import multivariate_normal

import kerasgen as kg
from kerasgen.errors import InvalidDataError
from kerasgen.models.core import bounds
from kerasgen.models.variational import bound as drawing
from kerasgen.ops import rng

networks = kg.networks.vae
SHAPE = (4, 4, 1)
BITS = np.random.default_rng(0).integers(0, 2, (12, *SHAPE)).astype("float32")
GREY = np.random.default_rng(1).uniform(size=(12, *SHAPE)).astype("float32")
LABELS = np.arange(12) % 3
NOT_BITS = r"`x` must (hold 0 and 1|be 0 or 1)"  # of an array, and in the graph of a stream


def toy(jit_compile=False, optimizer=None, num_classes=None, log_scale=None, width=8, **arguments):
    """A small VAE for images of 4x4 bits, compiled."""
    size = {"latent_dim": 3, "width": width, "num_classes": num_classes}
    model = kg.VAE(
        networks.mlp_encoder(SHAPE, **size),
        networks.mlp_decoder(SHAPE, **size, log_scale=log_scale),
        **{"seed": 0, "condition": num_classes} | arguments,
    )
    model.compile(optimizer or kg.training.FusedAdam(1e-3), jit_compile=jit_compile)
    return model


def gaussian(**arguments):
    return toy(likelihood="gaussian", log_scale=-1.0, **arguments)


# A linear decoder with normal noise: x = W z + b + sigma eps, so that p(x) and p(z | x) are normal.

W = np.float32([[1.0, 0.3], [-0.5, 0.9], [0.8, -0.6], [0.2, 0.4]])
W[:, 1] -= W[:, 0] * (W[:, 0] @ W[:, 1]) / (W[:, 0] @ W[:, 0])  # orthogonal: p(z | x) is diagonal
B, SIGMA = np.float32([0.1, -0.2, 0.3, 0.0]), 0.5
PRECISION = 1 + (W**2).sum(0) / SIGMA**2  # of p(z | x)
LAW = multivariate_normal(B, W @ W.T + SIGMA**2 * np.eye(4))
X = LAW.rvs(200, random_state=0).astype("float32")


def linear(shift=0.0, stretch=0.0, scale=1.0, **arguments):
    """The true model, its W times `scale`, its q(z | x) moved by `shift` and its log std by `stretch`."""
    encoder = networks.mlp_encoder((4,), 2, depth=0)
    decoder = networks.mlp_decoder((4,), 2, depth=0, log_scale=math.log(SIGMA))
    kernel = W / SIGMA**2 / PRECISION
    encoder.set_weights([kernel, -B @ kernel + shift, np.zeros((4, 2)), -0.5 * np.log(PRECISION) + stretch])
    decoder.set_weights([scale * W.T, B, np.array(math.log(SIGMA))])
    return kg.VAE(encoder, decoder, likelihood="gaussian", value_range=None, seed=0, **arguments)


def test_bounds_are_tight_at_the_true_posterior():
    model, truth = linear(), LAW.logpdf(X)
    for method, k in (("elbo", 2), ("importance", 1), ("importance", 40)):
        log_p = model.log_prob(X, method=method, num_samples=k)
        np.testing.assert_allclose(log_p.mean(), truth.mean(), atol=0.2 if method == "elbo" else 1e-4)
    np.testing.assert_allclose(model.log_prob(X, num_samples=1), truth, atol=1e-4)


def test_elbo_lies_below_by_the_divergence_of_the_posteriors():
    model = linear(shift=0.3, stretch=0.4)
    gap = (np.exp(0.8) - 1 - 0.8 + 0.3**2 * PRECISION).sum() / 2  # KL(q(z | x) || p(z | x))
    gaps = LAW.logpdf(X) - model.elbo(X, num_samples=500)
    assert abs(gaps.mean() - gap) < 4 * gaps.std() / math.sqrt(len(X))


def test_importance_sampling_comes_within_a_twentieth_of_a_nat():
    log_p = linear(shift=0.3, stretch=0.4).log_prob(X, num_samples=1000)
    assert np.abs(log_p - LAW.logpdf(X)).mean() < 0.05
    assert abs((log_p - LAW.logpdf(X)).mean()) < 0.05


@pytest.mark.long
def test_importance_bound_rises_with_k():
    model = linear(shift=0.5, stretch=0.5)
    bounds = [model.log_prob(np.repeat(X, 20, 0), num_samples=k, seed=k) for k in (1, 2, 5, 20, 100)]
    for low, high in itertools.pairwise(bounds):
        step = high - low
        assert step.mean() > -4 * step.std() / math.sqrt(len(step))
    assert bounds[-1].mean() - bounds[0].mean() > 0.5
    assert bounds[-1].mean() < LAW.logpdf(X).mean() + 0.01


@pytest.mark.parametrize(
    "bound, num_samples", [("elbo", 1), pytest.param("importance", 5, marks=pytest.mark.long)]
)
def test_training_finds_its_way_back_to_the_truth(bound, num_samples):
    """From weights near the true ones: from others it may rest on a plateau for long."""
    model = linear(shift=0.5, stretch=1.0, scale=0.5, bound=bound, num_samples=num_samples, ema=0.99)
    assert LAW.logpdf(X).mean() - model.log_prob(X, num_samples=200).mean() > 0.2
    model.compile(kg.training.FusedAdam(1e-2), jit_compile=False)
    model.fit(LAW.rvs(100_000, random_state=1).astype("float32"), batch_size=200, verbose=0)
    assert abs(LAW.logpdf(X).mean() - model.log_prob(X, num_samples=200).mean()) < 0.05
    assert abs(LAW.logpdf(X).mean() - model.elbo(X, num_samples=200).mean()) < 0.05 + (bound == "importance")
    assert abs(float(model.average_decoder.layers[-1].log_scale) - math.log(SIGMA)) < 0.05


# The loss.


def first_step(**arguments):
    """(loss, distortion, rate) of the first step; equal weights, equal draws."""
    reseed()
    model = toy(**arguments)
    logs = model.train_step(tf.constant(BITS))
    return [float(logs[name]) for name in ("loss", "distortion", "rate")]


@pytest.mark.usefixtures("eagerly")
def test_beta_weighs_the_rate():
    for beta in (0.0, 0.5, 1.0, 4.0):
        loss, distortion, rate = first_step(beta=beta)
        np.testing.assert_allclose(loss, distortion + beta * rate, rtol=1e-6)
    assert first_step(beta=4.0)[1:] == first_step()[1:]


def test_warm_up_begins_at_nothing_and_ends_at_beta():
    model = toy(beta=2.0, warmup_steps=4)
    for weight in (0.0, 0.5, 1.0, 1.5, 2.0, 2.0):
        assert float(model.bound.rate_weight(model.iterations)) == weight
        model.reset_metrics()
        logs = model.train_step(tf.constant(BITS))
        np.testing.assert_allclose(logs["loss"], logs["distortion"] + weight * logs["rate"], rtol=1e-6)


def test_free_bits_put_a_floor_under_every_latent():
    loss, distortion, _ = first_step(free_bits=50.0)
    np.testing.assert_allclose(loss, distortion + 3 * 50.0, rtol=1e-6)
    assert first_step(free_bits=1e-9)[0] == pytest.approx(first_step()[0], rel=1e-6)


def test_importance_bound_of_beta_tempers_the_weights():
    zero = first_step(bound="importance", beta=0.0)
    np.testing.assert_allclose(zero[0], zero[1], rtol=1e-6)  # one draw, no rate
    assert first_step(bound="importance", num_samples=50)[0] < first_step(num_samples=50)[0]


def test_evaluation_is_of_the_plain_bound():
    model = toy(beta=3.0, free_bits=2.0, warmup_steps=9)
    logs = model.evaluate(BITS, batch_size=12, verbose=0, return_dict=True)
    np.testing.assert_allclose(logs["loss"], logs["distortion"] + logs["rate"], rtol=1e-6)
    assert logs["loss"] == pytest.approx(-model.elbo(BITS, num_samples=1000).mean(), rel=0.1)


def test_dynamic_binarisation_draws_bits_anew_with_the_pixels_probabilities():
    model = toy(binarize="dynamic")
    x = tf.fill((2000, *SHAPE), 0.3)
    first, second = (np.asarray(drawing.draw(model, x, model.key())[0]) for _ in range(2))
    assert set(np.unique(first)) == {0.0, 1.0} and not np.array_equal(first, second)
    assert abs(first.mean() - 0.3) < 4 * math.sqrt(0.21 / first.size)
    model.fit(GREY, batch_size=6, verbose=0)
    bits, *_ = drawing.draw(model, tf.constant(BITS), model.key())
    np.testing.assert_array_equal(bits, BITS)  # bits stay as they are


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize(
    "arguments",
    [
        {"likelihood": "cross_entropy"},
        {"likelihood": "gaussian", "log_scale": -1.0},
        {"likelihood": "discretized_logistic", "log_scale": -3.0},
        {"binarize": "dynamic", "bound": "importance", "num_samples": 3},
        {"binarize": "dynamic", "num_classes": 3, "free_bits": 0.1, "ema": 0.9, "sample_mode": "sample"},
    ],
)
def test_every_kind_trains_on_grey_images(arguments):
    model = toy(**arguments)
    before = [np.array(w) for w in model.trainable_weights]
    history = model.fit(GREY, LABELS if model.condition else None, batch_size=6, verbose=0).history
    assert np.isfinite([values[-1] for values in history.values()]).all()
    after = model.trainable_weights
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert 0 <= model.sample(3, seed=0).min() <= model.sample(3, seed=0).max() <= 1


@pytest.mark.long
def test_jit_compiled_steps_agree_with_plain_ones():
    models = [
        toy(jit, keras.optimizers.SGD(0.01), bound="importance", num_samples=3) for jit in (False, True)
    ]
    models[1].set_weights(models[0].get_weights())
    for model in models:
        model.fit(BITS, batch_size=6, shuffle=False, verbose=0)
    for a, b in zip(models[0].weights, models[1].weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    plain, jit = (model.log_prob(BITS, num_samples=20) for model in models)
    np.testing.assert_allclose(plain, jit, atol=1e-3)


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_trains(policy):
    with computing_in(policy):
        model = gaussian(ema=0.9, num_classes=3)
    scaled = isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert scaled == (policy == "mixed_float16")
    history = model.fit(GREY, LABELS, batch_size=6, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all() and model.sample(2, seed=0).dtype == np.float32


# Codes, samples, likelihoods.


def test_codes_go_there_and_back():
    model = toy()
    mean, std = model.encode(BITS)
    assert mean.shape == std.shape == (12, 3) and (std > 0).all()
    np.testing.assert_allclose(model.reconstruct(BITS), model.decode(mean), atol=1e-6)
    np.testing.assert_allclose(model.predict(BITS, verbose=0), model.decode(mean), atol=1e-6)
    z = rng.by_row(lambda key: rng.normal(key, (3,)), model.row_keys(4, 7))
    np.testing.assert_allclose(model.decode(z), model.sample(4, seed=7), atol=1e-6)


def test_pixels_are_drawn_where_that_is_asked():
    mean, drawn = toy(), toy(sample_mode="sample")
    drawn.set_weights(mean.get_weights())
    bits = drawn.sample(500, seed=0)
    assert set(np.unique(bits)) == {0.0, 1.0}
    noise = bits - mean.sample(500, seed=0)
    assert np.abs(noise.mean(0)).max() < 5 * noise.std() / math.sqrt(500)  # 16 pixels


def test_labels_are_heard():
    model = toy(num_classes=3)
    ones, twos = (model.sample(4, seed=7, condition=label) for label in (1, 2))
    assert not np.allclose(ones, twos, atol=1e-4)
    mixed = model.sample(4, seed=7, condition=[1, 2, 1, 2])
    np.testing.assert_allclose(
        mixed, np.where(np.array([0, 1, 0, 1])[:, None, None, None], twos, ones), atol=1e-6
    )
    np.testing.assert_allclose(
        model.decode(model.encode(BITS, 1)[0], 1), model.reconstruct(BITS, 1), atol=1e-6
    )
    assert not np.allclose(model.elbo(BITS, 1), model.elbo(BITS, 2), atol=1e-4)
    np.testing.assert_allclose(
        model.elbo(BITS, LABELS)[LABELS == 2], model.elbo(BITS, 2)[LABELS == 2], atol=1e-4
    )
    assert model.interpolate(2, 5, seed=0, condition=[0, 2]).shape == (2, 5, *SHAPE)


def test_label_moves_the_likelihood_after_training():
    """Bits that are the label's pattern: given another label they are unlikely."""
    model = toy(num_classes=3, optimizer=kg.training.FusedAdam(1e-2))
    patterns = (np.arange(3)[:, None] == np.arange(16) % 3).reshape(3, *SHAPE).astype("float32")
    y = np.arange(3000) % 3
    model.fit(patterns[y], y, batch_size=30, epochs=3, verbose=0)
    right, wrong = (model.log_prob(patterns, (np.arange(3) + shift) % 3, num_samples=50) for shift in (0, 1))
    assert (right > -2).all() and (wrong < right - 5).all()
    np.testing.assert_array_equal(model.sample(3, seed=0, condition=[0, 1, 2]) > 0.5, patterns > 0.5)


@pytest.mark.parametrize("method", ["elbo", "importance"])
def test_rows_of_log_prob_depend_on_seed_and_row_alone(method, monkeypatch):
    monkeypatch.setattr(bounds, "ROWS", 5)
    monkeypatch.setattr(bounds, "DRAWS", 4)
    model = toy(binarize="dynamic")
    whole = model.log_prob(GREY, method=method, num_samples=10, seed=3)
    assert whole.shape == (12,) and np.isfinite(whole).all()
    np.testing.assert_allclose(
        model.log_prob(GREY[:7], method=method, num_samples=10, seed=3), whole[:7], atol=1e-4
    )
    assert not np.allclose(model.log_prob(GREY, method=method, num_samples=10, seed=4), whole, atol=1e-4)


def test_grey_logarithms_are_no_densities():
    model = toy(likelihood="cross_entropy")
    for call in (model.log_prob, model.elbo):
        with pytest.raises(NotImplementedError, match="cross_entropy"):
            call(GREY)


@pytest.mark.parametrize("num_classes", [None, 3])
@pytest.mark.long
def test_served_codes_are_python_s(num_classes, tmp_path):
    model = toy(num_classes=num_classes)
    label = () if num_classes is None else (LABELS,)
    model.export(tmp_path / "1")
    serve = tf.saved_model.load(tmp_path / "1").signatures
    labels = {} if num_classes is None else {"label": tf.constant(LABELS, "int32")}
    mean, std = model.encode(BITS, *label)
    codes = serve["encode"](x=tf.constant(BITS), **labels)
    np.testing.assert_allclose(codes["mean"], mean, atol=1e-5)
    np.testing.assert_allclose(codes["std"], std, atol=1e-5)
    z = tf.constant(mean)
    np.testing.assert_allclose(serve["decode"](z=z, **labels)["samples"], model.decode(z, *label), atol=1e-5)
    answer = serve["reconstruct"](x=tf.constant(BITS), **labels)["samples"]
    np.testing.assert_allclose(answer, model.reconstruct(BITS, *label), atol=1e-5)
    samples = serve["serving_default"](seed=rng.row_seeds(7, 12), **labels)["samples"]
    np.testing.assert_allclose(samples, model.sample(12, 7, *label), atol=1e-5)
    with pytest.raises(tf.errors.InvalidArgumentError, match="`z` must be finite"):
        serve["decode"](z=z * np.nan, **labels)
    if num_classes:
        with pytest.raises(tf.errors.InvalidArgumentError, match="`label` must be from 0 to 2"):
            serve["decode"](z=z, label=labels["label"] + 3)


def test_config_and_files_keep_every_argument(tmp_path):
    model = gaussian(
        beta=2.0, free_bits=0.1, warmup_steps=5, num_samples=2, num_classes=3, ema=0.9, value_range=(0.0, 1.0)
    )
    model.fit(GREY, LABELS, batch_size=6, verbose=0)
    model.save(tmp_path / "model.keras")
    other = keras.models.load_model(tmp_path / "model.keras")
    assert equal(state(model), state(other))
    skip = ("encoder", "decoder")
    left, right = ({k: v for k, v in m.get_config().items() if k not in skip} for m in (model, other))
    assert left == right


# The doors.


FIT = {
    "grey": lambda: GREY,
    "grey in a later row": lambda: np.concatenate([BITS, GREY]),
    "grey in a dataset": lambda: tf.data.Dataset.from_tensor_slices(GREY).batch(4),
    "grey in an indexed dataset": lambda: kg.data.from_array(GREY, batch_size=4, value_range=(0, 1)),
    "grey in a generator": lambda: iter([GREY]),
}


@pytest.mark.parametrize("x", FIT.values(), ids=FIT)
@pytest.mark.parametrize("method", ["fit", "evaluate"])
def test_grey_is_refused_where_bits_are_asked_for(x, method):
    model = toy()
    before = state(model)
    with pytest.raises(InvalidDataError, match=NOT_BITS):
        getattr(model, method)(x(), verbose=0)
    assert equal(before, state(model))


def test_grey_is_refused_in_later_batches_and_held_out_data():
    model = toy()
    later = tf.data.Dataset.from_tensor_slices(np.concatenate([BITS, GREY])).batch(12)
    with pytest.raises((tf.errors.InvalidArgumentError, ValueError), match=NOT_BITS):
        model.fit(later, verbose=0)
    with pytest.raises(InvalidDataError, match=NOT_BITS):
        model.fit(BITS, validation_data=(GREY, None), verbose=0)


def test_bits_of_every_kind_are_welcome():
    model = toy()
    indexed = kg.data.from_array(BITS, batch_size=4, value_range=(0, 1))
    model.fit(indexed, validation_data=indexed, verbose=0)
    model.fit(indexed, verbose=0)
    assert int(model.iterations) == 6
    model.fit(tf.data.Dataset.from_tensor_slices(BITS).batch(4), verbose=0)
    assert int(model.iterations) == 9


CALLS = {  # call -> error, argument
    "k = 0": (lambda: toy(num_samples=0), ValueError, "num_samples"),
    "k a float": (lambda: toy(num_samples=2.0), TypeError, "num_samples"),
    "k = 0 of log_prob": (lambda: toy().log_prob(BITS, num_samples=0), ValueError, "num_samples"),
    "k = 0 of elbo": (lambda: toy().elbo(BITS, num_samples=0), ValueError, "num_samples"),
    "beta": (lambda: toy(beta=-1.0), ValueError, "beta"),
    "beta NaN": (lambda: toy(beta=float("nan")), ValueError, "beta"),
    "bound": (lambda: toy(bound="upper"), ValueError, "bound"),
    "likelihood": (lambda: toy(likelihood="cauchy"), ValueError, "likelihood"),
    "free_bits": (lambda: toy(free_bits=-0.1), ValueError, "free_bits"),
    "free_bits of importance": (lambda: toy(free_bits=1.0, bound="importance"), ValueError, "free_bits"),
    "warmup_steps": (lambda: toy(warmup_steps=-1), ValueError, "warmup_steps"),
    "binarize": (lambda: toy(binarize="half"), ValueError, "binarize"),
    "binarize without bits": (lambda: gaussian(binarize="dynamic"), ValueError, "binarize"),
    "pixels": (lambda: toy(sample_mode="few"), ValueError, "sample_mode"),
    "method": (lambda: toy().log_prob(BITS, method="exact"), ValueError, "method"),
    "seed of log_prob": (lambda: toy().log_prob(BITS, seed=-1), ValueError, "seed"),
    "range of levels": (
        lambda: toy(likelihood="discretized_logistic", log_scale=0.0, value_range=None),
        ValueError,
        "value_range",
    ),
    "code of wrong width": (lambda: toy().decode(np.zeros((2, 4), "float32")), InvalidDataError, "z"),
    "code NaN": (lambda: toy().decode(np.full((2, 3), np.nan, "float32")), InvalidDataError, "z"),
    "grey of log_prob": (lambda: toy().log_prob(GREY), InvalidDataError, "x"),
    "grey of encode": (lambda: toy().encode(GREY), InvalidDataError, "x"),
    "x of wrong shape": (lambda: toy().encode(BITS[:, :3]), InvalidDataError, "x"),
    "x out of range": (lambda: toy(binarize="dynamic").elbo(BITS * 2), InvalidDataError, "x"),
    "label out of range": (lambda: toy(num_classes=3).encode(BITS, 3), InvalidDataError, "condition"),
    "label of sample": (lambda: toy(num_classes=3).sample(2, condition=-1), InvalidDataError, "condition"),
    "labels too few": (lambda: toy(num_classes=3).encode(BITS, [0, 1]), InvalidDataError, "condition"),
    "label missing": (lambda: toy(num_classes=3).encode(BITS), ValueError, "condition"),
    "label without condition": (lambda: toy().encode(BITS, 1), ValueError, "condition"),
    "labels of fit": (lambda: toy(num_classes=3).fit(BITS, LABELS + 1, verbose=0), InvalidDataError, "y"),
    "labels of fit missing": (lambda: toy(num_classes=3).fit(BITS, verbose=0), InvalidDataError, "y"),
    "steps of a path": (lambda: toy().interpolate(2, 1), ValueError, "steps"),
    "encoder of other codes": (
        lambda: kg.VAE(networks.mlp_encoder(SHAPE, 4, 4), networks.mlp_decoder(SHAPE, 3, 4)),
        ValueError,
        "encoder",
    ),
    "decoder of other images": (
        lambda: kg.VAE(networks.mlp_encoder(SHAPE, 3, 4), networks.mlp_decoder((4, 5, 1), 3, 4)),
        ValueError,
        "decoder",
    ),
    "decoder of too few parameters": (lambda: toy(likelihood="gaussian"), ValueError, "decoder"),
    "networks without labels": (
        lambda: kg.VAE(networks.mlp_encoder(SHAPE, 3, 4), networks.mlp_decoder(SHAPE, 3, 4), condition=3),
        ValueError,
        "encoder",
    ),
}


test_calls_are_refused_by_name = refusals(CALLS)


# Flows of the code.

b = kg.bijectors


def chain(num=2, spread=0.5):
    """Planar maps and an inverse autoregressive one, with random weights."""
    iaf = lambda: b.Inverse(b.MaskedAutoregressive(b.Affine(), kg.networks.flows.made(2, width=4)))
    flow = b.Chain([b.Planar(), iaf(), *(b.Planar() for _ in range(num - 2))])
    flow.build((None, 2))
    for index, weight in enumerate(flow.trainable_weights):
        weight.assign_add(keras.random.normal(weight.shape, 0, spread, seed=index))
    return flow


@pytest.mark.usefixtures("eagerly")
def test_flows_of_the_code_leave_the_importance_bound_what_it_is():
    """E_q p(x, z) / q(z | x) is p(x) whatever q is: within 4 standard errors, by a posterior that is bent."""
    model = linear(posterior_flow=chain(3, 0.2))
    z, log_q = model.encoding(X[:1]).draw(rng.normal(rng.key(0), (20_000, 1, 2)))
    np.testing.assert_allclose(log_q[:50], model.encoding(X[:1]).log_prob(z[:50]), atol=1e-3)
    terms = model.proposals(X[:1])(rng.normal(rng.key(0), (20_000, 1, 2)))
    shares = np.exp(
        np.float64(terms.log_likelihood + terms.log_prior - terms.log_posterior) - LAW.logpdf(X[0])
    )
    assert abs(shares.mean() - 1) < 4 * shares.std() / 20_000**0.5


def test_a_prior_flow_changes_prior_and_samples_alike():
    """The marginal of x under a linear prior flow is normal again."""
    flow = b.Chain([b.ActNorm()])
    flow.build((None, 2))
    flow.bijectors[0].log_scale.assign([0.5, -0.3]), flow.bijectors[0].bias.assign([0.2, 0.1])
    model = linear(prior_flow=flow)
    scale = np.exp([0.5, -0.3])
    law = multivariate_normal(B + W @ [0.2, 0.1], (W * scale**2) @ W.T + SIGMA**2 * np.eye(4))
    found = model.log_prob(X[:20], num_samples=2000)
    np.testing.assert_allclose(found, law.logpdf(X[:20]), atol=0.1)
    draw = tf.function(model.draw_prior, autograph=False)
    means = model.decode(draw(model.row_keys(4000, 1)).numpy())
    assert (np.abs(means.mean(0) - B - W @ [0.2, 0.1]) < 4 * np.sqrt((W * scale) ** 2 @ [1, 1] / 4000)).all()


@pytest.mark.usefixtures("eagerly")
def test_a_vae_with_flows_trains_and_comes_back():
    model = toy(posterior_flow=b.Chain([b.Planar(), b.Planar()]), prior_flow=b.Planar(), ema=0.9)
    before = model.posterior_flow.get_weights()
    logs = model.train_step(tf.constant(BITS))
    assert np.isfinite([float(value) for value in logs.values()]).all()
    assert not equal(before, model.posterior_flow.get_weights())
    assert set(model.components()) == {"encoder", "decoder", "posterior_flow", "prior_flow"}
    assert model.encode(BITS).shape == (12, 3) and model.sample(2, seed=0).shape == (2, *SHAPE)
    again = kg.VAE.from_config(model.get_config())
    again.set_weights(model.get_weights())
    np.testing.assert_allclose(again.encode(BITS), model.encode(BITS), atol=1e-6)


test_flows_that_do_not_fit_are_refused = refusals(
    {
        "layer": (lambda: toy(posterior_flow=keras.layers.Dense(3)), TypeError, "posterior_flow"),
        "shape": (lambda: toy(prior_flow=chain()), "prior_flow"),
    }
)  # fmt: skip
