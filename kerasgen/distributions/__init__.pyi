from . import (
    base as base,
    bernoulli as bernoulli,
    categorical as categorical,
    emissions as emissions,
    likelihoods as likelihoods,
    logistic as logistic,
    logistic_mixture as logistic_mixture,
    normal as normal,
    posteriors as posteriors,
    priors as priors,
    spherical as spherical,
    transformed as transformed,
)
