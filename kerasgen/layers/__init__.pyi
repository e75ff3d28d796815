from . import (
    attention as attention,
    augmentation as augmentation,
    causal as causal,
    codebook as codebook,
    equalized as equalized,
    masked as masked,
    normalization as normalization,
    scale as scale,
    styles as styles,
    upsampling as upsampling,
)
