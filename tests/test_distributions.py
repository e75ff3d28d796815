"""One protocol: every distribution by name is held to the same contract, with scipy as its judge."""

import dataclasses
import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from kerasgen.distributions.emissions import EMISSIONS, Components
from kerasgen.distributions.likelihoods import LIKELIHOODS
from kerasgen.distributions.normal import EqualMixture, Normal
from kerasgen.distributions.posteriors import POSTERIORS
from kerasgen.distributions.priors import PRIORS
from kerasgen.ops import rng

NUM = 20_000
RANDOM = np.random.default_rng(0)


def numbers(*shape, low=-1.0, high=1.0, dtype="float32"):
    return RANDOM.uniform(low, high, shape).astype(dtype)


@dataclasses.dataclass
class Case:
    """A distribution, its shapes and its truth.

    Attributes:
        made: The distribution, or a batch.
        batch, event: Its shapes.
        log_prob: scipy's, x -> (*batch).
        one: The same kind with an event of one number, and no batch; or None.
        values: All values of that number, for a sum, or (low, high), for an integral.
    """

    made: object
    batch: tuple
    event: tuple
    log_prob: Callable
    one: object = None
    values: object = None

    def rows(self, x):
        """x in the type that the distribution works in."""
        return x.astype("float64") if isinstance(self.made, Components) else x


LOC, LOG_STD = numbers(3, 2, 4), numbers(3, 2, 4)
LOGITS = numbers(3, 2, 4, low=-2, high=2)
LEVEL = 1 / 255
MEANS, VARIANCES = numbers(3, 2, dtype="float64"), numbers(3, 2, low=0.2, dtype="float64")
FACTORS = np.tril(numbers(3, 2, 2, dtype="float64")) + np.eye(2)
AXES = numbers(5, 3)
both = lambda a, b: np.concatenate([a, b], axis=-1)
total = lambda values, rank: values.sum(axis=tuple(range(-rank, 0)))
truncated = stats.truncnorm(-2, 2)


def prior(name, log_prob, values):
    kind = PRIORS[name]
    return Case(kind((2, 3)), (), (2, 3), lambda x: total(log_prob(x), 2), kind((1,)), values)


def likelihood(name, p, one, log_prob, values):
    kind, one = LIKELIHOODS[name], np.float32(one)
    value_range = (0.0, 1.0) if name != "gaussian" else None
    made, alone = kind(p, value_range, 2), kind(one, value_range)
    return Case(made, (3,), (2, 4), lambda x: total(log_prob(x), 2), alone, values)


def levels(x, loc, scale):
    """Log-probabilities of levels, by differences of the distribution function."""
    cdf = lambda at: stats.logistic(loc, scale).cdf(at)
    upper = np.where(x > 1 - LEVEL / 2, 1, cdf(x + LEVEL / 2))
    return np.log(upper - np.where(x < LEVEL / 2, 0, cdf(x - LEVEL / 2)))


def sphere(x):
    units = AXES / np.linalg.norm(AXES, axis=-1, keepdims=True)
    rows = zip(units.astype("float64"), np.linspace(0.5, 20, 5), np.moveaxis(x, -2, 0), strict=True)
    truth = [stats.vonmises_fisher(u / np.linalg.norm(u), k).logpdf(_units(row)) for u, k, row in rows]
    return np.moveaxis(truth, 0, -1)


def _units(x):
    x = np.float64(x)
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


PARAMETERS = {"bernoulli": [0.5 + MEANS / 3], "diagonal": [MEANS, VARIANCES], "full": [MEANS, FACTORS]}


def components(name):
    return EMISSIONS[name](*map(tf.constant, PARAMETERS[name]))


def emission(name, log_prob):
    return Case(components(name).component(1), (), (2,), log_prob)


