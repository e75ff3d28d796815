"""Pictures of every mode and kind that Pillow writes: read by the rules of docs/data.md, or refused by name.

What a file shows is worked out in NumPy from the numbers that were written, not by Pillow.
"""

import io
import itertools
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from kerasgen.data import images
from kerasgen.errors import InvalidDataError

GENERATOR = np.random.default_rng(0)
HEIGHT, WIDTH = 5, 7
GROUND = (10, 200, 90)
SMOOTH = np.stack(np.meshgrid(*[np.linspace(40, 215, n) for n in (16, 24, 3)], indexing="ij"))[:2].mean(0)


def noise(*channels, low=0, high=256):
    return GENERATOR.integers(low, high, (HEIGHT, WIDTH, *channels)).astype("uint8")


# What is shown: (red, green, blue, alpha), floats (height, width, 4), of what was written.


def rgba(colors, alpha=255.0):
    colors = np.broadcast_to(colors, (*colors.shape[:2], 3)).astype("float64")
    return np.concatenate(
        [colors, np.broadcast_to(np.asarray(alpha, "float64"), colors[..., :1].shape)], axis=-1
    )


def gray(levels):
    return rgba(np.asarray(levels, "float64")[..., None])


def of_cmyk(inks):
    inks = inks.astype("float64")
    return rgba((255 - inks[..., :3]) * (255 - inks[..., 3:]) / 255)


def of_ycbcr(x):
    """ITU-T T.871, section 7."""
    y, cb, cr = np.moveaxis(x.astype("float64"), -1, 0) - [[[0]], [[128]], [[128]]]
    colors = [y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb]
    return rgba(np.clip(np.stack(colors, -1), 0, 255))


def seen(shown, channels):
    """The levels that must be read."""
    if channels == 4:
        return shown
    alpha = shown[..., 3:] / 255
    colors = alpha * shown[..., :3] + (1 - alpha) * np.array(GROUND)
    return colors if channels == 3 else colors @ np.array([[0.299], [0.587], [0.114]])


# What is written: {case: (bytes, what is shown, how far a level may be off)}.


def file(picture, kind, **options):
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def palette(colors=16):
    indices, table = noise(high=colors), GENERATOR.integers(0, 256, (colors, 3)).astype("uint8")
    picture = Image.fromarray(indices)
    picture.putpalette(table.ravel().tolist())
    return picture, table[indices], indices


def lossless():
    bits = noise(high=2) == 1
    level, pair, color, full, inks = noise(), noise(2), noise(3), noise(4), noise(4)
    sixteen = GENERATOR.integers(0, 65536, (HEIGHT, WIDTH)).astype("uint16")
    modes = {
        "1": (Image.fromarray(bits), gray(bits * 255)),
        "L": (Image.fromarray(level), gray(level)),
        "LA": (Image.fromarray(pair), rgba(pair[..., :1], pair[..., 1:])),
        "RGB": (Image.fromarray(color), rgba(color)),
        "RGBA": (Image.fromarray(full), rgba(full[..., :3], full[..., 3:])),
        "I;16": (Image.fromarray(sixteen), gray(sixteen / 257)),
        "CMYK": (Image.fromarray(inks, mode="CMYK"), of_cmyk(inks)),
        "YCbCr": (Image.fromarray(color, mode="YCbCr"), of_ycbcr(color)),
        "RGBX": (Image.fromarray(full, mode="RGBX"), rgba(full[..., :3])),
    }
    kinds = {
        "PNG": (("1", "L", "LA", "RGB", "RGBA", "I;16"), [{}, {"optimize": True}, {"compress_level": 0}]),
        "BMP": (("1", "L", "RGB", "RGBA"), [{}]),
        "GIF": (("1", "L"), [{}, {"interlace": 0}]),
        "WEBP": (("L", "RGB", "RGBA"), [{"lossless": True, "exact": True}]),
        "TIFF": (
            tuple(modes),
            [{}, *({"compression": name} for name in ("packbits", "tiff_lzw", "tiff_adobe_deflate"))],
        ),
    }  # fmt: skip
    for kind, (written, choices) in kinds.items():
        for mode in written:
            for options in choices:
                picture, shown = modes[mode]
                if (kind, mode) == ("BMP", "RGBA"):  # the fourth byte is reserved there
                    shown = rgba(shown[..., :3])
                words = "-".join(str(value) for value in options.values())
                yield f"{kind}-{mode}-{words}", (file(picture, kind, **options), shown, 1.0)
    yield "TIFF-1-group4", (file(modes["1"][0], "TIFF", compression="group4"), modes["1"][1], 0)


