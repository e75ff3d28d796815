from . import (
    adversarial as adversarial,
    diffusion as diffusion,
    f_divergences as f_divergences,
    path_length as path_length,
    penalties as penalties,
    variational as variational,
)
