"""Model families: one file a family, each a `keras.Model` with its own `train_step`."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["conditions"],
    submod_attrs={
        "base": ["ZooModel"],
        "autoencoder": ["Autoencoder"],
        "classifier": ["Classifier"],
        "adversarial_consistency": ["AdversarialConsistency"],
        "consistency": ["Consistency"],
        "diffusion": ["Diffusion"],
        "flow_matching": ["FlowMatching"],
        "gan": ["GAN"],
        "generative": ["GenerativeModel"],
        "hierarchical": ["HierarchicalVAE"],
        "mixture": ["BernoulliMixture", "GaussianMixture"],
        "pca": ["PCA"],
        "vae": ["VAE"],
        "vaegan": ["VAEGAN"],
        "vqvae": ["VQVAE"],
    },
)
