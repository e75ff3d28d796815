"""Sounds: WAV files and clips of any length, as waveforms of one length that end where only zeros follow."""

import fractions
import hashlib
import re
import wave

import numpy as np
from scipy import signal
from tqdm import tqdm

from kerasgen.data import files, labels as labelling
from kerasgen.errors import InvalidDataError

ENDINGS = (".wav",)
MOST_SECONDS = 3600  # of a file
MOST_RATE, MOST_LENGTH = 2**20, 2**24  # samples a second, and of a waveform
FULL = 0.001  # share of samples at full scale, three or more in a row, from which a file is clipped
FULL_SCALE = {1: 2**7, 2: 2**15, 3: 2**23, 4: 2**31}  # by bytes of a sample
RATE, LENGTH = 8000, 4096  # of the spoken digits
SPEAKERS = ("george", "jackson", "nicolas", "theo", "yweweler")
TESTED = 5  # takes 0 to 4 of a speaker and a digit are the test split, as the set's own page says
HELD_OUT = 20  # one of so many other clips, by its hash, is the validation split


def spoken_digits(split, data_dir):
    """(waveforms float32 (num, 4096), digits and speakers int64 (num, 2)) of a split.

    A speaker is an index into `SPEAKERS`. Of clips that are longer, the first 4,096 samples are taken.
    """
    from kerasgen.data import prepared

    clips = []
    for row in prepared.rows("spoken_digit", "train", data_dir):
        name = row["audio/filename"].decode()
        found = re.fullmatch(r"(\d)_([a-z]+)_(\d+)\.wav", name)
        if not found or found[2] not in SPEAKERS:
            raise InvalidDataError(f"`data_dir` must hold clips DIGIT_SPEAKER_TAKE.wav. Received: {name!r}.")
        if _split(name, int(found[3])) == split:
            clips.append((name, row["audio"], (int(found[1]), SPEAKERS.index(found[2]))))
    clips.sort(key=lambda clip: clip[0])
    x = np.stack([fitted(audio.astype("float32") / 2**15, LENGTH) for _, audio, _ in clips])
    return x, np.array([labels for *_, labels in clips], "int64")


def _split(name, take):
    if take < TESTED:
        return "test"
    number = int(hashlib.sha256(name.encode()).hexdigest(), 16)
    return "train" if number % HELD_OUT else "validation"


def read_folder(path, length, rate, progress=False, *, labels=None, class_names=None):
    """(waveforms float32 (num, length), labels or None, class names or None) of the WAV files in a folder.

    Args:
        path: Folder; its sub-folders are read, too.
        length: Samples of a waveform: longer ones are cut behind it, shorter ones followed by zeros.
        rate: Samples a second: see `read`.
        progress: Whether to show a bar.
        labels: None; "folders", where each folder in `path` is a class; or the path of a CSV file, as in
            `folder.from_folder`.
        class_names: Names of the classes in the order of their labels; default those found, sorted.

    Raises:
        MissingDataError: If there is no such folder or CSV file, or no WAV file in the folder.
        InvalidDataError: If a file cannot be read, or the labels do not fit; names the file.
    """
    path = files.folder("path", path)
    table = None if labels in (None, "folders") else str(labels)
    found = files.below(path, ENDINGS, "sounds", apart=() if table is None else (table,))
    targets = None
    if table is not None:
        targets, class_names = labelling.from_table(table, path, found, class_names)
    elif labels == "folders":
        targets, class_names = labelling.from_folders(path, found, class_names)
    x = np.zeros((len(found), length), "float32")
    for row, file in enumerate(tqdm(found, "reading", unit="sound", disable=not progress)):
        x[row] = fitted(read(file, rate), length)
    return x, targets, class_names


def fitted(x, length):
    """The first `length` samples of a waveform, zeros behind its end."""
    return np.pad(x[:length], (0, max(0, length - len(x))))


def read(path, rate):
    """The waveform of a WAV file of PCM, float32 (samples,) in [-1, 1].

    Channels are averaged. A higher rate is converted by a polyphase filter that leaves out what the lower one
    cannot hold (`scipy.signal.resample_poly`).

    Args:
        path: File.
        rate: Samples a second.

    Raises:
        InvalidDataError: If it is no such file, is empty or silent, is clipped, or has a lower rate.
    """
    samples, own_rate = _samples(path)
    refuse = lambda words: InvalidDataError(f"`path` holds a sound that {words}. Received: {path!r}.")
    if not samples.any():
        raise refuse("is silent" if samples.size else "is empty")
    if own_rate < rate:
        raise refuse(f"has {own_rate:,} samples a second, fewer than {rate:,}")
    if _clipped(samples):
        raise refuse("is clipped: many samples in a row are as loud as the file can hold")
    x = samples.mean(axis=1)
    if own_rate != rate:
        ratio = fractions.Fraction(rate, own_rate)
        x = signal.resample_poly(x, ratio.numerator, ratio.denominator)
    return np.clip(x, -1, 1).astype("float32")


def _samples(path):
    """(float64 (samples, channels) in [-1, 1), samples a second) of a WAV file."""
    try:
        with wave.open(str(path), "rb") as file:
            rate, width, channels = file.getframerate(), file.getsampwidth(), file.getnchannels()
            long = file.getnframes() > MOST_SECONDS * rate
            if width not in FULL_SCALE or not 1 <= rate <= MOST_RATE or long:
                raise ValueError(f"{8 * width} bits a sample at {rate} a second, or more than an hour")
            data = np.frombuffer(file.readframes(file.getnframes()), "uint8")
    except (OSError, EOFError, ValueError, wave.Error) as error:
        words = "`path` holds a file that is no WAV file of PCM that can be read"
        raise InvalidDataError(f"{words}: {path!r} ({error}).") from error
    data = data[: len(data) // (width * channels) * width * channels].reshape(-1, width)
    if width == 1:
        levels = data[:, 0].astype("int64") - 128
    else:
        wide = np.zeros((len(data), 4), "uint8")
        wide[:, 4 - width :] = data
        levels = wide.view("<i4")[:, 0].astype("int64") >> (32 - 8 * width)
    return (levels / FULL_SCALE[width]).reshape(-1, channels), rate


def _clipped(samples):
    """Whether samples stay at the ends of the range, three or more in a row, too often."""
    full = np.abs(samples) >= 1 - 1 / FULL_SCALE[1]
    flat = full & (np.diff(samples, axis=0, prepend=2.0) == 0)  # as loud as the one before
    return len(flat) > 2 and (flat[1:] & flat[:-1]).mean() > FULL
