"""One image file to uint8 pixels, as a viewer shows it."""

import os
import warnings

import numpy as np
from PIL import Image, ImageColor, ImageOps, UnidentifiedImageError

from kerasgen.data import frames
from kerasgen.errors import InvalidDataError
from kerasgen.ops import checks

# What Pillow may open, whatever a file is called, and what such files are called.
FORMATS = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg"),
    "BMP": (".bmp",),
    "GIF": (".gif",),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
}
ENDINGS = tuple(ending for endings in FORMATS.values() for ending in endings)
MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def read(path, shape, background=(255, 255, 255), crop=False, invert=False):
    """The image of a file, uint8 of `shape`.

    - Levels of n bits become round(255 level / (2^n - 1)); colors of 16 bits in TIFF, which Pillow cannot
      read, their higher byte. Those of 32 bits, signed ones and floats are refused, since no file says which
      level is white.
    - An image with an EXIF orientation is turned upright; that of XMP is not asked.
    - Transparent pixels are composed on `background`, unless 4 channels are asked for.
    - CMYK, YCbCr, palettes, gray and 1 bit are converted, other color spaces (LAB) refused; of an animation
      the first frame is taken, of a TIFF file the first page. Neither color profiles nor gamma are applied.
    - It is resized to (height, width) by antialiased bicubic interpolation: squeezed, or with `crop` cut to
      the middle of it that has the right proportions.

    Args:
        path: File.
        shape: (height, width, channels), channels 1, 3 or 4.
        background: (red, green, blue), each 0 to 255.
        crop: Whether what does not fit the proportions of `shape` is cut off.
        invert: Whether levels become 255 - level, as where ink on paper is to be white on black.

    Raises:
        InvalidDataError: If the file is none of `FORMATS`, is broken, has levels of 32 bits, or more than
            `PIL.Image.MAX_IMAGE_PIXELS` pixels; names the file.
    """
    name = os.fspath(path)
    if not os.path.isfile(name):  # opening a pipe would wait for ever
        raise InvalidDataError(f"`path` must hold files that can be read. Received: {name!r}, which is none.")
    try:
        with open(name, "rb") as file:
            return decode(file, shape, background, name, crop, invert)
    except OSError as error:
        raise InvalidDataError(f"`path` holds an image that cannot be read: {name!r} ({error}).") from error


def decode(file, shape, background, name, crop=False, invert=False):
    """The image in an open binary file, of which errors speak as `name`; see `read`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = frames.first(file, list(FORMATS))
        return fitted(image, shape, background, crop, invert)
    except Exception as error:  # a parser may raise anything on a broken or hostile file
        unknown = isinstance(error, UnidentifiedImageError)
        reason = f"it is none of {', '.join(FORMATS)}" if unknown else f"{type(error).__name__}: {error}"
        raise InvalidDataError(f"`path` holds an image that cannot be read: {name!r} ({reason}).") from error


def fitted(image, shape, background=(255, 255, 255), crop=False, invert=False):
    """A PIL image of 8 bits a level as uint8 pixels of `shape`; arguments as in `read`."""
    height, width, channels = shape
    image, size = _converted(image, MODES[channels], background), (width, height)
    if crop:
        image = ImageOps.fit(image, size, Image.Resampling.BICUBIC)
    else:
        image = image.resize(size, Image.Resampling.BICUBIC)
    pixels = np.asarray(image).reshape(shape)
    if not invert:
        return pixels
    colors = min(channels, 3)  # transparency is none
    return np.concatenate([255 - pixels[..., :colors], pixels[..., colors:]], axis=-1)


def color(name, value):
    """(red, green, blue) of a color's name ("white", "#ffffff") or of three ints; ValueError otherwise."""
    try:
        found = ImageColor.getrgb(value) if isinstance(value, str) else checks.members(name, value, "ints", 3)
        if len(found) != 3:
            raise ValueError
        return tuple(checks.integer(name, level, 0, 255) for level in found)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`{name}` must be the name of a color or (red, green, blue), 0 to 255. "
            f"Received: {name}={checks.received(value)}."
        ) from error


def _converted(image, mode, background):
    if image.mode == "YCbCr":  # whose Y is the gray of colors that a screen does not show
        image = image.convert("RGB")
    if mode == "RGBA" or not image.has_transparency_data:
        return image.convert(mode)
    ground = Image.new("RGBA", image.size, (*background, 255))
    return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB").convert(mode)
