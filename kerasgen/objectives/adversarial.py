"""Adversarial losses of discriminator logits. A game is the pair of losses that its two players minimize.

All functions are elementwise and unreduced: logits of any shape (one per example, or one per patch) ->
losses of that shape. D(x) = sigmoid(logit).
"""

from collections.abc import Callable
from typing import NamedTuple

from keras import ops


class Game(NamedTuple):
    """The losses of a discriminator and a generator.

    Attributes:
        real: (real_logits, label_smoothing) -> the discriminator's loss on real examples. With
            `label_smoothing` in [0, 1) their label is 1 - label_smoothing instead of 1, and that of
            generated examples stays 0: one-sided label smoothing (Salimans et al., 2016,
            arXiv:1606.03498, section 3.4).
        fake: (fake_logits,) -> the discriminator's loss on generated examples.
        g: (fake_logits,) -> the generator's loss.
        labels: Whether `real` compares logits with labels, so that label smoothing has a meaning.
    """

    real: Callable
    fake: Callable
    g: Callable
    labels: bool

    def d(self, real, fake, label_smoothing=0.0):
        """The discriminator's loss, real(real, label_smoothing) + fake(fake)."""
        return self.real(real, label_smoothing) + self.fake(fake)


def _cross_entropy(real, label_smoothing):
    """-t log D(x) - (1 - t) log(1 - D(x)), t = 1 - label_smoothing; softplus(-l) = -log sigmoid(l)."""
    return ops.softplus(-real) + label_smoothing * real


# Goodfellow et al. (2014), arXiv:1406.2661, equation 1: G minimizes log(1 - D(G(z))). At D = 1/2
# without label smoothing D's loss is 2 log 2.
minimax = Game(real=_cross_entropy, fake=ops.softplus, g=lambda fake: -ops.softplus(fake), labels=True)

# The same, section 3, last paragraph: G maximizes log D(G(z)) for stronger gradients early on.
non_saturating = minimax._replace(g=lambda fake: ops.softplus(-fake))

# Mao et al. (2017), arXiv:1611.04076, equation 2 with a = 0, b = c = 1; here D(x) is the logit itself.
least_squares = Game(
    real=lambda real, label_smoothing: 0.5 * ops.square(real - (1 - label_smoothing)),
    fake=lambda fake: 0.5 * ops.square(fake),
    g=lambda fake: 0.5 * ops.square(fake - 1),
    labels=True,
)

# Lim & Ye (2017), arXiv:1705.02894; Miyato et al. (2018), arXiv:1802.05957, equations 16 and 17.
hinge = Game(
    real=lambda real, label_smoothing: ops.relu(1 - real),
    fake=lambda fake: ops.relu(1 + fake),
    g=lambda fake: -fake,
    labels=False,
)

# Arjovsky et al. (2017), arXiv:1701.07875, equation 2, negated: the critic maximizes real - fake.
wasserstein = Game(
    real=lambda real, label_smoothing: -real,
    fake=lambda fake: fake,
    g=lambda fake: -fake,
    labels=False,
)

GAMES = {
    "minimax": minimax,
    "non_saturating": non_saturating,
    "least_squares": least_squares,
    "hinge": hinge,
    "wasserstein": wasserstein,
}
