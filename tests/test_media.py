"""Samples as pictures, texts, sounds and films: pixels that are known, files that read back."""

import wave

import numpy as np
import pytest
from helpers import refusals
from PIL import Image

from kerasgen import media, spaces


def test_the_usual_file_is_that_of_the_space():
    found = {media.usual_ending(space) for space in (None, spaces.Box((4, 4, 1), 0, 1), spaces.Label(3))}
    assert found == {".png"} and media.usual_ending(spaces.Waveform((4,))) == ".wav"
    assert media.usual_ending(spaces.Characters("ab", 4)) == ".txt"


def test_an_image_grid_has_one_pixel_of_margin_and_is_enlarged_by_a_whole_factor():
    images = np.array([[[[1.0]]], [[[-1.0]]], [[[0.0]]]], "float32")  # three images of one pixel
    grid = media.image_grid(images, (-1, 1))
    assert grid.size == (600, 600) and grid.mode == "L"
    levels = np.asarray(grid)[60::120, 60::120]  # a cell of 5x5 pixels was enlarged 120 times
    assert levels.tolist() == [[0] * 5, [0, 255, 0, 0, 0], [0] * 5, [0, 128, 0, 0, 0], [0] * 5]
    colored = media.image_grid(np.full((1, 1, 2, 3), (10, 20, 30), "uint8"))
    assert np.asarray(colored)[225, 225].tolist() == [10, 20, 30]


def test_columns_decide_the_grid():
    images = np.arange(4, dtype="uint8").reshape(4, 1, 1, 1)
    row = np.asarray(media.image_grid(images, columns=4))
    assert row[100, [100, 233, 366, 500]].tolist() == [0, 1, 2, 3] and row.shape == (198, 594)


def test_floats_without_a_range_are_stretched_between_their_extremes():
    images = np.array([[[[10.0]]], [[[30.0]]]])
    assert set(np.unique(np.asarray(media.image_grid(images)))) == {0, 255}
    assert media.image_grid(np.full((1, 1, 1, 1), np.float32(7))).size == (600, 600)


