"""What a picture file shows, by decoders that are not Pillow, under the rules of docs/data.md.

Each gives (levels, whether the file is lossy): red, green, blue and alpha from 0 to 255, (height, width, 4).
ImageMagick and Pillow may link the same libpng, libjpeg and libwebp; tifffile and the code below share none.
"""

import io
import subprocess

import numpy as np

MAGIC = {
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "JPEG": (b"\xff\xd8\xff",),
    "GIF": (b"GIF87a", b"GIF89a"),
    "BMP": (b"BM",),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
}
SECONDS = 120


class Undecided(Exception):
    """Nobody here knows what the file shows."""


def kind_of(content):
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    return next((kind for kind, starts in MAGIC.items() if content.startswith(starts)), "other")


def shown(kind, content, convert):
    """(float32 levels over white (height, width, 3), whether it is lossy); `convert` is ImageMagick's."""
    try:
        if kind == "BMP":
            x, lossy = bmp(content)
        elif kind == "TIFF":
            x, lossy = tiff(content, convert)
        else:
            x, lossy = imagemagick(kind, content, convert)
    except Undecided:
        raise
    except Exception as error:  # a decoder may raise anything on a broken file
        raise Undecided(f"{type(error).__name__}: {error}") from error
    alpha = x[..., 3:] / 255
    return np.asarray(alpha * x[..., :3] + (1 - alpha) * 255, "float32"), lossy


def imagemagick(kind, content, convert):
    """The first frame on its canvas, which is clear around it; upright by EXIF, without profile and gamma."""
    plain = ["-set", "colorspace", "sRGB"] if kind == "PNG" else []
    told = ["-print", "%W %H %X %Y %[orientation]\n", "-auto-orient", "-print", "%w %h\n"]
    out = ["-strip", "-depth", "16", "-endian", "MSB", "rgba:-"]
    done = run([convert, f"{kind.lower()}:-[0]", *plain, *told, *out], content)
    if done.returncode or done.stdout.count(b"\n") < 2:
        raise Undecided(f"ImageMagick: {done.stderr.decode(errors='replace').strip()[:150]}")
    page, size, levels = done.stdout.split(b"\n", 2)
    width, height = map(int, size.split())
    x = np.frombuffer(levels, ">u2").reshape(height, width, 4) / np.float32(257)
    if kind in ("GIF", "WEBP"):
        x = on_canvas(x, *map(int, page.split()[:4]))
    if kind == "PNG" and page.endswith(b"Undefined"):  # it does not look into the chunk of EXIF
        x = turned(x, orientation_of(content))
    return x, kind == "JPEG" or (kind == "WEBP" and b"VP8 " in content)


def on_canvas(x, width, height, left, top):
    whole = np.zeros((height, width, 4), "float32")
    if top + len(x) > height or left + x.shape[1] > width:
        raise Undecided("its frame goes beyond its canvas, which GIF89a forbids")
    whole[top : top + len(x), left : left + x.shape[1]] = x
    return whole


def orientation_of(content):
    """Of a PNG file, by the chunk of EXIF that is a TIFF file without pixels; 1 if there is none."""
    at = 8
    while at < len(content):
        size, name = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        exif, at = content[at + 8 : at + 8 + size], at + 12 + size
        if name == b"eXIf":
            order = "big" if exif[:2] == b"MM" else "little"
            number = lambda at, size: int.from_bytes(exif[at : at + size], order)  # noqa: B023
            first = number(4, 4) + 2
            entries = range(first, first + 12 * number(first - 2, 2), 12)
            return next((number(entry + 8, 2) for entry in entries if number(entry, 2) == 0x112), 1)
    return 1


def run(command, content):
    return subprocess.run(command, input=content, capture_output=True, timeout=SECONDS)


def joined(colors, alpha=255.0):
    shape = colors.shape[:2]
    parts = np.broadcast_to(colors, (*shape, 3)), np.broadcast_to(alpha, (*shape, 1))
    return np.concatenate(parts, axis=-1, dtype="float32")


# TIFF 6.0. What is read of the bytes is tifffile's work, what the numbers mean is said here.


LOSSY = ("JPEG", "OJPEG", "WEBP")


def tiff(content, convert):
    """The first page."""
    import tifffile

    with tifffile.TiffFile(io.BytesIO(content)) as file:
        page = file.pages[0]
        x, packing = page.asarray() * 1, page.compression.name
        orientation = page.tags.valueof("Orientation", 1)
    if (
        packing.startswith("CCITT")
        and b"Bad code word" in run([convert, "tiff:-[0]", "null:"], content).stderr
    ):
        raise Undecided("its fax codes are damaged, and what follows depends on where a decoder goes on")
    apart = page.planarconfig == 2 and x.ndim == 3
    x = np.moveaxis(x, 0, -1) if apart else x.reshape(page.imagelength, page.imagewidth, -1)
    return turned(of_samples(x, page), orientation), packing in LOSSY


