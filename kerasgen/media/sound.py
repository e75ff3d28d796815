"""Waveforms: drawn above their spectrograms, and written as WAV files."""

import wave

import numpy as np
from scipy import signal as scipy_signal

from kerasgen.atomic import local_path
from kerasgen.media import arguments, figures
from kerasgen.ops import checks

SHOWN = 20  # waveforms in a picture
DECIBELS = 80  # below the loudest, where a spectrogram is black
WINDOW = 256  # samples of a spectrogram's window; shorter waveforms have a shorter one


def waveform(x, rate, columns=4):
    """A PIL image of waveforms, each above its spectrogram in decibels.

    Args:
        x: Array (num, length) or (num, length, 1), values in [-1, 1]; the first 20 are shown.
        rate: Samples a second.
        columns: Waveforms in a row.

    Raises:
        TypeError, ValueError: If `x` has another shape, or `rate` or `columns` is no int >= 1.
    """
    rate, columns = checks.integer("rate", rate, 1, 2**31 - 1), arguments.columns(columns)
    words = "(num, length) or (num, length, 1) with length >= 2"
    x = arguments.numbers("x", x, words, (2, 3)).astype("float64")
    if x.shape[1] < 2 or x.shape[2:] not in ((), (1,)):
        raise ValueError(f"`x` must have shape {words}. Received: shape {x.shape}.")
    x = x[:SHOWN].reshape(-1, x.shape[1])
    columns = min(columns, len(x))
    rows = -(-len(x) // columns)
    figure, axes = figures.axes((3 * columns, 2.5 * rows), 2 * rows, columns)
    for ax in axes.flat:
        ax.set_axis_off()
    for index, one in enumerate(x):
        at = 2 * (index // columns), index % columns
        _wave(axes[at], one, rate)
        _spectrogram(axes[at[0] + 1, at[1]], one, rate)
    return figures.to_image(figure)


def write_wav(path, x, rate):
    """Writes one waveform as a WAV file of 16-bit PCM; values beyond [-1, 1] are clipped.

    Args:
        path: File to write.
        x: Array (length,) or (length, channels), finite.
        rate: Samples a second.

    Raises:
        TypeError, ValueError: If `x` is empty, not finite or of another rank, or `rate` is no int >= 1.
    """
    rate, x = checks.integer("rate", rate, 1, 2**31 - 1), checks.array("x", x)
    if x.ndim not in (1, 2) or not x.size:
        raise ValueError(f"`x` must have shape (length,) or (length, channels). Received: shape {x.shape}.")
    path = local_path("path", path)
    levels = np.round(np.clip(x, -1, 1) * (2**15 - 1)).astype("<i2")
    with wave.open(path, "wb") as file:
        file.setnchannels(1 if x.ndim == 1 else x.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(levels.tobytes())


def _wave(ax, x, rate):
    ax.set_axis_on()
    ax.plot(np.arange(len(x)) / rate, x, linewidth=0.5)
    ax.set(xlim=(0, len(x) / rate), ylim=(-1.05, 1.05), xticks=[])
    ax.tick_params(labelsize=6)


def _spectrogram(ax, x, rate):
    ax.set_axis_on()
    window = min(WINDOW, len(x))
    frequency, _, power = scipy_signal.spectrogram(x, rate, nperseg=window, noverlap=window // 2)
    decibels = 10 * np.log10(np.maximum(power, power.max() * 10 ** (-DECIBELS / 10)) + 1e-20)
    extent = (0, len(x) / rate, frequency[0] / 1000, frequency[-1] / 1000)
    ax.imshow(decibels, aspect="auto", origin="lower", extent=extent, cmap="magma")
    ax.set(xlabel="s", ylabel="kHz")
    ax.tick_params(labelsize=6)
