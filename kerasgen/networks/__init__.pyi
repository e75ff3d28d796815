from . import (
    dcgan as dcgan,
    lenet as lenet,
    mlp as mlp,
    text as text,
    unet as unet,
    vae as vae,
    vqvae as vqvae,
)
