"""A person's own examples, from a folder of images or sounds or a file of arrays, in memory."""

import dataclasses
import functools
import os

import numpy as np
from PIL import Image

from kerasgen.atomic import local_path
from kerasgen.data import array_files, files, images, labels as labelling, parts, sounds, texts
from kerasgen.data.columns import from_array, labels_of, single, texts_of
from kerasgen.data.folder import read_folder
from kerasgen.errors import InvalidDataError, MissingDataError
from kerasgen.ops import checks


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
    """Examples and their labels.

    Attributes:
        x: uint8 images (num, height, width, channels), float32 points (num, d) or waveforms
            (num, samples), or texts (num,).
        labels: int64 or texts (num,), several ints each, (num, any), or None.
        class_names: Names of the classes in the order of their labels, or None.
        apart: `Examples` that the folder or the file itself keeps apart for tests, or None.
        rate: Samples a second of sounds that were read at one; else None.

    Raises:
        InvalidDataError: If `x` is no array of finite numbers of rank 2 or more, nor of texts, or `labels` do
            not match it.
        TypeError, ValueError: If another attribute is none of these.
    """

    x: np.ndarray
    labels: np.ndarray | None = None
    class_names: tuple | None = None
    apart: "Examples | None" = None
    rate: int | None = None

    def __post_init__(self):
        object.__setattr__(self, "x", _x(self.x))
        if self.labels is not None:
            object.__setattr__(self, "labels", labels_of(self.labels, len(self.x)))
        if self.class_names is not None:
            object.__setattr__(self, "class_names", checks.texts("class_names", self.class_names))
        if self.apart is not None:
            checks.instance("apart", self.apart, Examples)
        if self.rate is not None:
            checks.integer("rate", self.rate, 1, sounds.MOST_RATE)

    def __len__(self):
        return len(self.x)

    @property
    def num_classes(self):
        """How many classes there are; None without labels, with several, or with texts that name none."""
        if self.class_names is not None:
            return len(self.class_names)
        known = self.labels is not None and self.labels.dtype.kind in "iu" and self.labels.ndim == 1
        return int(self.labels.max()) + 1 if known else None

    def split(self, share=0.1, seed=0):
        """(examples to train on, examples held out): those kept apart, or else a random share.

        Args:
            share: In [0, 1); the number of examples held out is rounded down.
            seed: Int in [0, 2**32) that chooses them.
        """
        share = checks.number("share", share, 0, 1, "[)")
        seed = checks.integer("seed", seed, 0, 2**32 - 1)
        if self.apart is not None:
            return dataclasses.replace(self, apart=None), self.apart
        order = np.random.default_rng(seed).permutation(len(self))
        num = int(len(self) * share)
        return self._rows(np.sort(order[num:])), self._rows(np.sort(order[:num]))

    def dataset(self, labels=None, **options):
        """The `IndexedDataset` of them; `options` are those of `from_array`.

        Args:
            labels: Whether batches are pairs; default where there are labels.
        """
        paired = self.labels is not None if labels is None else checks.flag("labels", labels)
        if paired and self.labels is None:
            raise ValueError("`labels` must be False where there are none. Received: labels=True.")
        dataset = from_array(self.x, self.labels if paired else None, **options)
        return dataclasses.replace(dataset, class_names=self.class_names if paired else None)

    def _rows(self, index):
        labels = None if self.labels is None else self.labels[index]
        return Examples(self.x[index], labels, self.class_names, rate=self.rate)


def _x(x):
    written = texts_of(x)
    if written is not None and written.ndim == 1:
        return written
    x = checks.real("x", x)
    if x.ndim < 2:
        raise InvalidDataError(f"`x` must have rank 2 or more. Received: shape {x.shape}.")
    return single("x", x) if x.size else x


