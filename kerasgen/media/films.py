"""Films: an animated grid, and a strip of frames for a page."""

import numpy as np

from kerasgen.atomic import local_path
from kerasgen.media import arguments
from kerasgen.media.images import image_grid
from kerasgen.ops import checks

STRIP = 8  # films of a strip, and frames of each


def film(frames, path, fps=8, value_range=None):
    """Writes films, side by side in a grid, as one animated picture that repeats.

    Args:
        frames: Array (num, time, height, width, channels) with 1 or 3 channels.
        path: File to write; ends in ".gif" or ".webp".
        fps: Frames a second, from 1 to 50, the most that players of GIF show.
        value_range: (low, high) of its values, shown as black and white; None for uint8, and for floats
            without a range, whose least and greatest value are taken.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """
    fps = checks.number("fps", fps, 1, 50)
    path = local_path("path", path)
    if not path.lower().endswith((".gif", ".webp")):
        raise ValueError(f"`path` must end in .gif or .webp. Received: path={path!r}.")
    frames = arguments.films("frames", frames, value_range)
    grids = [image_grid(frames[:, time]) for time in range(frames.shape[1])]
    grids[0].save(path, save_all=True, append_images=grids[1:], duration=round(1000 / fps), loop=0)


def film_strip(frames, value_range=None):
    """A PIL image with a film in each row: up to 8 films, and up to 8 frames of each, evenly spread.

    Args:
        frames: Array (num, time, height, width, channels) with 1 or 3 channels.
        value_range: As in `film`.

    Raises:
        TypeError, ValueError: If an argument is none of these.
    """
    frames = arguments.films("frames", frames, value_range)
    length = frames.shape[1]
    times = np.unique(np.linspace(0, length - 1, min(STRIP, length)).round().astype(int))
    shown = frames[:STRIP, times]
    return image_grid(shown.reshape(-1, *shown.shape[2:]), columns=len(times))
