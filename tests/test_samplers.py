"""Samplers and schedules on Gaussian data, whose denoiser is known, and by their orders of convergence."""

import math

import numpy as np
import pytest
import tensorflow as tf

from kerasgen.distributions import normal
from kerasgen.objectives import diffusion
from kerasgen.objectives.diffusion import PARAMETRIZATIONS, SCHEDULES, WEIGHTINGS
from kerasgen.ops import rng
from kerasgen.samplers import likelihood, ode, stochastic

MEAN, STD = 0.7, 0.4  # of the data


def denoiser(name):
    """E[x | x_t] for x ~ N(MEAN, STD^2)."""
    return diffusion.gaussian_denoiser(MEAN, STD, SCHEDULES[name])


def start(name, num, t, dim=20):
    """x_t from its own distribution."""
    alpha, sigma = (part(t) for part in SCHEDULES[name])
    return MEAN * alpha + tf.sqrt((alpha * STD) ** 2 + sigma**2) * tf.cast(
        rng.normal(rng.key(0), (num, dim)), t.dtype
    )


def flow(name, x, first, last):
    """Where the exact ODE takes x: normal distributions are stretched about their means."""
    here, there = ([part(t) for part in SCHEDULES[name]] for t in (first, last))
    spread = lambda alpha, sigma: tf.sqrt((alpha * STD) ** 2 + sigma**2)
    return there[0] * MEAN + (x - here[0] * MEAN) * spread(*there) / spread(*here)


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_go_from_the_example_to_noise(name):
    t = tf.linspace(0.0, 1.0, 1001)
    alpha, sigma = (np.asarray(part(t), "float64") for part in SCHEDULES[name])
    assert (np.diff(sigma / np.maximum(alpha, 1e-12)) > 0).all()
    assert alpha[0] == pytest.approx(1, abs=1e-3) and sigma[0] < 0.011 and alpha[-1] < sigma[-1] / 50
    if name in ("linear", "cosine"):
        np.testing.assert_allclose(alpha**2 + sigma**2, 1, atol=1e-5)


def test_linear_schedule_is_the_product_of_ddpm():
    betas = np.linspace(1e-4, 0.02, 1000)
    products = np.sqrt(np.cumprod(1 - betas))
    ours = np.asarray(SCHEDULES["linear"].alpha(tf.constant((np.arange(1000) + 1) / 1000, tf.float32)))
    assert np.abs(ours - products).max() < 2e-3


def test_cosine_schedule_is_that_of_its_paper():
    t = np.linspace(0, 0.99, 100)
    f = np.cos((t + 0.008) / 1.008 * math.pi / 2)
    np.testing.assert_allclose(SCHEDULES["cosine"].alpha(tf.constant(t, tf.float32)), f / f[0], atol=1e-5)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_predictions_become_each_other_exactly(schedule):
    generator = np.random.default_rng(0)
    x, eps = generator.normal(size=(2, 50, 3)).astype("float32")
    t = tf.constant(np.linspace(0.05, 0.95, 50)[:, None], tf.float32)
    alpha, sigma = (part(t) for part in SCHEDULES[schedule])
    x_t = alpha * x + sigma * eps
    size = np.maximum(1, np.asarray(sigma / alpha))
    for name, prediction in PARAMETRIZATIONS.items():
        out = prediction.target(x, eps, alpha, sigma)
        assert (np.abs(prediction.x0(out, x_t, alpha, sigma) - x) < 1e-4 * size).all(), name
        assert (np.abs(prediction.eps(out, x_t, alpha, sigma) - eps) < 1e-4 / np.minimum(1, sigma)).all(), (
            name
        )
        step = 0.01  # of the output: what it moves the example by
        moved = prediction.x0(out + step, x_t, alpha, sigma) - x
        ratio = np.square(step / np.asarray(moved, "float64"))
        np.testing.assert_allclose(
            ratio[5:45],
            np.broadcast_to(prediction.squared_error_ratio(alpha, sigma), ratio.shape)[5:45],
            rtol=0.05,
        )


def test_edm_asks_for_unit_variance():
    """Both ends of the network have variance 1 if the data has the standard deviation assumed."""
    generator = np.random.default_rng(0)
    x, eps = generator.normal(size=(2, 100_000)).astype("float32") * [[diffusion.DATA_STD], [1]]
    edm = PARAMETRIZATIONS["edm"]
    for sigma in (0.01, 0.3, 5.0):
        alpha, sigma = tf.ones(()), tf.constant(sigma)
        inner = edm.input_scale(alpha, sigma) * (x + sigma * eps)
        for values in (inner, edm.target(np.float32(x), np.float32(eps), alpha, sigma)):
            assert np.std(values) == pytest.approx(1, abs=4 / math.sqrt(2 * 100_000))


