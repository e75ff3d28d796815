"""A person's own images: read as a viewer shows them, or refused with the file's name."""

import os
import struct
import warnings
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import kerasgen as kg
from kerasgen.data import images
from kerasgen.errors import InvalidDataError, MissingDataError

LEVELS = np.array([[0, 1000, 30000, 65535]], "uint16")
WHITE = (255, 255, 255)


def folder(path, shape, **arguments):
    options = {"batch_size": 1, "shuffle": False, "progress": False, "value_range": (0, 255)} | arguments
    return kg.data.from_folder(path, shape, **options)


def read(tmp_path, picture, name="x.png", channels=3, background=WHITE, **options):
    """The pixels of a picture after it was written and read again, at its own size."""
    path = tmp_path / name
    if isinstance(picture, bytes):
        path.write_bytes(picture)
    else:
        picture.save(path, **options)
    with Image.open(path) as image:
        return images.read(path, (image.height, image.width, channels), background).tolist()


def grey(*levels):
    return Image.fromarray(np.array([levels], "uint8"))


def test_folder_of_images(tmp_path):
    (tmp_path / "sub").mkdir()
    for index, name in enumerate(["b.png", "a.jpg", "sub/c.PNG", "notes.txt"]):
        if name.endswith("txt"):
            (tmp_path / name).write_text("not a picture")
        else:
            Image.new("RGB", (20, 10), (index * 100,) * 3).save(tmp_path / name)
    (batch,) = kg.data.from_folder(tmp_path, (8, 8, 3), batch_size=3, shuffle=False, progress=False)
    assert batch.shape == (3, 8, 8, 3)
    np.testing.assert_allclose(batch[:, 0, 0, 0], [100 / 127.5 - 1, -1, 200 / 127.5 - 1], atol=0.02)