def palettes():
    for colors in (2, 4, 16, 200):
        for kind in ("PNG", "BMP", "GIF", "TIFF", "WEBP"):
            picture, shown, _ = palette(colors)
            options = {"lossless": True} if kind == "WEBP" else {}
            yield f"{kind}-P{colors}", (file(picture, kind, **options), rgba(shown), 1.0)
    for kind in ("PNG", "GIF"):
        picture, shown, indices = palette()
        clear = np.where(indices == 3, 0, 255)[..., None]
        yield f"{kind}-P-clear", (file(picture, kind, transparency=3), rgba(shown, clear), 1.0)
    picture, shown, indices = palette()
    alphas = bytes(range(0, 256, 16))
    alpha = np.frombuffer(alphas, "uint8")[indices][..., None]
    yield "PNG-P-alphas", (file(picture, "PNG", transparency=alphas), rgba(shown, alpha), 1.0)


# Files that Pillow does not write.


def tiff(pixels, photometric, bits, apart=False, packed=False, **tags):
    """A TIFF 6.0 file in little-endian order: bits a sample of every sample, and other tags by number."""
    strips = [zlib.compress(strip) if packed else strip for strip in pixels]
    fields = {256: WIDTH, 257: HEIGHT, 258: bits, 259: 8 if packed else 1, 262: photometric, 277: len(bits)}
    fields |= {278: HEIGHT, 284: 1 + apart} | {int(name[1:]): value for name, value in tags.items()}
    sizes, ends = tuple(map(len, strips)), 2 + 12 * (len(fields) + 2) + 4
    fields |= {273: tuple(8 + sum(sizes[:i]) for i in range(len(sizes))), 279: sizes}
    body, entries, after = b"".join(strips), [], b""
    for tag, value in sorted(fields.items()):
        values = value if isinstance(value, tuple) else (value,)
        content = struct.pack(f"<{len(values)}H", *values)
        if len(content) > 4:
            where = 8 + len(body) + ends + len(after)
            content, after = struct.pack("<I", where), after + content
        entries.append(struct.pack("<HHI", tag, 3, len(values)) + content.ljust(4, b"\0"))
    head = struct.pack("<2sHI", b"II", 42, 8 + len(body)) + body + struct.pack("<H", len(entries))
    return head + b"".join(entries) + bytes(4) + after


def png(rows, bits, **chunks):
    """A gray PNG file of rows that are packed."""
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, 0, 0, 0, 0)
    parts = {
        "IHDR": header,
        **chunks,
        "IDAT": zlib.compress(b"".join(b"\0" + row for row in rows)),
        "IEND": b"",
    }
    named = [(name.encode() + content, len(content)) for name, content in parts.items()]
    chunk = lambda content, size: struct.pack(">I", size) + content + struct.pack(">I", zlib.crc32(content))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in named)


def bits_of(levels, bits):
    """Rows of levels as bytes, the highest bit first."""
    places = levels[..., None].astype("uint32") >> np.arange(bits)[::-1] & 1
    return [row.tobytes() for row in np.packbits(places.reshape(len(levels), -1).astype("uint8"), axis=1)]


