"""Text to image: drawn faces of 64x64 pixels out of noise, as a caption of hair and eyes asks for them.

`model.sample(8, condition="blue hair, red eyes")`. A small Transformer reads the caption and is trained with
the U-Net, which sees patches of 4x4 pixels as one position. It predicts the face, not the noise: the 48
numbers of a patch are as many as its channels, and noise would leave no room beside it (Li & He, 2025,
arXiv:2511.13720).
`guidance` above 1 makes it listen more. The faces were crawled from the web and their artists not asked:
these weights are for research only.
"""

import kerasgen as kg

IMAGE = (64, 64, 3)
BATCH, EPOCHS = 64, 80
WAY = {
    "parametrization": "x0",
    "weighting": "v",
    "time_distribution": "logit_normal",
    "guidance": 2.0,
    "num_steps": 10,
}


def build(
    widths=(48, 88),
    blocks=2,
    attention=(1,),
    groups=8,
    text=64,
    image_shape=IMAGE,
    captions=None,
    decay_steps=EPOCHS * (10_293 // BATCH),
    seed=0,
    **options,
):
    """Adam with a rate that falls to zero along half a cosine; `text` is the width of the text encoder.

    `captions` are texts that hold all words which it is to know; default those of the faces.
    """
    words = kg.spaces.Text(captions or kg.data.faces.CAPTIONS)
    encoder = kg.networks.text.encoder(words.vocabulary, words.length, text)
    network = kg.networks.unet.unet(
        image_shape, widths, blocks, patch=4, attention=attention, groups=groups, encoder=encoder
    )
    model = kg.Diffusion(network, condition=words, ema=0.999, seed=seed, **WAY | options)
    model.compile(kg.training.decaying_adam(1e-3, decay_steps), jit_compile=False)
    return model


GUIDANCE = {weight: {"guidance": weight} for weight in (0.5, 1.0, 2.0, 4.0, 8.0)}

recipe = kg.Recipe(
    build=build,
    data="anime_faces",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"widths": (4,), "blocks": 1, "attention": (), "groups": 2, "text": 4, "num_steps": 2},
    family="diffusion",
    condition="text",
    evaluator="lenet_anime_hair",
    judges=("lenet_anime_eyes",),
    curve=kg.Curve("guidance", "label_accuracy", {"color of the hair": GUIDANCE}, num=1000),
    reference=kg.Reference("Ho et al. (2020)", "2006.11239"),
)
