"""Two stochastic layers, the VampPrior and codes on a sphere, against laws that are known."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import equal, refusals, reseed, state
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm, vonmises_fisher

import kerasgen as kg
from kerasgen.distributions import normal, spherical
from kerasgen.objectives import variational
from kerasgen.ops import rng

networks = kg.networks.vae
SHAPE = (4, 4, 1)
BITS = np.random.default_rng(0).integers(0, 2, (12, *SHAPE)).astype("float32")


def toy(pseudo_inputs=None, **arguments):
    """Two layers of 3 and 2 numbers over images of 4x4 bits, compiled."""
    model = kg.HierarchicalVAE(
        networks.conv_encoder(SHAPE, 3, width=2, depth=1, hidden=8, features=True),
        networks.mlp_code([8, 3], 2, 8),
        networks.mlp_code([3], 2, 8),
        networks.mlp_decoder(SHAPE, 5, 8),
        pseudo_inputs=pseudo_inputs and networks.pseudo_inputs(SHAPE, pseudo_inputs),
        **{"seed": 0} | arguments,
    )
    model.compile(kg.training.FusedAdam(1e-3), jit_compile=False)
    return model


def vae(encoder_dim=3, pseudo_inputs=None, **arguments):
    """A VAE with a code of 3 numbers, compiled."""
    model = kg.VAE(
        networks.mlp_encoder(SHAPE, encoder_dim, 8),
        networks.mlp_decoder(SHAPE, 3, 8),
        pseudo_inputs=pseudo_inputs and networks.pseudo_inputs(SHAPE, pseudo_inputs),
        **{"seed": 0} | arguments,
    )
    model.compile(kg.training.FusedAdam(1e-3), jit_compile=False)
    return model


def sphere(**arguments):
    """A VAE whose code lies on the unit sphere of R^3, compiled."""
    x = keras.Input(SHAPE)
    h = keras.layers.Flatten()(x)
    encoder = keras.Model(x, [keras.layers.Dense(3)(h), keras.layers.Dense(1)(h)])
    decoder = networks.mlp_decoder(SHAPE, 3, 8)
    model = kg.VAE(encoder, decoder, posterior="von_mises_fisher", **{"seed": 0} | arguments)
    model.compile(kg.training.FusedAdam(1e-3), jit_compile=False)
    return model


KINDS = {
    "two layers": toy,
    "vamp": lambda **a: toy(4, **a),
    "vae vamp": lambda **a: vae(3, 4, **a),
    "sphere": sphere,
}


# z_2 -> z_1 -> x, all linear with normal noise: p(x) is normal, and so are both posteriors.

A, W = np.float32([[0.8, -0.3], [0.2, 0.9]]), np.float32([[1.0, 0.3], [-0.5, 0.9], [0.8, -0.6]])
LOWER, SIGMA = 0.7, 0.5
COV = W @ (A @ A.T + LOWER**2 * np.eye(2)) @ W.T + SIGMA**2 * np.eye(3)
LAW = multivariate_normal(np.zeros(3), COV)
X = LAW.rvs(200, random_state=0).astype("float32")


def dense(units, kernel, bias=0.0):
    def layer(h):
        made = keras.layers.Dense(units)
        out = made(h)
        made.set_weights([np.float32(kernel), np.full(units, bias, "float32")])
        return out

    return layer


def linear(**arguments):
    """The true p, and q with the true means: independent components are all that they lack."""
    upper = A.T @ W.T @ np.linalg.inv(COV)
    spread = np.eye(2) - upper @ W @ A  # of p(z_2 | x)
    x, z_2, z, features = (keras.Input((n,)) for n in (3, 2, 4, 3))
    encoder = keras.Model(
        x,
        [dense(2, upper.T)(x), dense(2, np.zeros((3, 2)), 0.5 * np.log(np.diag(spread)).mean())(x), x + 0.0],
    )
    precision = W.T @ W / SIGMA**2 + np.eye(2) / LOWER**2  # of p(z_1 | x, z_2)
    mean = dense(2, np.linalg.solve(precision, W.T).T / SIGMA**2)(features)
    mean = mean + dense(2, np.linalg.solve(precision, A).T / LOWER**2)(z_2)
    log_std = dense(2, np.zeros((2, 2)), -0.5 * np.log(np.diag(precision)).mean())(z_2)
    posterior = keras.Model([features, z_2], [mean, log_std])
    prior = keras.Model(z_2, [dense(2, A.T)(z_2), dense(2, np.zeros((2, 2)), math.log(LOWER))(z_2)])
    out = dense(3, np.concatenate([np.zeros((2, 3)), W.T]))(z)
    decoder = keras.Model(z, networks.GlobalLogScale(math.log(SIGMA))(out))
    law = {"likelihood": "gaussian", "value_range": None, "seed": 0}
    return kg.HierarchicalVAE(encoder, posterior, prior, decoder, **law | arguments)


def test_two_layers_find_the_likelihood_of_a_linear_model():
    model, truth = linear(), LAW.logpdf(X)
    log_p = model.log_prob(X, num_samples=1000)
    assert np.abs(log_p - truth).mean() < 0.05
    gaps = truth - model.elbo(X, num_samples=200)
    assert 0 < gaps.mean() < 0.5


def test_two_layers_sample_the_linear_model():
    samples = linear(sample_mode="sample").sample(4000, seed=0)
    assert np.abs(np.cov(samples.T) - COV).max() < 4 * math.sqrt(2 / 4000) * COV.max()


def test_bounds_of_two_layers_rise_with_k():
    model = linear()
    few, many = (model.log_prob(np.repeat(X, 10, 0), num_samples=k, seed=k) for k in (1, 20))
    assert (many - few).mean() > -4 * (many - few).std() / math.sqrt(len(few))
    assert many.mean() > few.mean() + 0.01


def test_mixture_density_is_the_logarithm_of_a_mean():
    generator = np.random.default_rng(0)
    means, log_stds = generator.normal(size=(2, 5, 3)).astype("float32")
    z = generator.normal(size=(4, 6, 3)).astype("float32")
    each = [
        multivariate_normal(m, np.diag(np.exp(2 * s))).pdf(z) for m, s in zip(means, log_stds, strict=True)
    ]
    np.testing.assert_allclose(
        normal.mixture_log_prob(z, means, log_stds), np.log(np.mean(each, axis=0)), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("offset, std", [(0, 1e-3), (100, 1e-3), (3, 1e-5)])
def test_mixture_density_of_narrow_components_is_exact(offset, std):
    """Squares of x / std up to 1e11 cancel to numbers near 1."""
    generator = np.random.default_rng(0)
    means = (offset + generator.normal(size=(5, 3))).astype("float32")
    log_stds = np.log(std * generator.uniform(1, 3, (5, 3))).astype("float32")
    stds = np.exp(log_stds.astype("float64"))
    z = (means + stds * generator.normal(size=(4, 5, 3))).astype("float32")
    each = norm.logpdf(z[..., None, :].astype("float64"), means, stds).sum(-1)
    truth = logsumexp(each, axis=-1) - math.log(5)
    found = normal.mixture_log_prob(z, means, log_stds)
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, truth, atol=1e-4)


def test_vamp_prior_is_the_mixture_of_encoded_pseudo_inputs():
    model = vae(pseudo_inputs=4)
    u = model.average_pseudo_inputs(np.eye(4, dtype="float32"))
    means, log_stds = model.encoder(u)
    z = np.random.default_rng(0).normal(size=(7, 3)).astype("float32")
    np.testing.assert_allclose(
        model.prior().log_prob(z), normal.mixture_log_prob(z, means, log_stds), atol=1e-6
    )
    codes = tf.function(model.draw_prior)(model.row_keys(1000, 0))
    spread = np.exp(2 * log_stds).mean(0) + np.var(means, axis=0)
    np.testing.assert_allclose(np.mean(codes, 0), np.mean(means, 0), atol=4 * math.sqrt(spread.max() / 1000))


def test_vamp_prior_costs_nothing_at_its_own_pseudo_inputs():
    """With one pseudo-input p(z) is q(z | u): the rate of x = u is 0."""
    model = vae(pseudo_inputs=1, binarize="dynamic")
    u = model.pseudo_inputs(np.eye(1, dtype="float32"))
    terms = model.proposals(u)(rng.normal(rng.key(0), (50, 1, 3)))
    np.testing.assert_allclose(terms.kl, 0, atol=1e-5)


@pytest.mark.parametrize("dim", [2, 3, 50])
@pytest.mark.parametrize("kappa", [0.01, 1.0, 30.0, 1000.0])
def test_von_mises_fisher_is_scipy_s(dim, kappa):
    mean = np.random.default_rng(0).normal(size=dim)
    mean /= np.linalg.norm(mean)
    law = vonmises_fisher(mean, kappa)
    x = law.rvs(2000, random_state=1).reshape(-1, dim)
    mean, scale = np.float32(mean), np.float32([kappa])
    np.testing.assert_allclose(
        spherical.log_prob(np.float32(x), mean, scale), law.logpdf(x), atol=1e-3, rtol=1e-5
    )
    gains = law.logpdf(x) + spherical.log_area(dim)
    kl = float(spherical.kl_to_uniform(scale, dim)[0])
    assert abs(kl - gains.mean()) < 4 * gains.std() / math.sqrt(len(x)) + 1e-3
    z = np.asarray(spherical.draw(rng.normal(rng.key(0), (20_000, dim + 1)), mean[None], scale[None]))
    np.testing.assert_allclose(np.linalg.norm(z, axis=1), 1, atol=1e-5)
    ours, theirs = z @ mean, x @ mean
    error = math.sqrt(ours.var() / len(ours) + theirs.var() / len(theirs))
    assert abs(ours.mean() - theirs.mean()) < 4 * error


def test_draws_on_the_sphere_carry_the_gradient_of_the_concentration():
    """d E[cos t] / d kappa, by the draws and by the law of large numbers."""
    noise, mean = rng.normal(rng.key(1), (50_000, 6)), np.float32([[1, 0, 0, 0, 0]])
    cosine = lambda kappa: spherical.draw(noise, mean, kappa)[:, 0]
    kappa = tf.constant([[5.0]])
    with tf.GradientTape() as tape:
        tape.watch(kappa)
        value = tf.reduce_mean(cosine(kappa))
    slope = float(tape.gradient(value, kappa)[0, 0])
    variance = np.var(cosine(kappa))  # d E[w] / d kappa = Var[w], an exponential family
    assert slope == pytest.approx(variance, rel=0.03)


def test_resampled_gradient_has_the_bound_s_as_its_mean():
    log_w = tf.Variable(np.random.default_rng(0).normal(size=(5, 3)).astype("float32"))
    with tf.GradientTape() as tape:
        bound = tf.reduce_sum(variational.importance_bound(log_w))
    shares = np.asarray(tape.gradient(bound, log_w))
    num = 20_000
    u = np.random.default_rng(1).uniform(size=3 * num).astype("float32")
    chosen = np.reshape(variational.resample(np.tile(log_w, num), u), (num, 3))
    found = np.stack([(chosen == k).mean(0) for k in range(5)])
    assert (np.abs(found - shares) < 4 * np.sqrt(shares * (1 - shares) / num)).all()


def test_resampling_logs_the_bound_of_all_draws():
    logs = []
    for resample in (False, True):
        reseed()
        model = vae(bound="importance", num_samples=6, resample=resample)
        logs.append({name: float(v) for name, v in model.train_step(tf.constant(BITS)).items()})
    assert logs[0] == pytest.approx(logs[1], rel=1e-6)


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize(  # "two layers" is in the contract
    "kind", ["vamp", *(pytest.param(kind, marks=pytest.mark.long) for kind in ("sphere", "vae vamp"))]
)
def test_every_kind_trains_samples_and_comes_back_from_a_file(kind, tmp_path):
    model = KINDS[kind](ema=0.9)
    before = [np.array(w) for w in model.trainable_weights]
    history = model.fit(BITS, batch_size=6, epochs=2, verbose=0).history
    assert np.isfinite([values[-1] for values in history.values()]).all()
    after = model.trainable_weights
    assert not any(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    model.save(tmp_path / "model.keras")
    assert equal(state(model), state(keras.models.load_model(tmp_path / "model.keras")))
    np.testing.assert_allclose(model.sample(2, seed=1), model.sample(5, seed=1)[:2], atol=1e-5)
    mean, _ = model.encode(BITS)
    np.testing.assert_allclose(model.decode(mean), model.reconstruct(BITS), atol=1e-5)
    assert model.interpolate(2, 3, seed=0).shape == (2, 3, *SHAPE)
    assert (model.log_prob(BITS, num_samples=300) > model.elbo(BITS, num_samples=300) - 0.5).all()


CALLS = {
    "posterior": (lambda: vae(posterior="cauchy"), "posterior"),
    "encoder of a sphere": (lambda: vae(posterior="von_mises_fisher"), "encoder"),
    "encoder without features": (
        lambda: kg.HierarchicalVAE(
            networks.mlp_encoder(SHAPE, 3, 8),
            networks.mlp_code([8, 3], 2, 8),
            networks.mlp_code([3], 2, 8),
            networks.mlp_decoder(SHAPE, 5, 8),
        ),
        "encoder",
    ),
    "prior of another width": (
        lambda: kg.HierarchicalVAE(
            networks.conv_encoder(SHAPE, 3, 2, 1, 8, features=True),
            networks.mlp_code([8, 3], 2, 8),
            networks.mlp_code([3], 4, 8),
            networks.mlp_decoder(SHAPE, 5, 8),
        ),
        "prior",
    ),
    "pseudo-inputs of another shape": (
        lambda: kg.VAE(
            networks.mlp_encoder(SHAPE, 3, 8),
            networks.mlp_decoder(SHAPE, 3, 8),
            pseudo_inputs=networks.pseudo_inputs((5, 4, 1), 4),
        ),
        "pseudo_inputs",
    ),
    "pseudo-inputs of a sphere": (
        lambda: sphere(pseudo_inputs=networks.pseudo_inputs(SHAPE, 4)),
        "pseudo_inputs",
    ),
    "resample of the elbo": (lambda: vae(resample=True), "resample"),
}


test_calls_are_refused_by_name = refusals(CALLS)
