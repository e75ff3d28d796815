from . import (
    attention as attention,
    augmentation as augmentation,
    codebook as codebook,
    equalized as equalized,
    normalization as normalization,
    scale as scale,
    styles as styles,
    upsampling as upsampling,
)
