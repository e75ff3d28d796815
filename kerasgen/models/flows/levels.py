"""Quantized numbers, such as pixels of 256 levels, as numbers of a density: dequantization."""

import math

from keras import ops

from kerasgen.bijectors.base import sum_rows
from kerasgen.distributions.priors import StandardNormal
from kerasgen.ops import rng


class Levels:
    """x in {low, ..., high}, equally spaced, with numbers k = 0, ..., L - 1, and v = (k + u) / L, 0 < u < 1.

    A density p of v gives the levels the probability P(k) = integral of p((k + u) / L) / L^D over u, of which
    (Ho et al., 2019, Flow++, arXiv:1902.00275, equation 11)

        log P(k) >= E_q(u | k) [log p((k + u) / L) - log q(u | k)] - D log L.

    With q uniform it is the bound of Theis et al. (2016), arXiv:1511.01844, section 3.1. Nats are those of
    the levels: what the division by L does to a density, -D log L, is counted.

    Args:
        event: `spaces.Box` of x with a range.
        num: L, 2 or more.
    """

    def __init__(self, event, num):
        self.event, self.num = event, num
        self.offset = math.prod(event.shape) * math.log(num)  # D log L

    def numbers(self, x):
        """k of x, rounded to the nearest level: floats from 0 to L - 1."""
        low, high = self.event.range
        unit = ops.clip((x - low) / (high - low), 0, 1)
        return ops.round(unit * (self.num - 1))

    def middle(self, x):
        """v at u = 1/2."""
        return (self.numbers(x) + 0.5) / self.num

    def at(self, v):
        """x of v, in whose cell [k / L, (k + 1) / L) it lies; at the ends beyond them."""
        low, high = self.event.range
        k = ops.clip(ops.floor(v * self.num), 0, self.num - 1)
        return low + (high - low) * (k / (self.num - 1))


class UniformNoise:
    """u ~ U(0, 1).

    Args:
        levels: `Levels`.
    """

    def __init__(self, levels):
        self.levels = levels

    def draw(self, key, shape):
        """Noise of that shape from a key."""
        return rng.uniform(key, shape)

    def dequantized(self, x, u):
        """(v (batch, ...), log q(u | x) (batch,)) of examples and noise."""
        return (self.levels.numbers(x) + u) / self.levels.num, ops.zeros_like(sum_rows(x))


class LearnedNoise:
    """u = sigmoid(g(eps; x)), eps ~ N(0, I), g a conditional bijector: variational dequantization.

    Flow++ (Ho et al., 2019, arXiv:1902.00275, section 3.1): log q(u | x) = log N(eps) - log |du/deps|.

    Args:
        levels: `Levels`.
        bijector: g, conditional on the image, scaled to [-1, 1].
    """

    def __init__(self, levels, bijector):
        self.levels, self.bijector = levels, bijector

    def draw(self, key, shape):
        return rng.normal(key, shape)

    def dequantized(self, x, eps):
        k = self.levels.numbers(x)
        r, log_det = self.bijector.forward(eps, 2 * k / (self.levels.num - 1) - 1)
        log_slope = -ops.softplus(r) - ops.softplus(-r)
        log_q = StandardNormal(tuple(x.shape[1:])).log_prob(eps) - log_det - sum_rows(log_slope)
        return (k + ops.sigmoid(r)) / self.levels.num, log_q
