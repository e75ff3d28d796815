from . import (
    base as base,
    bernoulli as bernoulli,
    emissions as emissions,
    likelihoods as likelihoods,
    logistic as logistic,
    normal as normal,
    posteriors as posteriors,
    priors as priors,
    spherical as spherical,
    transformed as transformed,
)
