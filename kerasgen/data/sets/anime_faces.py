"""Drawn faces, of files that a person brings: three sets of the same images."""

from kerasgen.data.registry import register

ABOUT = {
    "size": "29 MB, brought by hand",
    "license": "not stated; for research only",
    "origin": "github.com/antoncoding/Deep_Learning_GAN; the artists were not asked",
}


@register("anime_faces", **ABOUT)
def anime_faces(split, data_dir):
    """11,418 drawn faces, 64x64 in color, and captions such as "black hair, blue eyes"."""
    from kerasgen.data import faces

    return faces.with_captions(split, data_dir)


@register("anime_hair", **ABOUT)
def anime_hair(split, data_dir):
    """The images of anime_faces, and the color of the hair, one of twelve."""
    from kerasgen.data import faces

    return faces.with_hair(split, data_dir)


@register("anime_eyes", **ABOUT)
def anime_eyes(split, data_dir):
    """The images of anime_faces, and the color of the eyes, one of eleven."""
    from kerasgen.data import faces

    return faces.with_eyes(split, data_dir)
