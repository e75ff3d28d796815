"""Flows of a code: a posterior, or a prior, that is more than a normal distribution.

Rezende & Mohamed (2015), arXiv:1505.05770; Kingma et al. (2016), arXiv:1606.04934; for priors Chen et al.
(2017), arXiv:1611.02731. Without a flow nothing changes, to the bit.
"""

from kerasgen.bijectors.base import Bijector
from kerasgen.distributions.transformed import Transformed
from kerasgen.ops import checks


def check(dim, posterior, pseudo_inputs, **flows):
    """Builds the bijectors for codes of `dim` numbers; refuses what is none, or does not go together."""
    for name, flow in flows.items():
        if flow is None:
            continue
        checks.instance(name, flow, Bijector)
        if posterior != "normal" or pseudo_inputs is not None or flow.conditional:
            raise ValueError(
                f"`{name}` needs posterior='normal', no pseudo_inputs and no condition of its own. "
                f"Received: posterior={posterior!r}, conditional={flow.conditional}."
            )
        if not flow.built:
            flow.build((None, dim))
        given = tuple(flow.get_build_config()["input_shape"])[1:]
        if not given == (dim,) == tuple(flow.compute_output_shape((None, dim)))[1:]:
            raise ValueError(f"`{name}` must take and give shape {(dim,)}. Received: one of shape {given}.")


def through(flow, distribution):
    """The distribution of what a flow makes of a variable; the same without a flow."""
    return distribution if flow is None else Transformed(distribution, flow)


def middle(q):
    """What the flow makes of the mean of its base."""
    return q.bijector.forward(q.base.mean())[0]
