from . import (
    adversarial as adversarial,
    autoregressive as autoregressive,
    classification as classification,
    closed_form as closed_form,
    core as core,
    diffusion as diffusion,
    energy as energy,
    flows as flows,
    variational as variational,
)
from .adversarial.gan import GAN as GAN
from .adversarial.infogan import InfoGAN as InfoGAN
from .adversarial.stylegan import StyleGAN as StyleGAN
from .autoregressive.autoregressive import Autoregressive as Autoregressive
from .autoregressive.gumbel_gan import GumbelGAN as GumbelGAN
from .autoregressive.policy_gradient import PolicyGradient as PolicyGradient
from .autoregressive.sequence_model import SequenceModel as SequenceModel
from .classification.classifier import Classifier as Classifier
from .closed_form.mixture import (
    BernoulliMixture as BernoulliMixture,
    GaussianMixture as GaussianMixture,
)
from .closed_form.pca import PCA as PCA
from .core.generative import GenerativeModel as GenerativeModel
from .core.latent import LatentModel as LatentModel
from .core.zoo_model import ZooModel as ZooModel
from .diffusion.consistency import Consistency as Consistency
from .diffusion.diffusion import Diffusion as Diffusion
from .diffusion.flow_matching import FlowMatching as FlowMatching
from .energy.gsn import GSN as GSN
from .energy.rbm import RBM as RBM
from .flows.flow import Flow as Flow
from .variational.autoencoder import Autoencoder as Autoencoder
from .variational.hierarchical import HierarchicalVAE as HierarchicalVAE
from .variational.vae import VAE as VAE
from .variational.vaegan import VAEGAN as VAEGAN
from .variational.vqvae import VQVAE as VQVAE
