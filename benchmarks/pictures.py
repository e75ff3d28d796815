"""Files of pictures: does the reader agree with decoders that are not Pillow?

    apt-get install imagemagick && pip install -e '.[bench]'
    git clone https://github.com/python-pillow/Pillow
    python benchmarks/pictures.py Pillow/Tests/images

Every file is read alone, from a folder that holds nothing else, in color and at its own size. The levels
have to be those that the rules of docs/data.md give for what another decoder finds in the file: see
decoders.py. Or the file is refused by an `InvalidDataError` with its name, or skipped with a warning that has
its name. Everything else is wrong, a crash and a reader that does not come back, too. With `--renamed` every
file is called .png, so that all are opened.
"""

import argparse
import collections
import multiprocessing
import os
import shutil
import sys
import tempfile
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import decoders
import numpy as np
from tabulate import tabulate

# Without loss a level is rounded up to three times: to 8 bits, where color is freed of the transparency that
# it was multiplied with, and over the background. JPEG and lossy WebP leave it to the decoder how the halved
# resolution of colors is made whole: at their edges 1 level in 1000 may be further off, if the mean is not.
LARGEST = 1.5
LOSSY_MEAN, LOSSY_MOST, LOSSY_LARGEST = 1.0, 8.0, 64.0
VERDICTS = ("equal", "refused", "skipped", "undecided", "wrong")


def own_size(path):
    """(height, width) of a file, upright; (8, 8) if Pillow does not open it."""
    from PIL import Image, ImageOps

    from kerasgen.data.images import FORMATS

    try:
        with Image.open(path, formats=list(FORMATS)) as image:
            image.info = {name: value for name, value in image.info.items() if "xmp" not in name}
            return ImageOps.exif_transpose(image).size[::-1]
    except Exception:  # whether the reader refuses it is what is asked
        return 8, 8


def read(path):
    """(verdict, why), or ("read", levels), of the only file in a folder."""
    import kerasgen as kg
    from kerasgen.errors import InvalidDataError, MissingDataError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        size = own_size(path)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            return "read", kg.data.read(os.path.dirname(path), size=size, channels=3, labels=None).x[0]
        except InvalidDataError as error:
            return "refused" if repr(path) in str(error) else "wrong", str(error)
        except MissingDataError as error:
            named = any(repr(path) in str(warning.message) for warning in said)
            return "skipped" if named else "wrong", str(error)
        except BaseException as error:
            return "wrong", f"{type(error).__name__}: {error}"


class Reader:
    """`read` in another process, and in a new one after it crashed or did not come back."""

    def __init__(self):
        self.processes, self.process = multiprocessing.get_context("spawn"), None

    def __call__(self, path):
        if self.process is None:
            self.pipe, there = self.processes.Pipe()
            self.process = self.processes.Process(target=self._serve, args=(there,), daemon=True)
            self.process.start()
            there.close()
        try:
            self.pipe.send(path)
            if self.pipe.poll(decoders.SECONDS):
                return self.pipe.recv()
            why = f"nothing in {decoders.SECONDS} seconds"
        except (EOFError, OSError):
            self.process.join()
            why = f"the process ended with {self.process.exitcode}"
        self.process.kill()
        self.process = None
        return "wrong", why

    @staticmethod
    def _serve(pipe):
        while True:
            pipe.send(read(pipe.recv()))


def compared(kind, content, levels, convert):
    """(verdict, why, largest difference) of levels that were read."""
    try:
        expected, lossy = decoders.shown(kind, content, convert)
    except decoders.Undecided as error:
        return "undecided", str(error), 0.0
    if expected.shape != levels.shape:
        return "wrong", f"{levels.shape[:2]} and not {expected.shape[:2]}", 0.0
    off = np.abs(levels - expected)
    largest = float(off.max())
    if largest <= LARGEST:
        return "equal", "", largest
    near = off.mean() <= LOSSY_MEAN and np.quantile(off, 0.999) <= LOSSY_MOST and largest <= LOSSY_LARGEST
    if lossy and near:
        return "equal", "", largest
    at = np.unravel_index(off.max(-1).argmax(), off.shape[:2])
    right = expected[at].astype(float).round(1).tolist()
    pixel = f"{levels[at].tolist()} and not {right} at {tuple(map(int, at))}"
    return "wrong", f"largest difference {largest:.1f}, mean {off.mean():.2f}; {pixel}", largest


def judged(path, name, reader, convert):
    """(kind, verdict, why, largest difference) of a file, read under a name."""
    with open(path, "rb") as file:
        content = file.read()
    kind = decoders.kind_of(content)
    with tempfile.TemporaryDirectory() as folder:
        verdict, what = reader(shutil.copy(path, os.path.join(folder, name)))
    return kind, *((verdict, what, 0.0) if verdict != "read" else compared(kind, content, what, convert))


def needed(convert):
    """Ends the program if another decoder is missing."""
    try:
        import imagecodecs  # noqa: F401
        import tifffile  # noqa: F401

        if b"ImageMagick" not in decoders.run([convert, "-version"], b"").stdout:
            raise FileNotFoundError(f"{convert!r} is not ImageMagick's program")
    except (ImportError, OSError) as error:
        sys.exit(f"{error}\nNeeded: apt-get install imagemagick && pip install tifffile imagecodecs")


def files_below(folder):
    return sorted(os.path.join(here, name) for here, _, names in os.walk(folder) for name in names)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--other", default="convert", help="the program of ImageMagick")
    parser.add_argument("--renamed", action="store_true", help="call every file .png, so that all are opened")
    parser.add_argument("--refused", action="store_true", help="say why a file is refused, too")
    arguments = parser.parse_args()
    needed(arguments.other)
    reader, counts = Reader(), collections.defaultdict(collections.Counter)
    largest, told = collections.Counter(), ["undecided", "wrong", *(["refused"] * arguments.refused)]
    for path in files_below(arguments.folder):
        name = os.path.basename(path) + ".png" * arguments.renamed
        kind, verdict, why, off = judged(path, name, reader, arguments.other)
        counts[kind][verdict] += 1
        largest[kind] = max(largest[kind], off * (verdict == "equal"))
        if verdict in told:
            print(f"{verdict}: {kind} {os.path.relpath(path, arguments.folder)}: {why}", flush=True)
    total, kinds = sum(counts.values(), collections.Counter()), sorted(counts.items())
    rows = [[kind, row.total(), *(row[one] for one in VERDICTS), largest[kind]] for kind, row in kinds]
    rows.append(["all", total.total(), *(total[one] for one in VERDICTS), max(largest.values(), default=0)])
    heads = ["kind", "files", *VERDICTS, "largest difference of equal ones"]
    print(tabulate(rows, heads, "github", floatfmt=".2f"))
    sys.exit(1 if total["wrong"] else 0)


if __name__ == "__main__":
    main()
