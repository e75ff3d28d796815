"""kerasgen: a zoo of generative models for Keras, trained, measured and ready to serve."""

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "cards", "cli", "data", "distributions", "errors", "evaluation", "layers", "metrics", "models",
        "networks", "objectives", "ops", "pictures", "publish", "recipe", "registry", "samplers", "serving",
        "training", "weights",
    ],
    submod_attrs={
        "models": [
            "AdversarialConsistency", "Autoencoder", "BernoulliMixture", "Classifier", "Consistency",
            "Diffusion", "FlowMatching", "GAN", "GaussianMixture", "GenerativeModel", "HierarchicalVAE",
            "PCA", "VAE", "VAEGAN", "VQVAE",
        ],
        "recipe": ["Curve", "Recipe", "Record", "Reference"],
        "registry": ["describe", "list_models", "load"],
    },
)  # fmt: skip
