"""Normal laws with independent components: mean and log standard deviation, nats."""

import math

from keras import ops

from kerasgen.ops import rng


def log_prob(x, mean, log_std, event_rank=1):
    """log N(x; mean, diag(std^2)) = -1/2 sum_i [((x_i - mean_i) / std_i)^2 + log 2 pi] - log std_i.

    Args:
        x, mean, log_std: Of shapes that broadcast; any finite numbers.
        event_rank: How many of the last axes one event has; they are summed over.

    Returns:
        Nats, the broadcast shape without its last `event_rank` axes.
    """
    squares = ops.square((x - mean) * ops.exp(-log_std))
    return over_event(-0.5 * (squares + math.log(2 * math.pi)) - log_std, event_rank)


def sample(key, mean, log_std):
    """mean + std eps, eps ~ N(0, I): differentiable in both (Kingma & Welling, arXiv:1312.6114, 2.4)."""
    return mean + ops.exp(log_std) * rng.normal(key, ops.shape(mean))


def kl_to_standard(mean, log_std):
    """KL(N(mean, std^2) || N(0, 1)) = (std^2 + mean^2 - 1) / 2 - log std of each component, nats.

    Elementwise: independent components add up. Kingma & Welling (2014), arXiv:1312.6114, appendix B.
    """
    return 0.5 * (ops.expm1(2 * log_std) + ops.square(mean)) - log_std


def kl(mean, log_std, other_mean, other_log_std):
    """KL(N(mean, std^2) || N(other_mean, other_std^2)) of each component, nats.

    log(other_std / std) + (std^2 + (mean - other_mean)^2) / (2 other_std^2) - 1/2
    """
    scale = ops.exp(-other_log_std)
    return kl_to_standard((mean - other_mean) * scale, log_std - other_log_std)


def each_log_prob(x, means, log_stds):
    """log N(x; mean_k, diag(std_k^2)) of every k, nats: (..., K).

    By matrix products: x is compared with every component without an array (..., K, d).

    Args:
        x: (..., d).
        means, log_stds: (K, d).
    """
    precision = ops.exp(-2 * log_stds)
    constant = ops.sum(0.5 * precision * ops.square(means) + log_stds, axis=-1)  # (K,)
    constant = constant + 0.5 * means.shape[-1] * math.log(2 * math.pi)
    products = ops.matmul(x, ops.transpose(precision * means))  # (..., K)
    products -= 0.5 * ops.matmul(ops.square(x), ops.transpose(precision))
    return products - constant


def mixture_log_prob(x, means, log_stds):
    """log 1/K sum_k N(x; mean_k, diag(std_k^2)), nats: the shape of x without its last axis."""
    return ops.logsumexp(each_log_prob(x, means, log_stds), axis=-1) - math.log(means.shape[0])


def over_event(values, event_rank):
    """The sum over the last `event_rank` axes."""
    return ops.sum(values, axis=tuple(range(-event_rank, 0))) if event_rank else values
