from . import (
    bijectors as bijectors,
    cards as cards,
    cli as cli,
    data as data,
    distributions as distributions,
    errors as errors,
    evaluation as evaluation,
    layers as layers,
    media as media,
    metrics as metrics,
    models as models,
    networks as networks,
    objectives as objectives,
    ops as ops,
    pages as pages,
    publish as publish,
    recipe as recipe,
    registry as registry,
    samplers as samplers,
    serving as serving,
    spaces as spaces,
    training as training,
    weights as weights,
)
from .models import (
    GAN as GAN,
    PCA as PCA,
    RBM as RBM,
    VAE as VAE,
    VAEGAN as VAEGAN,
    VQVAE as VQVAE,
    Autoencoder as Autoencoder,
    Autoregressive as Autoregressive,
    BernoulliMixture as BernoulliMixture,
    Classifier as Classifier,
    Consistency as Consistency,
    Diffusion as Diffusion,
    Flow as Flow,
    FlowMatching as FlowMatching,
    GaussianMixture as GaussianMixture,
    GenerativeModel as GenerativeModel,
    HierarchicalVAE as HierarchicalVAE,
    InfoGAN as InfoGAN,
    StyleGAN as StyleGAN,
)
from .recipe import (
    Curve as Curve,
    Recipe as Recipe,
    Reference as Reference,
)
from .record import Record as Record
from .registry import (
    describe as describe,
    list_models as list_models,
    load as load,
)

__version__: str