def test_folder_names_the_image_that_it_cannot_read(tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(InvalidDataError, match=r"broken\.png"):
        kg.data.from_folder(tmp_path, (8, 8, 1), progress=False)
    with pytest.raises(MissingDataError, match="`path`"):
        kg.data.from_folder(tmp_path / "nothing", (8, 8, 1))


@pytest.mark.parametrize("name", ["x.png", "x.tif"])
def test_levels_of_16_bits_are_divided_by_257(tmp_path, name):
    assert read(tmp_path, Image.fromarray(LEVELS), name, 1) == [[[0], [4], [117], [255]]]


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_png_colors_of_16_bits_are_divided_by_257(tmp_path, channels):
    pixels = np.repeat(LEVELS[..., None], channels, -1)
    if channels != 3:
        pixels[..., -1] = 65535
    found = read(tmp_path, tf.io.encode_png(pixels).numpy(), channels=4)
    assert found == [[[level] * 3 + [255] for level in (0, 4, 117, 255)]]


@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_levels_without_a_stated_white_are_refused(tmp_path, dtype):
    with pytest.raises(InvalidDataError, match=r"x\.tif.*32 bits"):
        read(tmp_path, Image.fromarray(LEVELS.astype(dtype)), "x.tif")


UPRIGHT = {
    1: [[0, 1, 2], [3, 4, 5]],
    2: [[2, 1, 0], [5, 4, 3]],
    3: [[5, 4, 3], [2, 1, 0]],
    4: [[3, 4, 5], [0, 1, 2]],
    5: [[0, 3], [1, 4], [2, 5]],
    6: [[3, 0], [4, 1], [5, 2]],
    7: [[5, 2], [4, 1], [3, 0]],
    8: [[2, 5], [1, 4], [0, 3]],
}


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_exif_orientations_are_applied(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    expected = np.array(UPRIGHT[orientation])
    stored = np.arange(6, dtype="uint8").reshape(2, 3) * 40
    for name, picture, options in (
        ("x.png", Image.fromarray(stored), {}),
        ("x.tif", Image.fromarray(stored), {}),
        ("x.webp", Image.fromarray(stored).convert("RGB"), {"lossless": True}),
        ("x.jpg", Image.fromarray(np.kron(stored, np.ones((16, 16), "uint8"))), {"quality": 100}),
        ("16.png", Image.fromarray(stored.astype("uint16") * 257), {}),
    ):
        picture.save(tmp_path / name, exif=exif, **options)
        scale = 16 if name == "x.jpg" else 1
        shape = (*(side * scale for side in expected.shape), 1)
        found = images.read(tmp_path / name, shape)[scale // 2 :: scale, scale // 2 :: scale, 0]
        np.testing.assert_array_equal(found, expected * 40, err_msg=name)


def palette(transparency=None):
    """Two pixels, magenta and blue."""
    picture = Image.new("P", (2, 1))
    picture.putpalette([255, 0, 255, 0, 0, 255])
    picture.putpixel((1, 0), 1)
    return picture


TRANSPARENT = {  # (picture, name, options of saving, pixels on white)
    "alpha": (Image.new("RGBA", (1, 1), (255, 0, 255, 0)), "x.png", {}, [[255, 255, 255]]),
    "half": (Image.new("RGBA", (1, 1), (255, 0, 0, 128)), "x.png", {}, [[255, 127, 127]]),
    "webp": (Image.new("RGBA", (1, 1), (255, 0, 255, 0)), "x.webp", {"lossless": True}, [[255, 255, 255]]),
    "grey and alpha": (Image.new("LA", (1, 1), (50, 0)), "x.png", {}, [[255, 255, 255]]),
    "png palette": (palette(), "x.png", {"transparency": 0}, [[255, 255, 255], [0, 0, 255]]),
    "gif palette": (palette(), "x.gif", {"transparency": 0}, [[255, 255, 255], [0, 0, 255]]),
    "palette of alphas": (palette(), "x.png", {"transparency": b"\0\x80"}, [[255] * 3, [127, 127, 255]]),
    "grey tRNS": (grey(7, 100), "x.png", {"transparency": 7}, [[255] * 3, [100] * 3]),
    "16 bit tRNS": (
        Image.fromarray(LEVELS[:, 1:]),
        "x.png",
        {"transparency": 1000},
        [[255] * 3, [117] * 3, [255] * 3],
    ),
    "1 bit tRNS": (grey(0, 255).convert("1"), "x.png", {"transparency": 0}, [[255] * 3] * 2),
}


@pytest.mark.parametrize("case", TRANSPARENT)
def test_transparent_pixels_show_the_background(tmp_path, case):
    picture, name, options, expected = TRANSPARENT[case]
    assert read(tmp_path, picture, name, **options) == [expected]
    assert read(tmp_path, picture, name, 1, **options)[0][0] == [
        round(np.dot(expected[0], [0.299, 0.587, 0.114]))
    ]


def test_the_background_is_an_argument_and_four_channels_keep_transparency(tmp_path):
    Image.new("RGBA", (1, 1), (255, 0, 255, 0)).save(tmp_path / "x.png")
    pixel = lambda channels, **arguments: np.ravel(
        next(iter(folder(tmp_path, (1, 1, channels), **arguments)))
    ).tolist()
    assert pixel(3) == [255, 255, 255]
    assert pixel(3, background="#008000") == pixel(3, background=(0, 128, 0)) == [0, 128, 0]
    assert pixel(1, background="black") == [0]
    assert pixel(4) == [255, 0, 255, 0]
    for background in ("no color", (0, 0), (0, 0, 256), "#ffffff80", None, 3):
        with pytest.raises(ValueError, match="`background`"):
            folder(tmp_path, (1, 1, 3), background=background)


def test_modes_without_transparency_have_their_values(tmp_path):
    assert read(tmp_path, palette(), "x.png") == [[[255, 0, 255], [0, 0, 255]]]
    for name in ("x.png", "x.bmp", "x.tif"):
        assert read(tmp_path, grey(0, 255).convert("1"), name, 1) == [[[0], [255]]]
    assert read(tmp_path, grey(0, 7, 255), "x.png", 4) == [[[0, 0, 0, 255], [7, 7, 7, 255], [255] * 4]]
    for name in ("x.jpg", "x.tif"):
        assert read(tmp_path, Image.new("CMYK", (1, 1), (255, 0, 0, 0)), name) == [[[0, 255, 255]]]
        assert read(tmp_path, Image.new("CMYK", (1, 1), (0, 0, 0, 255)), name) == [[[0, 0, 0]]]


@pytest.mark.parametrize("name", ["x.gif", "x.png", "x.webp", "x.tif"])
def test_the_first_frame_is_taken(tmp_path, name):
    first, second = Image.new("RGB", (1, 1), (10, 10, 10)), Image.new("RGB", (1, 1), (200, 200, 200))
    options = {"lossless": True} if name == "x.webp" else {}
    assert read(tmp_path, first, name, save_all=True, append_images=[second], **options) == [[[10, 10, 10]]]


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width, height, pixels=b"\0\0", color=0):
    header = struct.pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


REFUSED = {
    "bomb": (png(60_000, 60_000), "bomb"),
    "large": (png(10_000, 10_000), "bomb"),
    "truncated": (png(4, 4, zlib.compress(bytes(20)))[:-24], "truncated"),
    "no data": (png(1, 1, b""), ""),
    "palette missing": (png(1, 1, zlib.compress(b"\0"), color=3), ""),
    "psd": (b"8BPS\0\1" + bytes(6) + b"\0\3\0\0\0\1\0\0\0\1\0\x08\0\3" + bytes(40), "none of PNG"),
    "ppm": (b"P5 1 1 255\n\0", "none of PNG"),
    "eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", "none of PNG"),
    "empty": (b"", "none of PNG"),
    "text": (b"no picture", "none of PNG"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_with_its_name(tmp_path, case):
    content, reason = REFUSED[case]
    (tmp_path / "a b.png").write_bytes(content)
    with warnings.catch_warnings(), pytest.raises(InvalidDataError, match=rf"a b\.png.*({reason})"):
        warnings.simplefilter("error")
        folder(tmp_path, (1, 1, 1))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "x.png")
    with pytest.raises(InvalidDataError, match=r"x\.png"):
        folder(tmp_path, (1, 1, 1))


def test_hidden_files_are_left_out_and_others_are_named(tmp_path):
    for name in ("b.tiff", "A.TIF", ".hidden/c.png", ".ipynb_checkpoints/d.png", "sub/._e.png", "sub/f.bmp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        grey(len(name)).save(tmp_path / name, "TIFF" if "tif" in name.lower() else None)
    (tmp_path / "g.heic").write_bytes(b"")
    with pytest.warns(UserWarning, match=r"`path`.*skipped.*g\.heic"):
        found = folder(tmp_path, (1, 1, 1))
    assert [int(level) for batch in found for level in np.ravel(batch)] == [
        5,
        6,
        9,
    ]  # A.TIF, b.tiff, sub/f.bmp
    (tmp_path / "g.heic").unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        folder(tmp_path / ".hidden", (1, 1, 1))  # asked for by name


def test_links_to_folders_are_followed_and_loops_are_said(tmp_path):
    (tmp_path / "own" / "cats").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    grey(1).save(tmp_path / "own" / "cats" / "x.png")
    grey(2).save(tmp_path / "elsewhere" / "y.png")
    (tmp_path / "own" / "dogs").symlink_to(tmp_path / "elsewhere")
    options = {"batch_size": 2, "labels": "folders"}
    (pixels, labels), *_ = folder(tmp_path / "own", (1, 1, 1), **options)
    assert np.ravel(pixels).tolist() == [1, 2] and labels.numpy().tolist() == [0, 1]
    (tmp_path / "own" / "cats" / "again").symlink_to(tmp_path / "own")
    (tmp_path / "own" / "aaa").symlink_to(tmp_path / "own" / "cats")  # sorted first, yet no folder of its own
    with pytest.warns(UserWarning, match="again"):
        (pixels, labels), *_ = found = folder(tmp_path / "own", (1, 1, 1), **options)
    assert np.ravel(pixels).tolist() == [1, 2] and found.class_names == ("aaa", "cats", "dogs")
    assert labels.numpy().tolist() == [1, 2]


def classes(tmp_path):
    for level, name in enumerate(["b/x.png", "b/deep/y.png", "a/z.png"]):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        grey(level).save(tmp_path / name)
    (tmp_path / "empty").mkdir()
    (tmp_path / "__MACOSX").mkdir()
    return tmp_path


def pairs(dataset):
    return {
        int(np.ravel(pixel)[0]): label.numpy()
        for batch in dataset
        for pixel, label in zip(*batch, strict=True)
    }


def test_labels_are_the_folders(tmp_path):
    found = folder(classes(tmp_path), (1, 1, 1), labels="folders")
    assert found.class_names == ("a", "b", "empty") and pairs(found) == {0: 1, 1: 1, 2: 0}
    assert found.map(lambda x, y: (x, y)).batch(3).class_names == found.class_names
    found = folder(tmp_path, (1, 1, 1), labels="folders", class_names=["b", "a"])
    assert found.class_names == ("b", "a") and pairs(found) == {0: 0, 1: 0, 2: 1}
    with pytest.raises(InvalidDataError, match=r"z\.png"):
        folder(tmp_path, (1, 1, 1), labels="folders", class_names=["b"])
    grey(3).save(tmp_path / "outside.png")
    with pytest.raises(InvalidDataError, match=r"outside\.png"):
        folder(tmp_path, (1, 1, 1), labels="folders")


@pytest.mark.parametrize(
    "column, labels, expected, names",
    [
        ("label", [7, 7, 0], {0: 7, 1: 7, 2: 0}, None),
        ("label", ["dog", "dog", "cat"], {0: 1, 1: 1, 2: 0}, ("cat", "dog")),
        ("caption", ["a, b", "c", "雪"], {0: b"a, b", 1: b"c", 2: "雪".encode()}, None),
    ],
)
def test_labels_are_read_from_a_table(tmp_path, column, labels, expected, names):
    files = ["b/x.png", "./b/deep/y.png", "a/z.png"]
    table = classes(tmp_path) / "labels.csv"
    rows = [f'{file},"{label}"' for file, label in zip(files, labels, strict=True)]
    table.write_text("\n".join([f"file,{column}", *rows]), encoding="utf-8-sig")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the table itself is not one of the files that are skipped
        found = folder(tmp_path, (1, 1, 1), labels=table)
    assert pairs(found) == expected and found.class_names == names


@pytest.mark.parametrize(
    "text",
    [
        "",
        "file;label\nb/x.png;1\n",
        "file,label\n",
        "file,label\nb/x.png,1\nb/deep/y.png,1\n",
        "file,label\nb/x.png,1\nb/deep/y.png,1\na/z.png,1\na/z.png,2\n",
        "file,label\nb/x.png,1\nb/deep/y.png,1\na/z.png,1\na/none.png,2\n",
        "file,label\nb/x.png,1\nb/deep/y.png,1\na/z.png\n",
        "file,label\nb/x.png,cat\nb/deep/y.png,cat\na/z.png,\n",
    ],
)
def test_tables_that_do_not_fit_are_refused(tmp_path, text):
    table = classes(tmp_path) / "labels.csv"
    table.write_text(text)
    with pytest.raises(InvalidDataError, match=r"`labels`.*labels\.csv|`labels` must hold the classes"):
        folder(tmp_path, (1, 1, 1), labels=table)


def test_wrong_arguments_are_refused_before_a_file_is_read(tmp_path):
    (tmp_path / "broken.png").write_bytes(b"")  # a read would name this
    for name, error, wrong in [
        ("path", TypeError, [None, 3, b"x"]),
        ("path", MissingDataError, ["", "\0", tmp_path / "none", tmp_path / "broken.png"]),
        (
            "image_shape",
            (TypeError, ValueError),
            [None, "ab", (8, 8), (8, 8, 2), (0, 8, 1), (8.0, 8, 1), (2**31, 8, 1)],
        ),
        ("labels", TypeError, [3, b"x", ["a"], True]),
        ("labels", MissingDataError, ["none.csv", tmp_path]),
        ("class_names", (TypeError, ValueError), ["ab", ["a"], [], 3, np.array(3.0)]),
        ("batch_size", (TypeError, ValueError), [0, "1", None, 1.0]),
        ("seed", (TypeError, ValueError), [-1, None, "0"]),
        ("shuffle", TypeError, [None, 1, "no"]),
        ("progress", TypeError, [None, 1]),
        ("value_range", (TypeError, ValueError), [None, "ab", (1, -1), (0, 0), (0, 1, 2), (np.nan, 1), {}]),
    ]:
        for value in wrong:
            with pytest.raises(error, match=f"`{name}`"):
                folder(
                    **{
                        "path": tmp_path,
                        "shape": (1, 1, 1),
                        **({"shape": value} if name == "image_shape" else {name: value}),
                    }
                )
