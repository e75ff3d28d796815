from . import (
    annealed as annealed,
    distances as distances,
    divergences as divergences,
    extractor as extractor,
    fidelity as fidelity,
    frechet as frechet,
    likelihood as likelihood,
    manifold as manifold,
    memorization as memorization,
    modes as modes,
    scores as scores,
    sharpness as sharpness,
)
