"""Draws labelled pictures as people have them: three kinds of figures in ink, of many formats and sizes.

    python examples/odd_pictures.py FOLDER [NUM]

Circles, crosses and squares lie in a folder each. They are gray, colored, transparent, 16 bits deep, turned
by EXIF, CMYK or of a palette, between 36 and 90 pixels large; and there are files that are no pictures.
"""

import pathlib
import sys

import numpy as np
from PIL import Image, ImageDraw

KINDS = ("circle", "cross", "square")


def figure(kind, generator):
    """A gray PIL image of a dark figure on light paper."""
    side = int(generator.integers(36, 91))
    picture = Image.new("L", (side, side), int(generator.integers(220, 256)))
    radius, ink = side * generator.uniform(0.22, 0.36), int(generator.integers(0, 60))
    x, y = side / 2 + generator.uniform(-0.1, 0.1, 2) * side
    box, width = [x - radius, y - radius, x + radius, y + radius], max(3, side // 10)
    draw = ImageDraw.Draw(picture)
    if kind == "circle":
        draw.ellipse(box, outline=ink, width=width)
    elif kind == "square":
        draw.rectangle(box, outline=ink, width=width)
    else:
        draw.line(box, fill=ink, width=width)
        draw.line([box[0], box[3], box[2], box[1]], fill=ink, width=width)
    return picture


def turned(path, picture):
    """A photograph that says how it is to be turned."""
    exif = Image.Exif()
    exif[274] = 6
    picture.rotate(90, expand=True).save(path, exif=exif, quality=95)


def clear(path, picture):
    """Ink on nothing: what is not drawn is transparent, and black if one looked."""
    ink = picture.point(lambda level: 255 if level < 128 else 0)
    hidden = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    Image.composite(Image.new("RGBA", picture.size, (20, 20, 20, 255)), hidden, ink).save(path)


WAYS = {
    ".png": lambda path, picture: picture.save(path),
    ".deep.png": lambda path, picture: Image.fromarray(np.asarray(picture).astype("uint16") * 257).save(path),
    ".clear.png": clear,
    ".palette.png": lambda path, picture: picture.convert("P").save(path),
    ".jpg": lambda path, picture: picture.convert("RGB").save(path, quality=95),
    ".turned.jpg": turned,
    ".ink.jpeg": lambda path, picture: picture.convert("RGB").convert("CMYK").save(path, quality=95),
    ".bmp": lambda path, picture: picture.save(path),
    ".gif": lambda path, picture: picture.save(path),
    ".webp": lambda path, picture: picture.convert("RGB").save(path, lossless=True),
    ".tif": lambda path, picture: picture.save(path, compression="tiff_lzw"),
    ".bits.tiff": lambda path, picture: picture.convert("1", dither=Image.Dither.NONE).save(path),
}


def write(folder, num, seed=0):
    """Writes `num` pictures below `folder`, number i in way i of `WAYS`."""
    folder, generator, ways = pathlib.Path(folder), np.random.default_rng(seed), list(WAYS.items())
    for number in range(num):
        kind = KINDS[number % len(KINDS)]
        ending, save = ways[number // len(KINDS) % len(ways)]
        (folder / kind).mkdir(parents=True, exist_ok=True)
        save(folder / kind / f"{number:04d}{ending}", figure(kind, generator))
    (folder / "circle" / "notes.txt").write_text("not a picture")
    (folder / "circle" / "._0000.png").write_bytes(b"what another system leaves behind")


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2000)