def read(
    path,
    size=None,
    channels=None,
    *,
    labels="auto",
    background="white",
    crop=False,
    invert=False,
    length=None,
    rate=None,
    passage=None,
    progress=False,
):
    """`Examples` of a folder of images or sounds, a file of arrays, or a text; docs/data.md has the rules.

    Args:
        path: Folder or file. Folders named "train" and "test" in it, and arrays of such names, are parts:
            what is not trained on is kept apart.
        size: (height, width) of the images. A folder needs it; of arrays the default is their own.
        channels: 1 (gray), 3 (colors) or 4 (with transparency); default 3 of a folder, of arrays their own.
        labels: None for none; "folders", where each folder in `path` is a class; the path of a CSV file (see
            `from_folder`) or, beside a file of arrays, of a .npy or idx file; "auto" takes those that lie in
            the file or beside it, or the folders if every image lies in one of two or more.
        background, crop, invert: As in `from_folder`.
        length, rate: Samples of a sound, and samples a second: where they are given, a folder is one of WAV
            files, and its sounds are waveforms (num, length): see `sounds.read`.
        passage: Of a .txt file: None for its lines, or the number of characters of passages that overlap; its
            last tenth is then kept apart.
        progress: Whether to show a bar.

    Raises:
        MissingDataError: If there is nothing at `path`, or no image or sound in it.
        InvalidDataError: If something cannot be read; names the file.
        TypeError, ValueError: If an argument is none of these.
    """
    path, progress = local_path("path", path), checks.flag("progress", progress)
    passage = None if passage is None else checks.integer("passage", passage, 1, 2**20)
    labels = None if labels is None else local_path("labels", labels)
    size = None if size is None else checks.shape("size", size)
    if size is not None and len(size) != 2:
        raise ValueError(f"`size` must be (height, width). Received: size={size}.")
    channels = None if channels is None else checks.integer("channels", channels, 1, 4)
    if channels == 2:
        raise ValueError("`channels` must be 1, 3 or 4. Received: channels=2.")
    look = {"background": background, "crop": crop, "invert": invert}
    checks.flag("crop", crop), checks.flag("invert", invert), images.color("background", background)
    sound = _sound(path, length, rate)
    if sound:
        reader = functools.partial(sounds.read_folder, progress=progress, **sound)
        return dataclasses.replace(_folder(path, reader, sounds.ENDINGS, labels), rate=sound["rate"])
    if os.path.isdir(path):
        if size is None:
            raise ValueError(f"`size` must be given for a folder of images. Received: size=None, {path!r}.")
        shape = (*size, channels or 3)
        reader = functools.partial(read_folder, image_shape=shape, progress=progress, **look)
        return _folder(path, reader, images.ENDINGS, labels)
    if not os.path.exists(path):
        raise MissingDataError(f"`path` must exist. Received: {path!r}, no such file or folder.")
    if path.lower().endswith(".txt"):
        return _texts(texts.read(path), passage)
    return _file(path, size, channels, labels, look)


def _sound(path, length, rate):
    """{"length", "rate"} of a folder of sounds, or {} where neither is given."""
    if length is None and rate is None:
        return {}
    if not os.path.isfile(path):
        files.folder("path", path)
    most = {"length": (length, 2, sounds.MOST_LENGTH), "rate": (rate, 1, sounds.MOST_RATE)}
    found = {name: checks.integer(name, *one) for name, one in most.items() if one[0] is not None}
    if len(found) < 2:
        raise ValueError(f"`length` and `rate` must be given both. Received: length={length}, rate={rate}.")
    if os.path.isfile(path):
        raise ValueError(f"`rate` is of a folder of sounds. Received: rate={rate}, path={path!r}.")
    return found


def _texts(text, passage):
    """Lines that are not empty, or passages, of which those of the last tenth of the text are kept apart."""
    if passage is None:
        return Examples(np.array([line.strip() for line in text.splitlines() if line.strip()], object))
    at = len(text) - max(len(text) // 10, passage)
    if at < passage:
        return Examples(texts.passages(text, passage, max(1, passage // 4)))
    apart = Examples(texts.passages(text[at:], passage, passage))
    return Examples(texts.passages(text[:at], passage, max(1, passage // 4)), apart=apart)


def _folder(path, reader, endings, labels):
    named = parts.of_folders(files.folders_in(path)) if labels in ("auto", "folders", None) else {}
    if not named:
        chosen = _folders_or_none(path, endings) if labels == "auto" else labels
        return Examples(*reader(path, labels=chosen))
    train = _folder(os.path.join(path, named["train"]), reader, endings, labels)
    part = parts.kept_apart(named)
    if part is None:
        return train
    apart, names = os.path.join(path, named[part]), train.class_names
    held_out = reader(apart, labels=None if names is None else "folders", class_names=names)
    return dataclasses.replace(train, apart=Examples(*held_out))


def _folders_or_none(path, endings):
    """ "folders" if there are two or more and no file of that kind lies beside them, else None."""
    beside = [name for name in os.listdir(path) if name.lower().endswith(endings)]
    beside = [name for name in beside if not name.startswith(".")]
    return "folders" if len(files.folders_in(path)) > 1 and not beside else None


def _file(path, size, channels, labels, look):
    arrays = array_files.read(path)
    try:
        found = parts.of_arrays(arrays, path)
    except ValueError as error:
        raise InvalidDataError(str(error)) from error
    x, y = found["train"]
    if labels not in ("auto", None):
        y = labelling.from_array_file(labels)
    elif labels == "auto" and y is None and (beside := labelling.beside(path)):
        y = labelling.from_array_file(beside)
    train = _examples(path, x, None if labels is None else y, size, channels, look)
    part = parts.kept_apart(found)
    if part is None:
        return train
    x, y = found[part]
    apart = _examples(path, x, None if train.labels is None else y, size, channels, look, train.class_names)
    return dataclasses.replace(train, apart=apart)


def _examples(path, x, y, size, channels, look, class_names=None):
    x = array_files.levels(path, x)
    if x.ndim == 4:
        shape = (*(size or x.shape[1:3]), channels or x.shape[3])
        if shape != x.shape[1:] or look["invert"]:
            arguments = images.color("background", look["background"]), look["crop"], look["invert"]
            picture = lambda image: Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
            x = np.stack([images.fitted(picture(image), shape, *arguments) for image in x])
    elif size or channels or look["invert"]:
        raise ValueError(f"`size`, `channels` and `invert` are of images. Received: {path!r}, of points.")
    if y is None:
        return Examples(x)
    return Examples(x, *labelling.from_array(y, len(x), path, class_names))