def depths():
    for bits in (2, 4):
        levels = noise(high=2**bits)
        alpha = np.where(levels == levels[0, 0], 0, 255)[..., None]
        content = png(bits_of(levels, bits), bits, tRNS=struct.pack(">H", levels[0, 0]))
        yield f"PNG-{bits}-clear", (content, rgba(levels[..., None] * 255.0 / (2**bits - 1), alpha), 0)
    for bits, photometric in itertools.product((2, 4, 8, 12, 16), (0, 1)):
        if (bits, photometric) == (12, 0):  # Pillow has no such mode
            continue
        levels = GENERATOR.integers(0, 2**bits, (HEIGHT, WIDTH))
        shown = levels * 255.0 / (2**bits - 1)
        rows = [levels.astype("<u2").tobytes()] if bits == 16 else bits_of(levels, bits)
        content = tiff([b"".join(rows)], photometric, (bits,))
        yield f"TIFF-{bits}-{photometric}", (content, gray(shown if photometric else 255 - shown), 0)


def small_frame():
    """A frame of GIF that does not fill its canvas."""
    picture, shown, _ = palette()
    content = file(picture, "GIF")
    canvas = np.zeros((HEIGHT + 3, WIDTH + 2, 4))
    canvas[:HEIGHT, :WIDTH] = rgba(shown)
    yield "GIF-canvas", (content[:6] + struct.pack("<HH", WIDTH + 2, HEIGHT + 3) + content[10:], canvas, 1.0)


def clear():
    level, color = noise(high=9), noise(3, high=2) * 200
    shown = rgba(level[..., None], np.where(level == 4, 0, 255)[..., None])
    yield "PNG-L-clear", (file(Image.fromarray(level), "PNG", transparency=4), shown, 1.0)
    hidden = (color == np.array([200, 0, 200])).all(-1, keepdims=True)
    shown = rgba(color, np.where(hidden, 0, 255))
    yield "PNG-RGB-clear", (file(Image.fromarray(color), "PNG", transparency=(200, 0, 200)), shown, 1.0)


