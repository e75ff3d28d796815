"""The logit: from the unit interval to all real numbers."""

import math

import keras
from keras import ops

from kerasgen.bijectors.base import Bijector, sum_rows
from kerasgen.ops import checks


@keras.saving.register_keras_serializable("kerasgen")
class Logit(Bijector):
    """y = log(p / (1 - p)) with p = alpha + (1 - 2 alpha) x, of numbers x in [0, 1]; what is beyond is cut.

    Papamakarios et al. (2017), arXiv:1705.07057, appendix E.2, with alpha 1e-6; RealNVP has 0.05
    (arXiv:1605.08803, section 4.1) and alpha + (1 - alpha) x.

    Args:
        alpha: In [1e-7, 0.5): how far the ends are kept from infinity.
    """

    def __init__(self, alpha=0.05, **kwargs):
        super().__init__(**kwargs)
        self.alpha = checks.number("alpha", alpha, 1e-7, 0.5, "[)")

    def forward(self, x, condition=None):
        p = self.alpha + (1 - 2 * self.alpha) * ops.clip(x, 0, 1)
        y = ops.log(p) - ops.log1p(-p)
        return y, sum_rows(self._log_slope(y))

    def inverse(self, y, condition=None):
        x = (ops.sigmoid(y) - self.alpha) / (1 - 2 * self.alpha)
        return x, -sum_rows(self._log_slope(y))

    def _log_slope(self, y):
        """log dy/dx = log(1 - 2 alpha) - log p - log(1 - p)."""
        return math.log(1 - 2 * self.alpha) + ops.softplus(y) + ops.softplus(-y)

    def get_config(self):
        return super().get_config() | {"alpha": self.alpha}
