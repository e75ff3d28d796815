from . import (
    dcgan as dcgan,
    flows as flows,
    lenet as lenet,
    mlp as mlp,
    resnet as resnet,
    stylegan2 as stylegan2,
    text as text,
    unet as unet,
    vae as vae,
    vqvae as vqvae,
)
