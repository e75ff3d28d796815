from . import (
    dcgan as dcgan,
    lenet as lenet,
    made as made,
    mlp as mlp,
    pixelcnn as pixelcnn,
    pixelrnn as pixelrnn,
    resnet as resnet,
    stylegan2 as stylegan2,
    text as text,
    unet as unet,
    vae as vae,
    vqvae as vqvae,
)