def test_weightings_are_the_errors_of_what_they_name():
    alpha, sigma = tf.constant([0.9, 0.5]), tf.constant([0.3, 0.8])
    for weighting, prediction in (("simple", "eps"), ("x0", "x0"), ("v", "v"), ("velocity", "velocity")):
        np.testing.assert_allclose(
            WEIGHTINGS[weighting](alpha, sigma),
            PARAMETRIZATIONS[prediction].squared_error_ratio(alpha, sigma),
            rtol=1e-6,
        )
    np.testing.assert_allclose(WEIGHTINGS["min_snr"](alpha, sigma), [5, 0.390625], rtol=1e-6)


SAMPLERS = {
    "euler": ode.euler, "heun": ode.heun, "dpm_solver_2m": ode.dpm_solver_2m,
    "ddim": lambda *args: stochastic.ddim(*args, eta=0.5), "ancestral": stochastic.ancestral,
}  # fmt: skip


OTHERS = [name for name in SCHEDULES if name != "cosine"]


@pytest.mark.parametrize(
    "name, schedule",
    [*((name, "cosine") for name in SAMPLERS), *(("dpm_solver_2m", name) for name in OTHERS)],
)
def test_samples_have_the_mean_and_spread_of_the_data(name, schedule):
    times = tf.linspace(0.999, 0.0, 101)
    keys = rng.row_keys(rng.row_seeds(1, 400))
    run = tf.function(lambda x: SAMPLERS[name](denoiser(schedule), SCHEDULES[schedule], x, times, keys))
    samples = np.asarray(run(start(schedule, 400, times[0])))
    error = 4 * STD / math.sqrt(samples.size)
    assert abs(samples.mean() - MEAN) < error + 0.01
    assert abs(samples.std() - STD) < error + 0.02  # and what 100 steps leave


ORDERS = [(name, n, s) for name, n in (("euler", 1), ("heun", 2)) for s in ("linear", "cosine", "straight")]


@pytest.mark.parametrize("name, order, schedule", [*ORDERS, ("dpm_solver_2m", 2, "linear")])
def test_order_of_convergence(name, order, schedule):
    """Errors against the exact flow fall as steps^-order."""
    errors, counts = [], [20, 40, 80]
    for steps in counts:
        times = tf.linspace(tf.constant(0.9, "float64"), 0.2, steps + 1)
        x = start(schedule, 50, times[0])
        run = tf.function(
            lambda x, times=times: SAMPLERS[name](denoiser(schedule), SCHEDULES[schedule], x, times)
        )
        errors.append(float(tf.reduce_max(abs(run(x) - flow(schedule, x, times[0], times[-1])))))
    slope = np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert -slope == pytest.approx(order, abs=0.2)


def test_ddim_without_noise_is_euler_with_or_without_a_bar():
    times = tf.linspace(1.0, 0.0, 11)
    x, keys = start("cosine", 5, times[0]), rng.row_keys(rng.row_seeds(1, 5))
    arguments = denoiser("cosine"), SCHEDULES["cosine"], x, times, keys
    plain = ode.euler(*arguments)
    np.testing.assert_allclose(stochastic.ddim(*arguments, eta=0.0), plain, atol=1e-5)
    np.testing.assert_allclose(ode.euler(*arguments, loop=ode.with_bar), plain, atol=1e-6)


def test_rows_do_not_depend_on_each_other():
    times = tf.linspace(1.0, 0.0, 9)
    x, keys = start("linear", 6, times[0]), rng.row_keys(rng.row_seeds(3, 6))
    draw = lambda rows: stochastic.ancestral(
        denoiser("linear"), SCHEDULES["linear"], x[rows], times, keys[rows]
    )
    np.testing.assert_allclose(draw(slice(2, 4)), draw(slice(0, 6))[2:4], atol=1e-6)


