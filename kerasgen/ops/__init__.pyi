from . import (
    checks as checks,
    chunks as chunks,
    companding as companding,
    configured as configured,
    gumbel as gumbel,
    linalg as linalg,
    paths as paths,
    pixels as pixels,
    processor as processor,
    rng as rng,
    seeding as seeding,
)
