from . import (
    dcgan as dcgan,
    lenet as lenet,
    mlp as mlp,
    pixelcnn as pixelcnn,
    raster as raster,
    resnet as resnet,
    stylegan2 as stylegan2,
    text as text,
    unet as unet,
    vae as vae,
    vqvae as vqvae,
)
