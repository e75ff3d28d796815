"""Lets Keras find the classes of this package by name, whether Keras or kerasgen is imported first.

A `.keras` file names the classes that it needs, as "kerasgen>GAN". Keras does not import them by itself, and
this package imports them only when they are used; here they are announced without importing them.
"""

import importlib

import wrapt

# Every class under `keras.saving.register_keras_serializable("kerasgen")`, by the module that offers it.
CLASSES = {
    "kerasgen.bijectors": (
        "ActNorm",
        "Affine",
        "Chain",
        "Coupling",
        "FactorOut",
        "Flatten",
        "Inverse",
        "InvertibleLinear",
        "Logit",
        "MaskedAutoregressive",
        "Permutation",
        "Planar",
        "RationalQuadratic",
        "Shift",
        "Squeeze",
    ),
    "kerasgen.layers.attention": ("SelfAttention",),
    "kerasgen.layers.augmentation": ("Augmentation",),
    "kerasgen.layers.autoencoding": ("MADE", "NADE"),
    "kerasgen.layers.causal": ("CoordinateBias", "Gate"),
    "kerasgen.layers.causal_attention": ("CausalAttention",),
    "kerasgen.layers.causal_self_attention": ("CausalSelfAttention",),
    "kerasgen.layers.codebook": ("Codebook",),
    "kerasgen.layers.diagonal": ("DiagonalBiLSTM", "GridLSTM"),
    "kerasgen.layers.dilated": ("DilatedConvolution",),
    "kerasgen.layers.equalized": ("EqualizedConv2D", "EqualizedDense", "ModulatedConv2D", "SmoothUpsampling"),
    "kerasgen.layers.masked": ("MaskedConv2D", "VerticalConv2D"),
    "kerasgen.layers.masked_dense": ("MaskedDense",),
    "kerasgen.layers.normalization": ("GroupNormSiLU",),
    "kerasgen.layers.recurrent": ("RasterLSTM", "RowLSTM"),
    "kerasgen.layers.reversal": ("Reversal",),
    "kerasgen.layers.source_attention": ("SourceAttention",),
    "kerasgen.layers.spectrogram": ("LogMelSpectrogram",),
    "kerasgen.layers.stepwise": ("GRU", "LSTM", "PositionEmbedding"),
    "kerasgen.layers.styles": ("BatchSpread", "LearnedImage", "NoiseInjection", "TrackedMean"),
    "kerasgen.layers.token_embedding": ("TokenEmbedding",),
    "kerasgen.layers.upsampling": ("SubpixelTranspose", "UpsampledConv2D"),
    "kerasgen.metrics.fidelity": ("FrechetDistance",),
    "kerasgen.models.energy.bipartite": ("BipartiteEnergy",),
    "kerasgen.models": (
        "Autoencoder",
        "Autoregressive",
        "BernoulliMixture",
        "Classifier",
        "Consistency",
        "Diffusion",
        "Flow",
        "FlowMatching",
        "GAN",
        "GSN",
        "GaussianMixture",
        "GumbelGAN",
        "HierarchicalVAE",
        "InfoGAN",
        "PCA",
        "PolicyGradient",
        "RBM",
        "SequenceModel",
        "StyleGAN",
        "VAE",
        "VAEGAN",
        "VQVAE",
    ),
    "kerasgen.layers.scale": ("GlobalLogScale",),
    "kerasgen.objectives.rewards": ("Bleu",),
    "kerasgen.objectives.teacher_forcing": ("Exponential", "InverseSigmoid", "Linear"),
    "kerasgen.training": ("CosineThenConstant", "FusedAdam"),
}


class Deferred:
    """Stands for a class among Keras's custom objects until the class is imported and takes its place."""

    def __init__(self, module, name):
        self.module, self.name = module, name

    def load(self):
        return getattr(importlib.import_module(self.module), self.name)

    def from_config(self, config):
        return self.load().from_config(config)


def announce():
    """Makes the classes known to Keras: now if it is imported, else as soon as it will be."""
    wrapt.register_post_import_hook(_register, "keras")


def _register(keras):
    known = keras.saving.get_custom_objects()
    for module, names in CLASSES.items():
        for name in names:
            known.setdefault(f"kerasgen>{name}", Deferred(module, name))