def of_samples(x, page):
    photometric, bits, extra = page.photometric.name, page.bitspersample, [*map(int, page.extrasamples)]
    num = {"RGB": 3, "YCBCR": 3, "SEPARATED": 4}.get(photometric, 1)
    if photometric == "YCBCR" and page.compression.name not in LOSSY:  # in JPEG tifffile decodes colors, too
        x = of_ycbcr(x.astype("float32"))
    if photometric == "PALETTE":
        colors = page.colormap.T[x[..., 0]] // 256
    else:
        x = x // 256 if bits == 16 and num > 1 else x * np.float32(255 / (2**bits - 1))
        colors = np.asarray(x[..., :num], "float32")
    if photometric == "MINISWHITE":
        colors = 255 - colors
    if photometric == "SEPARATED":
        colors = (255 - colors[..., :3]) * (255 - colors[..., 3:]) / 255
    if x.shape[-1] == num or extra[:1] == [0]:
        return joined(colors)
    alpha = np.asarray(x[..., num : num + 1], "float32")  # also where the file does not say what it is
    return joined(colors * 255 / np.maximum(alpha, 1) if extra[:1] == [1] else colors, alpha)


def of_ycbcr(x):
    """ITU-T T.871, section 7."""
    y, blue, red = x[..., 0], x[..., 1] - 128, x[..., 2] - 128
    colors = [y + 1.402 * red, y - 0.344136 * blue - 0.714136 * red, y + 1.772 * blue]
    return np.clip(np.stack(colors, -1), 0, 255)


def turned(x, orientation):
    """Rows and columns as orientation 1 to 8 says."""
    x = x.swapaxes(0, 1) if orientation >= 5 else x
    down, right = orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7)
    return x[:: -1 if down else 1, :: -1 if right else 1]


# BMP, by the documentation of BITMAPCOREHEADER and of BITMAPINFOHEADER to BITMAPV5HEADER.


def bmp(content):
    number = lambda at, size=4, signed=False: int.from_bytes(content[at : at + size], "little", signed=signed)
    header, content_bytes = number(14), np.frombuffer(content, "uint8")
    if header == 12:
        width, height, bits, packing, colors, entry = number(18, 2), number(20, 2), number(24, 2), 0, 0, 3
    else:
        width, height, bits, packing = number(18), number(22, signed=True), number(28, 2), number(30)
        colors, entry = number(46), 4
    start, first = 14 + header, number(10)
    if bits <= 8 and first <= start:  # where the palette is
        first = start + entry * (colors or 2**bits)
    rows, stride = abs(height), (width * bits + 31) // 32 * 4
    if packing in (1, 2):
        data = of_runs(content[first:], width, rows, four=packing == 2)
    else:
        data = np.pad(content_bytes[first : first + stride * rows], (0, stride))[: stride * rows]
        data = data.reshape(rows, stride)
    if bits <= 8:
        index = data if packing in (1, 2) else of_bits(data, bits)[:, :width]
        table = content_bytes[start : min(first, start + entry * (colors or 2**bits))]
        x = joined(looked_up(index, table[: len(table) // entry * entry].reshape(-1, entry)[:, 2::-1]))
    elif bits == 24:
        x = joined(data[:, : 3 * width].reshape(rows, width, 3)[..., ::-1])
    else:
        given = [number(54 + 4 * i) for i in range(4 if header >= 56 else 3)]
        standard = (0x7C00, 0x3E0, 0x1F) if bits == 16 else (0xFF0000, 0xFF00, 0xFF)
        x = masked(data.view(f"<u{bits // 8}")[:, :width], given if packing == 3 else standard)
    return (x if height < 0 else x[::-1]), False


def of_bits(data, bits):
    parts = np.unpackbits(data, axis=1).reshape(len(data), -1, bits)
    return parts @ (1 << np.arange(bits)[::-1])


def looked_up(index, table):
    """Colors; an index beyond the palette is black."""
    whole = np.zeros((256, 3), "uint8")
    whole[: len(table)] = table[:256]
    return whole[index]


def masked(words, masks):
    """Colors, and transparency if the header has a mask of it, each scaled to 255."""
    levels = [(words & np.uint32(mask)) / mask * 255 if mask else np.full(words.shape, 255) for mask in masks]
    return joined(np.stack(levels[:3], -1), levels[3][..., None] if len(levels) > 3 else 255.0)


def of_runs(data, width, rows, four):
    """Indices of BI_RLE8 or, with `four` bits, BI_RLE4; 0 where no run is, and cut where a row ends."""
    index, x, y, at = np.zeros((rows, width), "uint8"), 0, 0, 0
    while at + 1 < len(data) and y < rows:
        num, value = data[at : at + 2]
        at += 2
        if num:
            run = [value >> 4, value & 15] * num if four else [value] * num
        elif value == 0:
            x, y = 0, y + 1
            continue
        elif value == 1:
            break
        elif value == 2:
            x, y, at = x + data[at], y + data[at + 1], at + 2
            continue
        else:
            num, size = value, (value + 1) // 2 if four else value
            run, at = list(data[at : at + size]), at + size + size % 2
            run = [part for one in run for part in (one >> 4, one & 15)] if four else run
            if x + num > width:
                raise Undecided(
                    f"{num} levels begin in column {x} of {width}, and nothing says where they go"
                )
        room = max(0, min(num, width - x))
        index[y, x : x + room], x = run[:room], x + num
    return index