def test_pairs_alternate_and_classes_are_columns():
    samples = np.arange(4, dtype="uint8").reshape(4, 1, 1, 1)
    grid = np.asarray(media.pairs(samples, 100 + samples, columns=2))
    cell = grid.shape[1] // 5
    centers = [cell * 3 // 2, cell * 7 // 2]
    rows = [*centers, *(center + 4 * cell for center in centers)]
    assert grid[np.ix_(rows, centers)].tolist() == [[0, 1], [100, 101], [2, 3], [102, 103]]
    images = np.array([5, 6, 7], "uint8").reshape(3, 1, 1, 1)
    grid = np.asarray(media.by_class(images, np.array([1, 0, 1]), each=2))
    assert grid[np.ix_(centers, centers)].tolist() == [[6, 5], [0, 7]]


def test_points_and_signals_are_drawn():
    random = np.random.default_rng(0)
    for samples in (random.normal(size=(50, 1)), random.normal(size=(50, 2)), np.zeros((5, 2))):
        assert media.points(samples).size == (600, 600)
    assert media.points(random.normal(size=(50, 2)), random.normal(size=(60, 2))).size == (600, 600)
    assert media.signal(np.zeros((3, 48, 2))).width > 200


def test_a_waveform_is_drawn_with_its_spectrogram():
    """The energy of a tone of 2 kHz stands at half the height of a spectrogram up to 4 kHz."""
    tone = np.sin(2 * np.pi * 2000 * np.arange(4000) / 8000)[None]
    image = np.asarray(media.waveform(tone, 8000).convert("L")).astype(int)
    lower = image[len(image) // 2 :, image.shape[1] // 2]
    bright = np.flatnonzero((lower > 150) & (lower < 250))  # the tone; white is around the axes
    dark = np.flatnonzero(lower < 30)
    assert abs(bright.mean() - (dark.min() + dark.max()) / 2) < 0.1 * len(lower)
    assert media.waveform(np.zeros((1, 2)), 1).width > 200  # silence, shorter than any window


def test_a_wav_file_reads_back(tmp_path):
    path = str(tmp_path / "a.wav")
    media.write_wav(path, [0.0, 1.0, -1.0, 2.0, 0.5], 8000)
    with wave.open(path) as file:
        assert file.getparams()[:4] == (1, 2, 8000, 5)
        assert np.frombuffer(file.readframes(5), "<i2").tolist() == [0, 32767, -32767, 32767, 16384]
    media.write_wav(path, np.zeros((7, 2)), 44100)
    with wave.open(path) as file:
        assert file.getparams()[:4] == (2, 2, 44100, 7)


@pytest.mark.parametrize("ending", ["gif", "webp"])
def test_a_film_has_its_frames(ending, tmp_path):
    frames = np.zeros((2, 3, 4, 4, 1), "uint8")
    frames[:, 1], frames[:, 2] = 255, 128
    path = str(tmp_path / f"film.{ending}")
    media.film(frames, path, fps=10)
    with Image.open(path) as film:
        assert film.n_frames == 3
        for time, level in enumerate((0, 255, 128)):
            film.seek(time)
            size = film.size[0]
            assert abs(film.convert("L").getpixel((size // 4, film.size[1] // 2)) - level) < 3
    strip = media.film_strip(frames)
    assert strip.size == (592, 407)  # two rows of three frames, each enlarged 37 times


def test_texts_are_drawn_and_written(tmp_path):
    texts = ["床前明月光\n疑是地上霜", "a $ b _ c^2 \x00", "word " * 100, ""]
    sheet = media.text_sheet(texts)
    assert sheet.width == 700 and np.asarray(sheet.convert("L")).min() < 100
    media.write_texts(tmp_path / "a.txt", texts)
    assert (tmp_path / "a.txt").read_text("utf-8").startswith("床前明月光\n疑是地上霜\n\na $ b")
    media.write_texts(tmp_path / "b.txt", [b"\xe5\xba\x8a", "\ud800"])
    assert (tmp_path / "b.txt").read_text("utf-8") == "床\n\n\\ud800\n\n"


@pytest.mark.parametrize(
    "shape", [(9, 8, 8, 1), (9, 8, 8, 3), (9, 8, 8, 4), (9, 2), (9, 5), (9, 48, 1), (9, 4, 8, 8, 1)]
)
def test_a_sheet_goes_by_the_shape(shape):
    samples = np.random.default_rng(0).uniform(-1, 1, shape)
    assert media.sheet(samples, spaces.Box(shape[1:], -1, 1)).width > 200


KINDS = {
    "film": (spaces.Frames((3, 4, 4, 1), -1, 1), "gif"),
    "sound": (spaces.Waveform((400,), rate=8000), "wav"),
    "tokens": (spaces.Tokens(5, 7), "txt"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_space_says_how_its_samples_are_shown_and_saved(kind, tmp_path):
    space, _ = KINDS[kind]
    samples = space.examples(2, np.random.default_rng(0))
    assert media.sheet(samples, space).width > 200
    for name, (_, other) in KINDS.items():
        path = tmp_path / f"a.{other}"
        if name == kind:
            media.save(str(path), samples, space)
            assert path.stat().st_size
        else:
            with pytest.raises(ValueError, match="`path`"):
                media.save(str(path), samples, space)
    media.save(str(tmp_path / "a.npy"), samples, space)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), samples)


nothing = np.zeros((2, 8, 8, 5))
test_what_cannot_be_shown_is_refused = refusals(
    {
        "five bands": (lambda: media.sheet(nothing), "samples"),
        "one number": (lambda: media.sheet(3.0), "samples"),
        "a range": (lambda: media.sheet(nothing[..., :1], (-1, 1)), TypeError, "space"),
        "a range to save by": (lambda: media.save("none.png", nothing, (-1, 1)), TypeError, "space"),
        "two channels": (lambda: media.image_grid(nothing[..., :2]), "images"),
        "no image": (lambda: media.image_grid(nothing[:0, ..., :1]), "images"),
        "no columns": (lambda: media.image_grid(nothing[..., :1], columns=0), "columns"),
        "points in space": (lambda: media.points(np.zeros((4, 3))), "samples"),
        "signals of rank 4": (lambda: media.signal(nothing), "samples"),
        "a stereo picture": (lambda: media.waveform(np.zeros((2, 9, 2)), 8000), "x"),
        "rate": (lambda: media.waveform(np.zeros((2, 9)), 0), "rate"),
        "rate of a file": (lambda: media.write_wav("none.wav", [0.0], 8e3), TypeError, "rate"),
        "a wave that is not finite": (lambda: media.write_wav("none.wav", [np.nan], 8000), "x"),
        "fps": (lambda: media.film(np.zeros((1, 2, 4, 4, 1)), "none.gif", fps=0), "fps"),
        "ending": (lambda: media.film(np.zeros((1, 2, 4, 4, 1)), "none.mp4"), "path"),
        "frames": (lambda: media.film_strip(nothing), "frames"),
        "no text": (lambda: media.text_sheet([]), "texts"),
        "numbers": (lambda: media.text_sheet([1]), TypeError, "texts"),
    }
)