CASES = {
    "prior normal": prior("normal", stats.norm.logpdf, (-9, 9)),
    "prior logistic": prior("logistic", stats.logistic.logpdf, (-20, 20)),
    "prior uniform": prior("uniform", stats.uniform(-1, 2).logpdf, (-1, 1)),
    "prior bernoulli": prior("bernoulli", stats.bernoulli(0.5).logpmf, [0, 1]),
    "prior truncated_normal": prior("truncated_normal", truncated.logpdf, (-2, 2)),
    "likelihood bernoulli": likelihood(
        "bernoulli", LOGITS, [0.7], lambda x: stats.bernoulli(1 / (1 + np.exp(-LOGITS))).logpmf(x), [0, 1]
    ),
    "likelihood gaussian": likelihood(
        "gaussian", both(LOC, LOG_STD), [0.3, -0.5], stats.norm(LOC, np.exp(LOG_STD)).logpdf, (-9, 9)
    ),
    "likelihood discretized_logistic": likelihood(
        "discretized_logistic",
        both(0.5 + LOC / 4, LOG_STD - 4),
        [0.5, -4.0],
        lambda x: levels(x, 0.5 + LOC / 4, np.exp(LOG_STD - 4)),
        np.arange(256) * LEVEL,
    ),
    "posterior normal": Case(
        POSTERIORS["normal"](LOC[0], LOG_STD[0]),
        (2,),
        (4,),
        lambda x: total(stats.norm(LOC[0], np.exp(LOG_STD[0])).logpdf(x), 1),
        POSTERIORS["normal"](np.float32([0.3]), np.float32([-0.5])),
        (-9, 9),
    ),
    "posterior von_mises_fisher": Case(
        POSTERIORS["von_mises_fisher"](AXES, np.log(np.linspace(0.5, 20, 5, dtype="float32"))[:, None]),
        (5,),
        (3,),
        sphere,
    ),
    "uniform on a sphere": Case(
        POSTERIORS["von_mises_fisher"].prior(3),
        (),
        (3,),
        lambda x: np.full(x.shape[:-1], -math.log(4 * math.pi)),
    ),
    "equal mixture": Case(
        EqualMixture(LOC[0], LOG_STD[0]),
        (),
        (4,),
        lambda x: np.log(
            np.exp(total(stats.norm(LOC[0], np.exp(LOG_STD[0])).logpdf(x[..., None, :]), 1)).mean(-1)
        ),
        EqualMixture(LOC[0, :, :1], LOG_STD[0, :, :1]),
        (-15, 15),
    ),
    "component bernoulli": emission(
        "bernoulli", lambda x: total(stats.bernoulli(0.5 + MEANS[1] / 3).logpmf(x), 1)
    ),
    "component diagonal": emission(
        "diagonal", lambda x: total(stats.norm(MEANS[1], VARIANCES[1] ** 0.5).logpdf(x), 1)
    ),
    "component full": emission("full", stats.multivariate_normal(MEANS[1], FACTORS[1] @ FACTORS[1].T).logpdf),
}
every = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def drawn(case, num=NUM):
    return np.array(case.made.sample(rng.key(0), (num,)))


def test_every_name_is_held_to_the_contract():
    names = [f"prior {name}" for name in PRIORS] + [f"likelihood {name}" for name in LIKELIHOODS]
    names += [f"posterior {name}" for name in POSTERIORS] + [f"component {name}" for name in EMISSIONS]
    assert set(names) - set(CASES) == {"likelihood cross_entropy"}  # the formula of bits, and no density
    assert not LIKELIHOODS["cross_entropy"].density


@every
def test_shapes(case):
    x = case.made.sample(rng.key(0))
    assert x.shape == case.batch + case.event and x.dtype == "float32"
    many = drawn(case, 7)
    assert many.shape == (7, *case.batch, *case.event)
    assert case.made.log_prob(case.rows(many)).shape == (7, *case.batch)
    assert np.shape(case.made.mean()) == case.batch + case.event


@every
def test_log_prob_is_scipy_s(case):
    x = drawn(case, 200)
    np.testing.assert_allclose(case.made.log_prob(case.rows(x)), case.log_prob(x), rtol=1e-4, atol=1e-3)


