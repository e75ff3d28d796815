"""Zoo weights: plain arrays of a model's parts, verified at every open.

HDF5 notices neither a flipped byte nor two layers of equal shape swapped, so a file
is opened only after its size, its sha256 and the model's own list of variables agree
with the Record.
"""

import hashlib
import os
import tempfile

import h5py
import keras

from kerasgen.errors import CorruptWeightsError, MissingWeightsError


def save(model, path, half=True):
    """Writes the parts of a model, without optimizers, to a Keras weight file.

    Args:
        model: A `GenerativeModel`.
        path: File to write, ending in ".weights.h5".
        half: Whether to store float32 as float16.

    Returns:
        {"sha256", "size", "manifest"}: the fields that a Record keeps.
    """
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(path))) as work:
        draft = os.path.join(work, "draft.weights.h5")
        bundle = _Bundle({name: part[0] for name, part in model.parts().items()})
        bundle.save_weights(draft)
        final = os.path.join(work, "final.weights.h5")
        with h5py.File(draft, "r") as source, h5py.File(final, "w") as target:
            source.visititems(lambda name, item: _copy(name, item, target, half))
        os.replace(final, path)
    return {"sha256": sha256(path), "size": os.path.getsize(path), "manifest": manifest(model)}


def load(model, path, record):
    """Loads a file that `save` wrote into every network of the parts.

    Raises:
        MissingWeightsError: If there is no file.
        CorruptWeightsError: If its size, sha256 or variables are not those of `record`;
            no variable has changed then.
    """
    verify(path, record)
    expected = manifest(model)
    if expected != record.manifest:
        odd = next((e for e in expected if e not in record.manifest), "fewer variables")
        raise CorruptWeightsError(
            f"`weights` do not fit the model built: it has {odd}, which the Record of "
            f"{record.name} does not list. Were arguments of `build` changed?"
        )
    for index in range(max(len(part) for part in model.parts().values())):
        bundle = _Bundle({name: part[min(index, len(part) - 1)] for name, part in model.parts().items()})
        bundle.load_weights(path)


def verify(path, record):
    """Checks that `path` holds the very bytes that `record` names; errors as in `load`."""
    if not os.path.exists(path):
        raise MissingWeightsError(f"`weights` of {record.name} are not there: {path!r}.")
    size = os.path.getsize(path)
    if size != record.size:
        raise CorruptWeightsError(
            f"`weights` of {record.name} are damaged: {size} bytes instead of {record.size}."
        )
    if sha256(path) != record.sha256:
        raise CorruptWeightsError(
            f"`weights` of {record.name} are damaged: sha256 differs from the Record's."
        )


def manifest(model):
    """[name, shape, dtype] of every variable of the parts, named by place, not by Keras's counters."""
    return [
        [f"{name}/{index}/{type(layer).__name__}/{weight.name}", list(weight.shape), weight.dtype]
        for name, (network, *_) in model.parts().items()
        for index, layer in enumerate(getattr(network, "layers", [network]))  # a part may be one layer
        for weight in layer.weights
    ]


def sha256(path):
    """Of a file's bytes, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Bundle(keras.Model):
    """Networks under attributes of their names, so that Keras can save them as one."""

    def __init__(self, networks):
        super().__init__()
        for name, network in networks.items():
            setattr(self, name, network)
        self.built = True


def _copy(name, item, target, half):
    if isinstance(item, h5py.Dataset):
        data = item[()].astype("float16") if half and item.dtype == "float32" else item[()]
        packed = {"compression": "gzip", "shuffle": True} if data.size >= 4096 else {}  # else it is longer
        target.create_dataset(name, data=data, **packed)
    else:
        target.require_group(name).attrs.update(item.attrs)
