"""Toy distributions in one and two dimensions, whose modes, and mostly densities, are known.

Each is sampled by a function (num, seed) -> (points float32 (num, d), labels int64 (num,)): num
independent draws and the mode (moon, arm) that each came from. Equal arguments give equal
points. All of them raise TypeError or ValueError where `num` is no int in [1, 2**31) or `seed` none
in [0, 2**31).
"""

import dataclasses
import math

import numpy as np

from kerasgen.errors import InvalidDataError
from kerasgen.ops import checks
from kerasgen.spaces import Box

ARMS = 5  # of the pinwheel
SPLITS = {"train": (50_000, 0), "test": (10_000, 1)}  # (num, seed)


@dataclasses.dataclass(frozen=True, eq=False)  # arrays have no single truth value to compare by
class Mixture:
    """Equal-weight isotropic Gaussians: p(x) = 1/m sum_k N(x; means_k, sigma^2 I).

    Args:
        means: Array (m, d), finite.
        sigma: Standard deviation > 0, the same in every mode and direction.

    Raises:
        InvalidDataError: If `means` is not a finite array of rank 2.
        ValueError: If `sigma` is not a finite number > 0.
    """

    means: np.ndarray
    sigma: float

    def __post_init__(self):
        means = checks.array("means", self.means, error=InvalidDataError).copy()  # so that it can be locked
        if means.ndim != 2 or not means.size:
            raise InvalidDataError(
                f"`means` must be a finite array (m, d), m and d >= 1. Received: shape {means.shape}."
            )
        object.__setattr__(self, "sigma", checks.positive("sigma", self.sigma))
        means.setflags(write=False)
        object.__setattr__(self, "means", means)

    def sample(self, num, seed=0):
        """(points float32 (num, d), labels int64 (num,) in [0, m)): draws and their modes."""
        generator = _generator(num, seed)
        labels = generator.integers(len(self.means), size=num)
        noise = generator.normal(size=(num, self.means.shape[1]))
        return (self.means[labels] + self.sigma * noise).astype("float32"), labels

    def log_prob(self, x):
        """log p(x) in nats: float64 (num,) for x of shape (num, d).

        Raises:
            InvalidDataError: If `x` is empty, not finite, no floats or not (num, d).
        """
        modes, d = self.means.shape
        Box((d,)).check(x, "x")
        x = np.asarray(x, "float64")
        squares = ((x[:, None] - self.means) ** 2).sum(-1)  # (num, m)
        constant = math.log(modes) + d / 2 * math.log(2 * math.pi * self.sigma**2)
        return np.logaddexp.reduce(-squares / (2 * self.sigma**2), axis=1) - constant


def moons(num, seed=0, noise=0.05):
    """Two interleaved half circles of radius 1, label 0 the upper one, 1 the lower.

    (cos t, sin t) and (1 - cos t, 1/2 - sin t), t ~ U[0, pi), plus N(0, noise^2 I). The
    shapes of scikit-learn's `make_moons`; angles are drawn there from a fixed grid, here
    at random, so that points are independent.

    Raises:
        ValueError: If `noise` is not >= 0 and finite (1e6 at most).
    """
    checks.number("noise", noise, 0, 1e6)
    generator = _generator(num, seed)
    labels = generator.integers(2, size=num)
    t = generator.uniform(0, math.pi, num)
    upper = np.stack([np.cos(t), np.sin(t)], axis=1)
    points = np.where(labels[:, None] == 0, upper, [1, 0.5] - upper)
    return (points + noise * generator.normal(size=(num, 2))).astype("float32"), labels


def pinwheel(num, seed=0, radial_std=0.3, tangential_std=0.1, rate=0.25):
    """Five bent arms, of Johnson et al. (2016), arXiv:1603.06277.

    A point r ~ N(1, radial_std^2), s ~ N(0, tangential_std^2) is turned clockwise by the
    angle 2 pi label / 5 + rate exp(r): the farther out, the more. The authors' program has
    `tangential_std` 0.05 and multiplies the points by 10; 0.1 became
    the custom.

    Raises:
        ValueError: If a standard deviation is negative or not finite, or |rate| > 100.
    """
    checks.number("radial_std", radial_std, 0, 1e6)
    checks.number("tangential_std", tangential_std, 0, 1e6)
    checks.number("rate", rate, -100, 100)
    generator = _generator(num, seed)
    labels = generator.integers(ARMS, size=num)
    r, s = (generator.normal(size=(num, 2)) * [radial_std, tangential_std] + [1, 0]).T
    angle = 2 * math.pi * labels / ARMS + rate * np.exp(r)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.stack([r * cos + s * sin, s * cos - r * sin], axis=1).astype("float32"), labels


def _generator(num, seed):
    checks.integer("num", num, 1, 2**31 - 1)
    return np.random.default_rng(checks.integer("seed", seed, 0, 2**31 - 1))


_angles = 2 * math.pi * np.arange(8) / 8
# PacGAN (Lin et al. 2018, arXiv:1712.04086), section 4.1, with the numbers of its program.
RING = Mixture(np.stack([np.cos(_angles), np.sin(_angles)], axis=1), 0.01)
GRID = Mixture([(x, y) for x in range(-4, 5, 2) for y in range(-4, 5, 2)], 0.05)
# Three modes in one dimension, 6.7 standard deviations apart: seen apart, yet joined enough to learn.
MIXTURE_1D = Mixture([[-2.0], [0.0], [2.0]], 0.3)
# Its mean is not 0, so that a share of it says something, and yet 0 is among its points: there rectifiers
# have their kinks before they have learned any biases.
GAUSSIAN_1D = Mixture([[2.0]], 2.0)

DISTRIBUTIONS = {
    "ring": RING.sample,
    "grid": GRID.sample,
    "moons": moons,
    "pinwheel": pinwheel,
    "mixture_1d": MIXTURE_1D.sample,
    "gaussian_1d": GAUSSIAN_1D.sample,
}
