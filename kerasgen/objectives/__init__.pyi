from . import (
    adversarial as adversarial,
    diffusion as diffusion,
    penalties as penalties,
    variational as variational,
)