@pytest.mark.long
def test_inpainting_follows_what_is_known():
    """Two numbers of correlation 0.9: given the first, the second has the conditional distribution."""
    rho, num, schedule = 0.9, 400, SCHEDULES["cosine"]
    cov = tf.constant([[1, rho], [rho, 1]], tf.float32)

    def denoise(x_t, t):
        alpha, sigma = schedule.alpha(t), schedule.sigma(t)
        return x_t @ (alpha * tf.linalg.solve(alpha**2 * cov + sigma**2 * tf.eye(2), cov))

    keys, times = rng.row_keys(rng.row_seeds(1, num)), tf.linspace(1.0, 0.0, 31)
    known, mask = tf.constant([[1.5, 0.0]]) * tf.ones((num, 1)), tf.constant([1.0, 0.0])
    x = rng.normal(rng.key(2), (num, 2))
    run = tf.function(lambda x: stochastic.inpaint(denoise, schedule, x, times, keys, known, mask, repeats=5))
    samples = np.asarray(run(x))
    np.testing.assert_array_equal(samples[:, 0], 1.5)
    assert samples[:, 1].mean() == pytest.approx(rho * 1.5, abs=0.15)
    assert samples[:, 1].std() == pytest.approx(math.sqrt(1 - rho**2), abs=0.12)


def test_inpainting_keeps_what_is_known_and_clips_what_is_drawn():
    times, keys = tf.linspace(1.0, 0.0, 4), rng.row_keys(rng.row_seeds(1, 5))
    known = tf.random.stateless_uniform((5, 4), (0, 0), -1.0, 1.0)
    mask = tf.constant([1.0, 0.0, 1.0, 0.0])
    denoise = lambda x_t, t: tf.ones_like(x_t)
    arguments = denoise, SCHEDULES["cosine"], rng.normal(rng.key(2), (5, 4)), times, keys, known, mask, 2
    free, clipped = stochastic.inpaint(*arguments), stochastic.inpaint(*arguments, value_range=(-1.0, 1.0))
    for samples in (free, clipped):
        np.testing.assert_array_equal(samples[:, ::2], known[:, ::2])
    assert np.max(free) > 1  # the schedule ends with a little noise
    np.testing.assert_array_equal(clipped[:, 1::2], np.minimum(free[:, 1::2], 1))


def test_gaussian_denoiser_is_the_regression_of_the_example_on_the_point():
    """Against least squares on draws, for means and spreads of each number and times of each row."""
    mean, std, num, schedule = np.float32([1, -2]), np.float32([0.5, 2]), 200_000, SCHEDULES["cosine"]
    generator = np.random.default_rng(0)
    x, eps = mean + std * generator.normal(size=(num, 2)), generator.normal(size=(num, 2))
    denoise = diffusion.gaussian_denoiser(mean, std, schedule)
    for t in (0.2, 0.7):
        alpha, sigma = (float(part(tf.constant(t, "float64"))) for part in schedule)
        x_t = (alpha * x + sigma * eps).astype("float32")
        for column in range(2):
            slope, offset = np.polyfit(x_t[:, column], x[:, column], 1)
            line = slope * x_t[:, column] + offset
            found = np.asarray(denoise(x_t, t))[:, column]
            residual = (x[:, column] - line).std() / math.sqrt(num)
            reach = np.abs(x_t[:, column] - x_t[:, column].mean()) / x_t[:, column].std()
            assert (np.abs(found - line) < 5 * residual * (1 + reach)).all()
    times = tf.constant([0.2, 0.7])
    rows = denoise(tf.ones((2, 2)), times)
    for i in range(2):
        np.testing.assert_allclose(rows[i], denoise(tf.ones((1, 2)), times[i])[0], rtol=1e-6)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_likelihood_of_gaussian_data_is_exact(schedule):
    """Within 0.01 nat, and where noise is all that is left at the end, of the data's own density."""
    first, last = (0.2, 1.0) if schedule == "edm" else (0.05, 0.999)
    times = tf.linspace(tf.constant(first, "float64"), last, 801)
    x, keys = start(schedule, 20, times[0], dim=3), rng.row_keys(rng.row_seeds(1, 20))
    run = tf.function(lambda x: likelihood.log_prob(denoiser(schedule), SCHEDULES[schedule], x, times, keys))
    found = run(x)
    spread = lambda a, s: tf.sqrt((a * STD) ** 2 + s**2)
    ends = [[part(t) for part in SCHEDULES[schedule]] for t in (times[0], times[-1])]
    logs = [tf.math.log(spread(*end)) for end in ends]
    noise = flow(schedule, x, times[0], times[-1])
    exact = normal.log_prob(noise, 0.0, tf.math.log(ends[1][1])) + 3 * (logs[1] - logs[0])
    np.testing.assert_allclose(found, exact, atol=0.01)
    if schedule == "straight":
        np.testing.assert_allclose(found, normal.log_prob(x, ends[0][0] * MEAN, logs[0]), atol=0.01)


