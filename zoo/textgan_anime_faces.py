"""Text to image by a GAN: drawn faces of 64x64 pixels, as a caption of hair and eyes asks for them.

`sample(8, condition="blue hair, red eyes")`. Each player reads the caption by a small Transformer of its
own, whose vector stands beside the code, or beside the discriminator's last features. Real faces with the
caption of another one count as generated: a discriminator that never saw such pairs would judge the face
alone. Faces are mirrored and moved before it sees them, not recolored, since captions speak of colors. They
were crawled from the web and their artists not asked: these weights are for research only.
"""

import kerasgen as kg
from kerasgen.zoo import dcgan_mnist

IMAGE = (64, 64, 3)
BATCH, EPOCHS = 64, 80
KINDS = ("flip", "translation", "cutout")


def build(
    width=32,
    depth=4,
    latent_dim=100,
    text=64,
    rate=2e-3,
    image_shape=IMAGE,
    captions=None,
    decay_steps=EPOCHS * (10_293 // BATCH),
    seed=0,
    **options,
):
    """GAN-CLS (Algorithm 1); `text` is the width of the encoders; `options` are those of `GAN`."""
    words = kg.spaces.Text(captions or kg.data.faces.CAPTIONS)
    encoder = lambda: kg.networks.text.encoder(words.vocabulary, words.length, text)
    dcgan = kg.networks.dcgan
    model = kg.GAN(
        dcgan.generator(image_shape, latent_dim, width, depth, encoder=encoder()),
        dcgan.discriminator(image_shape, width, depth, encoder=encoder(), condition="concatenation"),
        condition=words,
        seed=seed,
        **{"mismatch_weight": 0.5, "augmentation": kg.layers.augmentation.Augmentation(KINDS)}
        | dcgan_mnist.HELD
        | options,
    )
    return dcgan_mnist.compiled(model, rate, decay_steps)


recipe = kg.Recipe(
    build=build,
    data="anime_faces",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 4, "latent_dim": 8, "text": 4},
    family="gan",
    condition="text",
    evaluator="lenet_anime_hair",
    judges=("lenet_anime_eyes",),
    reference=kg.Reference("Reed et al. (2016)", "1605.05396"),
)
