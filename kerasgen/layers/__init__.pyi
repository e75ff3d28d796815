from . import (
    attention as attention,
    codebook as codebook,
    normalization as normalization,
    scale as scale,
    upsampling as upsampling,
)
