"""Examples that a command reads from a path: as typed, or as a run was begun."""

import dataclasses
import hashlib
import inspect
import os

from kerasgen import errors, registry
from kerasgen.atomic import local_path
from kerasgen.commands import process

ENDINGS = (".npy", ".npz", ".gz", ".idx", "-ubyte", ".txt")
SEPARATORS = {"/", os.sep, os.altsep} - {None}


@dataclasses.dataclass(frozen=True)
class Reading:
    """How a path is read: the options of a command, in `run.json` too; see `kerasgen.data.read`.

    Attributes:
        labels: "auto", "folders", "none" or the absolute path of a file.
        size: (height, width), or None for that of the arrays.
        channels: 1, 3 or 4, or None for those of the arrays.
        background, crop, invert: What becomes of pixels.
        length, rate: Samples of a sound, and samples a second; None where there are no sounds.
        held_out: Share of the examples that are not trained on.
        passage: Characters of the passages that a text is cut into, or None for its lines.
    """

    labels: str = "auto"
    size: tuple | None = None
    channels: int | None = None
    background: str = "white"
    crop: bool = False
    invert: bool = False
    length: int | None = None
    rate: int | None = None
    held_out: float = 0.1
    passage: int | None = None

    @classmethod
    def of(cls, args, begun):
        """The reading that was begun with, a dictionary, but for what was typed; `args` may be None."""
        typed = {name: getattr(args, name, None) for name in _fields()}
        found = begun | {name: value for name, value in typed.items() if value not in (None, False)}
        if found.get("size"):
            found["size"] = tuple(found["size"])  # a list in JSON
        if found.get("labels", "auto") not in ("auto", "folders", "none"):
            found["labels"] = os.path.abspath(local_path("labels", found["labels"]))
        return cls(**found)

    def examples(self, path, progress=False):
        """The `kerasgen.data.Examples` at a path."""
        from kerasgen import data

        options = dataclasses.asdict(self)
        del options["held_out"]
        options["labels"] = None if self.labels == "none" else self.labels
        return data.read(path, **options, progress=progress)

    def parts(self, path, progress=False):
        """(examples to train on, examples held out or None if they are fewer than two)."""
        train, held_out = self.examples(path, progress).split(self.held_out)
        return train, held_out if len(held_out) > 1 else None


def is_path(text):
    """Whether what was typed is a path: it has a slash, or the ending of a file of arrays.

    Any other word is the name of a data set; if it is no such name, but there is a file or folder of that
    name, that is read. Where both may be meant, the choice is reported.
    """
    if SEPARATORS & set(text) or text in (os.curdir, os.pardir) or text.lower().endswith(ENDINGS):
        return True
    if not os.path.exists(text):
        return False
    from kerasgen import data

    known, beside = text in data.list_datasets(), os.path.join(os.curdir, text)
    if known:
        process.say(f"reading the data set {text}; {beside} is the path beside it")
    else:
        process.say(f"reading {beside}")
    return not known


def existing(path):
    """The absolute path of data, so that a run that is resumed elsewhere reads the same; it must exist."""
    path = local_path("data", os.path.expanduser(path))
    if not os.path.exists(path):
        raise errors.MissingDataError(f"`data` must exist. Received: data={path!r}, no such file or folder.")
    return os.path.abspath(path)


def entry(name):
    """The entry that a name stands for, which may leave the data set out: "lenet" for "lenet_mnist".

    Of several, the one of MNIST is taken, or else the first.
    """
    names = registry.list_models()
    found = [one for one in names if one.startswith(f"{name}_")]
    if name in names or not found:
        return name
    return f"{name}_mnist" if f"{name}_mnist" in found else found[0]


def own_shape(name):
    """(height, width, channels) of an entry's own images; None of an entry of points."""
    takes = inspect.signature(registry.get_recipe(name).build).parameters
    if "image_shape" in takes:
        return takes["image_shape"].default
    shape = (None,) if "dim" in takes else registry.build(name).event.shape
    return shape if len(shape) == 3 else None


def begin(args, name, path):
    """The `Reading` of a path for an entry: what is in a folder gets the size, or the length, of its own."""
    takes = inspect.signature(registry.get_recipe(name).build).parameters
    if "sample_rate" in takes and os.path.isdir(path):
        return Reading.of(args, {"length": takes["length"].default, "rate": takes["sample_rate"].default})
    shape = own_shape(name) if os.path.isdir(path) else None
    begun = {} if shape is None else {"size": tuple(shape[:2]), "channels": shape[2]}
    if path.lower().endswith(".txt") and "length" in takes:
        begun["passage"] = takes["length"].default
    return Reading.of(args, begun)


def fingerprint(examples):
    """A text that other examples do not have: their number, and the beginning of a sha256 of them."""
    texts = examples.x.dtype.kind == "O"
    digest = hashlib.sha256("\n".join(examples.x).encode() if texts else examples.x.tobytes())
    if examples.labels is not None:
        digest.update("\n".join(map(str, examples.labels)).encode())
    return f"{len(examples)}, sha256 {digest.hexdigest()[:16]}"


def described(examples, path):
    """What was read, in a line."""
    shape = "x".join(map(str, examples.x.shape[1:]))
    kind = f"examples of {shape}" if shape else "texts"
    text = f"{len(examples):,} {kind} in {path}"
    if examples.class_names:
        names = [*examples.class_names[:10], *["..."] * (len(examples.class_names) > 10)]
        return f"{text}, {len(examples.class_names)} classes: {', '.join(names)}"
    return text if examples.labels is None else f"{text}, with labels"


def refuse_reading(args):
    """ValueError if an option was typed that says how a path is read, though there is none."""
    names = [*_fields(), "evaluator", "report"]
    typed = [name for name in names if getattr(args, name, None) not in (None, False)]
    if typed:
        raise ValueError(
            f"`{typed[0]}` is of a path given as --data. Received: {typed[0]}={getattr(args, typed[0])!r}, "
            f"data={args.data!r}."
        )


def _fields():
    return [field.name for field in dataclasses.fields(Reading)]
