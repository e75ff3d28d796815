"""Parts of a person's data by their names: what is trained on, what is kept apart, examples and labels."""

import warnings

PARTS = {
    "train": "train", "training": "train", "test": "test", "testing": "test", "t10k": "test",
    "val": "validation", "valid": "validation", "validation": "validation",
}  # fmt: skip
EXAMPLES = ("images", "image", "x", "data", "examples", "points", "arr_0")
LABELS = ("labels", "label", "y", "targets", "target", "arr_1")
KEPT_APART = ("test", "validation")  # the first of them that there is


def of_folders(names):
    """{part: name} if folders are named after parts and one of them is trained on, else {}."""
    found = {PARTS.get(name.casefold()): name for name in names}
    return found if "train" in found and None not in found else {}


def of_arrays(arrays, path):
    """{part: (examples, labels or None)} of the arrays of a file by their names.

    "x_train", "train_images" and "images" are examples to train on, "y_test" and "test_labels" labels of
    examples that are kept apart. One array alone is what is trained on. Others are named in a warning.

    Args:
        arrays: {name: array}.
        path: Of the file, for messages.

    Raises:
        ValueError: If there are no examples to train on.
    """
    found, others = {}, []
    for name, array in arrays.items():
        part, kind = _named(name)
        kind = "x" if len(arrays) == 1 else kind
        if kind is None or (part, kind) in found:
            others.append(name)
        else:
            found[part, kind] = array
    if ("train", "x") not in found:
        raise ValueError(
            f"`path` must hold an array of examples, such as `images` or `x_train`. Received: {path!r} "
            f"with {', '.join(arrays) or 'none'}."
        )
    if others:
        warnings.warn(f"{path!r} holds other arrays; they were skipped: {', '.join(others)}.", stacklevel=4)
    return {part: (array, found.get((part, "y"))) for (part, kind), array in found.items() if kind == "x"}


def kept_apart(parts):
    """The part that is kept apart from training, or None; further ones are named in a warning."""
    there = [part for part in KEPT_APART if part in parts]
    if len(there) > 1:
        warnings.warn(f"the {there[0]} part is held out; {there[1]} was not read.", stacklevel=3)
    return there[0] if there else None


def _named(name):
    """(part, "x", "y" or None) of an array's name."""
    words = name.casefold().split("_")
    part = next((PARTS[word] for word in words if word in PARTS), "train")
    kind = "_".join(word for word in words if word not in PARTS)
    return part, "x" if kind in EXAMPLES or not kind else "y" if kind in LABELS else None