@every
def test_samples_have_the_mean(case):
    x = drawn(case).astype("float64")
    assert (np.abs(x.mean(0) - case.made.mean()) < 4 * x.std(0) / math.sqrt(NUM)).all()


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.values is not None])
def test_probabilities_add_up_to_one(name):
    case = CASES[name]
    if isinstance(case.values, tuple):
        x = np.linspace(*case.values, 20_001)[:, None].astype("float32")
        p = np.exp(np.float64(case.one.log_prob(x)))
        assert np.trapezoid(p, x[:, 0]) == pytest.approx(1, abs=1e-3)
    else:
        x = np.asarray(case.values, "float32")[:, None]
        assert np.exp(np.float64(case.one.log_prob(x))).sum() == pytest.approx(1, abs=1e-4)


def test_probabilities_of_patterns_of_bits_add_up_to_one():
    x = np.array(list(itertools.product([0.0, 1.0], repeat=2)))
    assert np.exp(CASES["component bernoulli"].made.log_prob(x)).sum() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("name", ["uniform", "bernoulli", "truncated_normal"])
def test_what_a_prior_cannot_draw_has_no_probability(name):
    assert PRIORS[name]((1,)).log_prob(np.float32([2.5])) == -math.inf


@pytest.mark.parametrize("name", EMISSIONS)
def test_components_side_by_side_are_each_of_them(name):
    made = components(name)
    x = np.float64(made.sample(rng.key(0), (6,))[:, 0])
    together = np.stack([made.component(k).log_prob(x) for k in range(3)], axis=1)
    np.testing.assert_allclose(made.log_prob(x), together, rtol=1e-12)
    assert made.sample(rng.key(0)).shape == (3, 2)
    plain = EMISSIONS[name].initial(3, 2)
    assert {key: np.shape(value) for key, value in vars(plain).items()} == {
        key: value.shape for key, value in vars(made).items()
    }


@pytest.mark.parametrize("name", POSTERIORS)
def test_posteriors_have_noise_divergence_and_names(name):
    """KL against the mean of log q - log p at 20,000 draws, by 4 standard errors."""
    kind = POSTERIORS[name]
    a, b = numbers(2, 3), numbers(2, kind.scales(3)) + 0.5
    q, p = kind(a, b), kind.prior(3)
    noise = rng.normal(rng.key(0), (NUM, 2, kind.noise(3)))
    z = q.rsample(noise)
    gains = np.float64(q.log_prob(z) - p.log_prob(z))
    kl = np.sum(q.kl(p), axis=-1)
    assert (np.abs(gains.mean(0) - kl) < 4 * gains.std(0) / math.sqrt(NUM) + 1e-4).all()
    assert (kl > 0).all()
    assert p.rsample(noise).shape == z.shape
    for space, value in zip(kind.spaces(3).values(), kind.values(q), strict=True):
        assert np.shape(value) == (2, *space.shape)


def test_divergence_of_normals_is_that_of_the_draws():
    p, q = Normal(LOC[0], LOG_STD[0]), Normal(LOC[1], LOG_STD[1])
    x = p.sample(rng.key(0), (NUM,))
    gains = np.float64(p.log_prob(x) - q.log_prob(x))
    assert (np.abs(gains.mean(0) - np.sum(p.kl(q), -1)) < 4 * gains.std(0) / math.sqrt(NUM)).all()
    np.testing.assert_array_equal(p.kl(p), 0)


def test_pixels_are_cut_at_the_ends_of_their_range():
    p = np.float32([[2.0, 0.0], [-2.0, 0.0]])
    made = LIKELIHOODS["gaussian"](p, (-1.0, 1.0))
    np.testing.assert_array_equal(made.mean(), [[1], [-1]])
    assert np.abs(made.sample(rng.key(0), (100,))).max() == 1


def test_distributions_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Normal(0.0, 0.0).loc = 1.0
