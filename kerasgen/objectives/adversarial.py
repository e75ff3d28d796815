"""Adversarial losses of discriminator logits. A game is the pair of losses that its two players minimize.

All functions are elementwise and unreduced: logits of any shape (one per example, or one per patch) ->
losses of that shape. D(x) = sigmoid(logit).
"""

from collections.abc import Callable
from typing import NamedTuple

from keras import ops

from kerasgen.objectives import f_divergences


class Game(NamedTuple):
    """The losses of a discriminator that judges every example by itself, and those of a generator.

    Attributes:
        real: (real_logits, label_smoothing) -> the discriminator's loss on real examples. With
            `label_smoothing` in [0, 1) their label is 1 - label_smoothing instead of 1, and that of
            generated examples stays 0: one-sided label smoothing (Salimans et al., 2016,
            arXiv:1606.03498, section 3.4).
        fake: (fake_logits,) -> the discriminator's loss on generated examples.
        generator: (fake_logits,) -> the generator's loss.
        labels: Whether `real` compares logits with labels, so that label smoothing has a meaning.
        undecided: Logit of an example that is as likely real as generated; None where only differences of
            logits mean anything.
        odds: Whether logits are log-odds, of which those that are large leave nothing to learn from.
    """

    real: Callable
    fake: Callable
    generator: Callable
    labels: bool
    undecided: float | None = 0.0
    odds: bool = False

    def d(self, real, fake, label_smoothing=0.0):
        """The discriminator's loss, real(real, label_smoothing) + fake(fake)."""
        return self.real(real, label_smoothing) + self.fake(fake)

    def g(self, fake, real=None):
        """The generator's loss; logits of real examples do not matter to it."""
        return self.generator(fake)


class PairedGame(NamedTuple):
    """The losses of a discriminator that compares a real example with a generated one.

    Attributes:
        loss: Of the difference of the logit of the one that should be more real and that of the other.
        labels, undecided, odds: As in `Game`: a difference of logits has no label.
    """

    loss: Callable
    labels: bool = False
    undecided: float | None = None
    odds: bool = True

    def d(self, real, fake, label_smoothing=0.0):
        """The discriminator's loss on pairs: logits of equal shapes."""
        return self.loss(real - fake)

    def g(self, fake, real):
        """The generator's loss on pairs, the same with exchanged roles."""
        return self.loss(fake - real)


def _cross_entropy(real, label_smoothing):
    """-t log D(x) - (1 - t) log(1 - D(x)), t = 1 - label_smoothing; softplus(-l) = -log sigmoid(l)."""
    return ops.softplus(-real) + label_smoothing * real


# Goodfellow et al. (2014), arXiv:1406.2661, equation 1: G minimizes log(1 - D(G(z))). At D = 1/2
# without label smoothing D's loss is 2 log 2.
minimax = Game(
    real=_cross_entropy,
    fake=ops.softplus,
    generator=lambda fake: -ops.softplus(fake),
    labels=True,
    odds=True,
)

# The same, section 3, last paragraph: G maximizes log D(G(z)) for stronger gradients early on.
non_saturating = minimax._replace(generator=lambda fake: ops.softplus(-fake))

# Mao et al. (2017), arXiv:1611.04076, equation 2 with a = 0, b = c = 1; here D(x) is the logit itself.
least_squares = Game(
    real=lambda real, label_smoothing: 0.5 * ops.square(real - (1 - label_smoothing)),
    fake=lambda fake: 0.5 * ops.square(fake),
    generator=lambda fake: 0.5 * ops.square(fake - 1),
    labels=True,
    undecided=0.5,
)

# Lim & Ye (2017), arXiv:1705.02894; Miyato et al. (2018), arXiv:1802.05957, equations 16 and 17.
hinge = Game(
    real=lambda real, label_smoothing: ops.relu(1 - real),
    fake=lambda fake: ops.relu(1 + fake),
    generator=lambda fake: -fake,
    labels=False,
)

# Arjovsky et al. (2017), arXiv:1701.07875, equation 2, negated: the critic maximizes real - fake.
wasserstein = Game(
    real=lambda real, label_smoothing: -real,
    fake=lambda fake: fake,
    generator=lambda fake: -fake,
    labels=False,
    undecided=None,
)


def _variational(divergence):
    """Nowozin et al. (2016), arXiv:1606.00709: the discriminator ascends a lower bound of an f-divergence.

    The generator ascends what the bound has on real examples, as section 3.2 recommends: it has the same
    fixed points and stronger gradients early on.
    """
    real = lambda logit: -divergence.real(logit)
    functions = lambda logits, _: real(logits), divergence.fake, real
    return Game(*functions, labels=False, undecided=float(divergence.logit(1.0)))


# Jolicoeur-Martineau (2018), arXiv:1807.00734; Huang et al. (2024), R3GAN, arXiv:2501.05441, equation 2.
# Where both distributions agree and D is constant, both losses are log 2.
relativistic = PairedGame(lambda difference: ops.softplus(-difference))

GAMES = {  # those in which every example is judged by itself
    "minimax": minimax,
    "non_saturating": non_saturating,
    "least_squares": least_squares,
    "hinge": hinge,
    "wasserstein": wasserstein,
    **{f"f_{name}": _variational(each) for name, each in f_divergences.DIVERGENCES.items()},
}
ALL_GAMES = GAMES | {"relativistic": relativistic}