bounds_of = pytest.mark.parametrize(
    "schedule",
    ["cosine", *(pytest.param(name, marks=pytest.mark.long) for name in OTHERS)],
)


@bounds_of
def test_the_variational_bound_of_gaussian_data_is_tight_for_many_steps(schedule):
    """Never above log p(x) by more than 4 standard errors; far below it in few steps."""
    x = tf.cast(start(schedule, 400, tf.zeros(())), "float32")[:, :3]
    keys = rng.row_keys(rng.row_seeds(3, 400))
    exact = np.mean(normal.log_prob(x, MEAN, math.log(STD)))
    denoise = lambda x_t, t: denoiser(schedule)(x_t, t[:, None])

    def bounds(steps, levels=None):
        times = tf.linspace(0.02, 1.0, steps + 1)
        run = tf.function(
            lambda x: likelihood.bound(denoise, SCHEDULES[schedule], x, times, keys, 20, levels)
        )
        return np.asarray(run(x))

    found = bounds(1000)
    error = found.std() / len(found) ** 0.5
    assert exact - 0.1 - 4 * error < found.mean() < exact + 4 * error
    assert bounds(20).mean() < exact - 0.1


def test_levels_have_probabilities_that_add_up_to_one():
    levels = tf.linspace(-1.0, 1.0, 256)
    x = tf.repeat(levels[:, None], 40, axis=1)
    z = x[100] + 0.01 * rng.normal(rng.key(0), (40,))
    log_p = likelihood._log_reading(z[None] * tf.ones_like(x), x, 0.01, levels)
    np.testing.assert_allclose(np.exp(log_p).sum(0), 1, rtol=1e-4)


def exact_bound(name, x, times):
    """The bound of `denoiser`, with all expectations taken: (batch,), float64."""
    x, (alphas, sigmas) = np.asarray(x, "float64"), (np.asarray(part(times)) for part in SCHEDULES[name])
    d, snr, std = x.shape[1], np.square(alphas / sigmas), sigmas[0] / alphas[0]
    squares = np.square(x - MEAN).sum(1)
    gains = alphas * STD**2 / (np.square(alphas * STD) + np.square(sigmas))
    errors = np.square(1 - gains * alphas) * squares[:, None] + d * np.square(gains * sigmas)
    prior = 0.5 * snr[-1] * np.square(x).sum(1)
    read = -d * (0.5 + math.log(std) + 0.5 * math.log(2 * math.pi))
    return read - prior - 0.5 * errors[:, 1:] @ (snr[:-1] - snr[1:])


@bounds_of
def test_the_variational_bound_is_unbiased_and_spreads_less_by_times_of_equal_log_snr(schedule):
    """Within 4 standard errors of its closed form in as many steps, and of the density in ever more."""
    x = tf.repeat(tf.cast(start(schedule, 4, tf.zeros(())), "float32")[:, :3], 500, axis=0)
    keys = rng.row_keys(rng.row_seeds(3, len(x)))
    spreads = []
    for times in (
        tf.linspace(tf.constant(0.001, "float64"), 1.0, 301),
        likelihood.log_snr_times(SCHEDULES[schedule], 300, 0.001),
    ):
        run = tf.function(
            lambda x, times=times: likelihood.bound(
                denoiser(schedule), SCHEDULES[schedule], x, times, keys, 4
            )
        )
        error = np.asarray(run(x), "float64") - exact_bound(schedule, x, times)
        spreads.append(error.std())
        assert abs(error.mean()) < 4 * error.std() / math.sqrt(len(x))
    assert spreads[1] < spreads[0] * (0.9 if schedule == "edm" else 0.5)  # "edm" is nearly even itself
    few, many = (
        exact_bound(schedule, x, likelihood.log_snr_times(SCHEDULES[schedule], steps, 0.001)).mean()
        for steps in (300, 3000)
    )
    assert few < many < np.mean(normal.log_prob(x, MEAN, math.log(STD))) + 0.01


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_times_of_equal_log_snr_rise_to_one(schedule):
    times = likelihood.log_snr_times(SCHEDULES[schedule], 200, 1e-4)
    log_snr = 2 * np.log(np.asarray(SCHEDULES[schedule].alpha(times) / SCHEDULES[schedule].sigma(times))[:-1])
    assert times.shape == (201,) and times[0] == 1e-4 and times[-1] == 1 and (np.diff(times) > 0).all()
    np.testing.assert_allclose(np.diff(log_snr), np.diff(log_snr)[0], rtol=1e-5)
