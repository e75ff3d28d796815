"""The first frame of a picture file, by Pillow; where Pillow reads another it is put right or refused."""

import numpy as np
import tensorflow as tf
from PIL import Image, ImageOps

UNSCALED = ("I", "F")  # 32 bits a level, of which no file says what is white
EIGHT_BITS = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")
# Tags of TIFF 6.0, and their values that matter here.
BITS, COMPRESSION, PHOTOMETRIC, PLANES, SAMPLE_FORMAT, SUBSAMPLING = 258, 259, 262, 284, 339, 530
UNCOMPRESSED, WHITE_IS_ZERO, YCBCR, APART, SIGNED = 1, 0, 6, 2, 2


def first(file, formats):
    """The first frame of an open binary file, upright, with 8 bits a level; docs/data.md has the rules.

    Args:
        file: At its beginning.
        formats: Names that Pillow has for the kinds of files that may be opened.

    Raises:
        ValueError: If the file does not say which level is white, or Pillow would read another picture.
        Exception: Whatever Pillow raises of a file that is broken, or of another kind.
    """
    with Image.open(file, formats=formats) as image:
        if image.format == "TIFF":
            _check_tiff(image)
        image.info = _without_xmp(image.info)  # a TIFF file is turned while it is loaded
        box = image.tile[0].extents if image.format == "GIF" else (0, 0, *image.size)
        image.load()
        depth, info = _depth(file) if image.format == "PNG" else None, _without_xmp(image.info)
        if depth in (2, 4) and isinstance(info.get("transparency"), int) and image.mode == "L":
            info["transparency"] *= 255 // (2**depth - 1)  # Pillow scales all levels but the transparent one
        if depth == 16:  # Pillow would cut levels of colors, not round them
            image = _rounded(_of_png(file), 65535)
        elif image.mode.startswith("I;16"):
            image = _rounded(*_of_tiff(image))
        if image.mode in UNSCALED:
            raise ValueError("it has 32 bits a level and does not say which is white; save it with 8 or 16")
        if image.mode not in EIGHT_BITS:
            raise ValueError(f"its colors are {image.mode}; save it as RGB")
        image.info = info
        return ImageOps.exif_transpose(_on_canvas(image, box))


def _without_xmp(info):
    """Of metadata what is not XMP, whose orientation Pillow would take for one of EXIF."""
    return {name: value for name, value in info.items() if name not in ("xmp", "XML:com.adobe.xmp")}


def _check_tiff(image):
    """Refuses signed levels, and channels that do not lie where Pillow looks for them."""
    tags = image.tag_v2
    raw, bits = tags.get(COMPRESSION, UNCOMPRESSED) == UNCOMPRESSED, max(tags.get(BITS, (1,)))
    if SIGNED in tags.get(SAMPLE_FORMAT, ()) and bits < 32:
        raise ValueError("its levels are signed, and it does not say which is white; save it without signs")
    if tags.get(PLANES) == APART and (image.mode in ("LA", "PA") or (raw and bits > 8)):
        raise ValueError("its channels lie apart; save it with those of a pixel together")
    if raw and tags.get(PHOTOMETRIC) == YCBCR and tags.get(SUBSAMPLING, (2, 2)) != (1, 1):
        raise ValueError("its YCbCr colors are fewer than its pixels, without compression; save it as RGB")


def _of_tiff(image):
    """(levels, the highest there is) of gray with more than 8 bits; 0 becomes black."""
    found, white = np.asarray(image), 2 ** image.tag_v2[BITS][0] - 1
    return (white - found if image.tag_v2.get(PHOTOMETRIC) == WHITE_IS_ZERO else found), white


def _of_png(file):
    file.seek(0)
    return tf.io.decode_png(file.read(), channels=4, dtype="uint16").numpy()


def _depth(file):
    """Bits a level of a PNG file, by its header."""
    file.seek(24)
    return file.read(1)[0]


def _rounded(levels, white):
    return Image.fromarray(((levels.astype("uint32") * 255 + white // 2) // white).astype("uint8"))


def _on_canvas(image, box):
    """A frame of GIF on its canvas, which is clear where the frame is not; Pillow has its color 0 there."""
    if box[2] - box[0] >= image.width and box[3] - box[1] >= image.height:
        return image
    canvas = Image.new("RGBA", image.size)
    canvas.paste(image.convert("RGBA").crop(box), box)
    return canvas
