"""StyleGAN2 on drawn faces of 64x64 pixels: styles by layer, noise by pixel, and few images.

The configuration of the paper with fewer filters, two taps at each change of resolution, and a mapping
network of four layers. Real and generated faces are changed alike before the discriminator sees them.
`sample(16, truncation=0.7)` draws faces nearer to the mean. The faces were crawled from the web and their
artists not asked: these weights are for research only.
"""

import kerasgen as kg

IMAGE = (64, 64, 3)
BATCH, EPOCHS = 32, 80
TAPS = (1, 1)
KINDS = ("flip", "brightness", "saturation", "contrast", "translation")


def build(widths=(128, 128, 64, 32, 16), style=128, depth=4, rate=2e-3, seed=0, **options):
    """`widths` are the filters at sides 4, 8, ..., 64; `options` are those of `StyleGAN`."""
    networks = kg.networks.stylegan2
    model = kg.StyleGAN(
        networks.mapping(style, style, depth),
        networks.synthesis(widths, style, IMAGE[-1], TAPS),
        networks.discriminator(IMAGE, widths[::-1], 4, TAPS),
        seed=seed,
        **{"ema": 0.9985, "augmentation": kg.layers.augmentation.Augmentation(KINDS)} | options,
    )
    adam = lambda: kg.training.FusedAdam(rate, beta_1=0.0, beta_2=0.99, epsilon=1e-8)
    model.compile(adam(), adam(), jit_compile=False)
    return model


recipe = kg.Recipe(
    build=build,
    data="anime_faces",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"widths": (4, 4, 4, 4, 4), "style": 4, "depth": 1},
    family="gan",
    evaluator="lenet_anime_hair",
    variants={f"truncation {psi}": {"truncation": psi} for psi in (0.5, 0.7)},
    reference=kg.Reference(
        "Karras et al. (2020)", "1912.04958", metric="FID on FFHQ at 64x64, of StyleGAN2", value="3.32",
    ),
)  # fmt: skip
