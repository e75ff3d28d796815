from . import (
    adversarial as adversarial,
    diffusion as diffusion,
    f_divergences as f_divergences,
    path_length as path_length,
    penalties as penalties,
    rewards as rewards,
    teacher_forcing as teacher_forcing,
    variational as variational,
)
