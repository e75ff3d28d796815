from .base import Bijector as Bijector
from .compose import Chain as Chain, Inverse as Inverse
from .coupling import Coupling as Coupling
from .elementwise import (
    Affine as Affine,
    Elementwise as Elementwise,
    Shift as Shift,
)
from .linear import (
    ActNorm as ActNorm,
    InvertibleLinear as InvertibleLinear,
    Permutation as Permutation,
)
from .logit import Logit as Logit
from .masked_autoregressive import MaskedAutoregressive as MaskedAutoregressive
from .planar import Planar as Planar
from .shapes import FactorOut as FactorOut, Flatten as Flatten, Squeeze as Squeeze
from .spline import RationalQuadratic as RationalQuadratic
