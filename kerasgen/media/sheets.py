"""Samples of any space as one picture, or as a file of the kind that suits them."""

import functools
import os

import numpy as np

from kerasgen import spaces
from kerasgen.atomic import local_path
from kerasgen.media import arguments, charts, films, images, scatter, sound, text
from kerasgen.ops import checks

SHOWN = (
    "images (num, height, width, 1, 3 or 4), points (num, numbers), signals (num, length, channels) "
    "and films (num, time, height, width, 1 or 3)"
)


def sheet(samples, space=None):
    """A PIL image of samples: a grid of images, points, waveforms, texts, or a strip of films.

    Args:
        samples: Array (num, ...).
        space: Space of one sample; None shows uint8 images, or numbers, by the shape of the array.

    Raises:
        TypeError: If `space` is none.
        ValueError: If samples of that space or shape cannot be shown.
    """
    return _picture(_checked(space), checks.real("samples", samples))


def save(path, samples, space=None):
    """Writes samples to a file, as its ending says.

    Args:
        path: ".png" for `sheet`; ".npy" for the array; ".txt" for texts and tokens, one a line; ".wav" for
            waveforms, one after the other; ".gif" or ".webp" for films that move.
        samples, space: As in `sheet`.

    Raises:
        TypeError: If `space` is none.
        ValueError: If the ending is none of these, or of another kind of samples.
    """
    space, path, samples = _checked(space), local_path("path", path), checks.real("samples", samples)
    ending = os.path.splitext(path)[1].lower()
    checks.choice("path", ending, (".png", ".npy", ".txt", ".wav", ".gif", ".webp"))
    if ending == ".npy":
        np.save(path, samples)
    elif ending == ".png":
        sheet(samples, space).save(path)
    elif ending == ".txt" and (lines := texts(samples, space)) is not None:
        text.write_texts(path, lines)
    elif ending == ".wav" and isinstance(space, spaces.Waveform):
        sound.write_wav(path, np.concatenate(list(samples)), space.rate)
    elif ending in (".gif", ".webp") and isinstance(space, spaces.Frames):
        films.film(samples, path, space.rate, space.range)
    else:
        raise ValueError(f"`path` must not end in {ending} for samples of {space}. Received: path={path!r}.")


def usual_ending(space):
    """The ending of the file that samples of a space are written to where nothing else is asked for."""
    if isinstance(space, spaces.Waveform):
        return ".wav"
    return ".txt" if isinstance(space, spaces.Characters) else ".png"


def texts(samples, space):
    """Samples as strings: texts, or the numbers of tokens divided by blanks; None of any other space."""
    samples, space = checks.real("samples", samples), _checked(space)
    if isinstance(space, spaces.Characters):
        return space.texts(samples)
    if isinstance(space, spaces.Integers):
        return [" ".join(map(str, row)) for row in np.reshape(samples, (len(samples), -1))]
    return None


def _checked(space):
    if not (space is None or isinstance(space, spaces.Space)):
        raise TypeError(f"`space` must be a space or None. Received: space={checks.received(space)}.")
    return space


@functools.singledispatch
def _picture(space, samples):
    """By the shape of the array: what a `Box` or None leaves open."""
    value_range = None if space is None else space.range
    rank, width = samples.ndim, samples.shape[-1] if samples.ndim else 0
    if rank == 2:
        return scatter.points(samples) if width <= 2 else charts.signal(samples)
    if rank == 3:
        return charts.signal(samples)
    if rank == 4 and width in arguments.CHANNELS:
        return images.image_grid(samples, value_range)
    if rank == 5 and width in (1, 3):
        return films.film_strip(samples, value_range)
    raise ValueError(f"`samples` cannot be shown. Received: shape {samples.shape}. Shown: {SHOWN}.")


@_picture.register
def _(space: spaces.Frames, samples):
    return films.film_strip(samples, space.range)


@_picture.register
def _(space: spaces.Waveform, samples):
    return sound.waveform(samples, space.rate)


@_picture.register(spaces.Integers)
@_picture.register(spaces.Characters)
def _(space, samples):
    return text.text_sheet(texts(samples, space))
