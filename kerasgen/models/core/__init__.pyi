from . import (
    bounds as bounds,
    data_adapter as data_adapter,
    mixture as mixture,
    optimizers as optimizers,
    rows as rows,
    saved_model as saved_model,
)
from .generative import GenerativeModel as GenerativeModel
from .latent import LatentModel as LatentModel
from .zoo_model import ZooModel as ZooModel