def lossy():
    level = SMOOTH[..., 0].astype("uint8")
    color = np.stack([level, level[::-1], 255 - level], -1)
    inks = np.concatenate([color, level[..., None] // 2], -1)
    clear = np.concatenate([color, level[..., None]], -1)
    best = {"quality": 100, "subsampling": 0}
    for name, options in {"plain": best, "progressive": best | {"progressive": True}}.items():
        yield f"JPEG-L-{name}", (file(Image.fromarray(level), "JPEG", **options), gray(level), 4)
        yield f"JPEG-RGB-{name}", (file(Image.fromarray(color), "JPEG", **options), rgba(color), 4)
        picture = Image.fromarray(inks, mode="CMYK")
        yield f"JPEG-CMYK-{name}", (file(picture, "JPEG", **options), of_cmyk(inks), 5)
    yield "WEBP-RGB", (file(Image.fromarray(color), "WEBP", quality=100), rgba(color), 12)
    shown = rgba(clear[..., :3], clear[..., 3:])
    yield "WEBP-RGBA", (file(Image.fromarray(clear), "WEBP", quality=100, exact=True), shown, 12)
    yield (
        "TIFF-jpeg",
        (file(Image.fromarray(color), "TIFF", compression="jpeg", quality=100), rgba(color), 12),
    )


def turned():
    """What TIFF 6.0 and EXIF call orientation 1 to 8, as axes."""
    turns = {
        1: lambda x: x, 2: lambda x: x[:, ::-1], 3: lambda x: x[::-1, ::-1], 4: lambda x: x[::-1],
        5: lambda x: x.swapaxes(0, 1), 6: lambda x: np.rot90(x, -1),
        7: lambda x: x[::-1, ::-1].swapaxes(0, 1), 8: lambda x: np.rot90(x, 1),
    }  # fmt: skip
    color = SMOOTH.astype("uint8")
    color = np.stack([color[..., 0], color[::-1, ..., 0], 255 - color[:, ::-1, 0] // 2], -1)
    for orientation, turn in turns.items():
        exif = Image.Exif()
        exif[274] = orientation
        for kind, off in {"PNG": 0, "TIFF": 0, "WEBP": 0, "JPEG": 4}.items():
            options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}}.get(kind, {})
            content = file(Image.fromarray(color), kind, exif=exif, **options)
            yield f"{kind}-turned{orientation}", (content, rgba(turn(color)), off)


def not_turned():
    """XMP's orientation is none of EXIF."""
    picture, xmp = Image.fromarray(noise(3)), b'<rdf:Description tiff:Orientation="6"/>'
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", xmp.decode())
    kinds = {
        "PNG": {"pnginfo": text},
        "WEBP": {"lossless": True, "xmp": xmp},
        "TIFF": {"tiffinfo": {700: xmp}},
    }
    for kind, options in kinds.items():
        yield f"{kind}-xmp", (file(picture, kind, **options), rgba(np.asarray(picture)), 0)


def moving():
    """Of several frames or pages the first."""
    frames = [noise(3, high=2) * 255 for _ in range(3)]
    first, *others = [Image.fromarray(frame) for frame in frames]
    for kind in ("PNG", "TIFF", "WEBP", "GIF"):
        options = {"lossless": True} if kind == "WEBP" else {}
        content = file(first, kind, save_all=True, append_images=others, **options)
        yield f"{kind}-moving", (content, rgba(frames[0]), 1.0)


KINDS = lossless, palettes, depths, small_frame, clear, lossy, turned, not_turned, moving
READ = dict(case for cases in KINDS for case in cases())


def read(tmp_path, content, shape, channels):
    path = tmp_path / "x.png"  # whatever is inside
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return images.read(path, (*shape, channels), GROUND)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_picture_is_read_as_the_rules_say(tmp_path, channels):
    wrong = {}
    for case, (content, shown, off) in READ.items():
        found = read(tmp_path, content, shown.shape[:2], channels).astype("float64")
        expected = seen(shown, channels)
        if channels == 4:  # of a color that is not seen nothing is said
            found, expected = (x * (shown[..., 3:] > 0) for x in (found, expected))
        difference = np.abs(found - expected).max()
        if difference > off + 1 - 0.5 * (channels == 4):
            wrong[case] = difference
    assert wrong == {} and len(READ) > 100


def refused():
    """Kinds that are not opened, and levels without a stated white."""
    color, level = Image.fromarray(noise(3)), Image.fromarray(noise())
    for kind in (
        "PPM",
        "TGA",
        "PCX",
        "SGI",
        "ICO",
        "JPEG2000",
        "DDS",
        "PDF",
        "EPS",
        "QOI",
        "AVIF",
        "ICNS",
    ):
        try:
            yield kind, file(color.resize((32, 32)), kind)
        except (KeyError, OSError, ValueError):  # Pillow was built without it
            continue
    yield "MSP", file(Image.fromarray(noise() > 99), "MSP")
    yield "XBM", file(Image.fromarray(noise() > 99), "XBM")
    for dtype in ("int32", "float32"):
        yield f"TIFF-{dtype}", file(Image.fromarray(noise().astype(dtype)), "TIFF")
    planes = [noise().tobytes() for _ in range(3)]
    yield "TIFF-signed", tiff(planes[:1], 1, (8,), t339=2)
    yield "TIFF-16-apart", tiff([plane * 2 for plane in planes], 2, (16, 16, 16), apart=True)
    yield "TIFF-LA-apart", tiff(planes[:2], 1, (8, 8), apart=True, packed=True, t338=2)
    yield "TIFF-YCbCr-subsampled", tiff([b"".join(planes)], 6, (8, 8, 8), t530=(2, 2))
    yield "TIFF-LAB", file(Image.fromarray(noise(3), mode="LAB"), "TIFF")
    for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF"):
        content = file(level, kind)
        yield f"{kind}-cut-off", content[: len(content) // 2]
        yield f"{kind}-empty", content[:3]


REFUSED = dict(refused())


def test_what_cannot_be_read_is_refused_with_its_name(tmp_path):
    taken = []
    for case, content in REFUSED.items():
        try:
            read(tmp_path, content, (HEIGHT, WIDTH), 3)
            taken.append(case)
        except InvalidDataError as error:
            assert "x.png" in str(error)
    assert taken == [] and len(REFUSED) > 20
