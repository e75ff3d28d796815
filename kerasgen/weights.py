"""Zoo weights: the variables of a model's components in one safetensors file, verified at every open.

The format, a JSON header and raw arrays, has no checksum: it notices neither a flipped bit nor two layers of
equal shape swapped. Size, sha256 and the list of variables are therefore compared with the Record before
anything is assigned.
"""

import collections
import hashlib
import os

import numpy as np
import safetensors
import safetensors.numpy

from kerasgen.atomic import replacing
from kerasgen.errors import CorruptWeightsError, MissingWeightsError

STORED = {"float32": ("float16", "float32"), "bfloat16": ("float32",)}  # other types are stored as they are
MAX_TOTAL_BYTES = 95_000_000  # of all weight files of the zoo together: PyPI refuses wheels over 100 MB


def save(model, path, half=True):
    """Writes the variables of a model's components, without optimizers, to a safetensors file.

    Args:
        model: A `ZooModel`.
        path: File to write or to replace, ending in ".safetensors".
        half: Whether float32 is stored as float16; a variable with a number beyond 65504, the largest of
            float16, stays float32. Other types are stored as they are, but for bfloat16, which NumPy
            lacks and which is stored as float32.

    Returns:
        {"sha256", "size", "manifest"}: the fields that a Record keeps.
    """
    arrays = {name: _stored(variable, half) for name, (variable, *_) in variables(model).items()}
    with replacing(path) as draft, open(draft, "wb") as file:
        file.write(safetensors.numpy.save(arrays))
    return {"sha256": sha256(path), "size": os.path.getsize(path), "manifest": manifest(model)}


def load(model, path, record):
    """Loads a file that `save` wrote into every network of the components.

    Raises:
        MissingWeightsError: If there is no file.
        CorruptWeightsError: If its size, sha256 or variables are not those of `record`, or `record`
            describes other variables than the model has; no variable has changed then.
    """
    data = verify(path, record)
    expected = manifest(model)
    if expected != record.manifest:
        odd = next((e for e in expected if e not in record.manifest), "fewer variables")
        raise CorruptWeightsError(
            f"`weights` do not fit the model built: it has {odd}, which the Record of "
            f"{record.name} does not list. Were arguments of `build` changed?"
        )
    arrays = _arrays(data, record)
    for name, copies in variables(model).items():
        for variable in copies:
            variable.assign(arrays[name])


def verify(path, record):
    """The bytes of the file `path`, if they are those that `record` describes; errors as in `load`."""
    if not os.path.isfile(path):
        raise MissingWeightsError(
            f"`weights` of {record.name} are missing. Received: {str(path)!r}, no file."
        )
    size = os.path.getsize(path)
    if size != record.size:
        raise CorruptWeightsError(
            f"`weights` of {record.name} are damaged: {size} bytes instead of {record.size}."
        )
    with open(path, "rb") as file:
        data = file.read()
    if hashlib.sha256(data).hexdigest() != record.sha256:
        raise CorruptWeightsError(
            f"`weights` of {record.name} are damaged: sha256 differs from the Record's."
        )
    return data


def manifest(model):
    """[name, shape, dtype] of every variable of the components, in their order."""
    return [[name, list(variable.shape), variable.dtype] for name, (variable, *_) in variables(model).items()]


def variables(model):
    """{"component/index/LayerClass/variable": that variable in each network of the component}.

    Names are made of places, since Keras's own contain counters that differ between processes. A variable
    whose name occurs before in its layer, as in nested networks, is followed by "/1", "/2", ...
    """
    found = collections.defaultdict(list)
    for component, networks in model.components().items():
        for network in networks:
            for name, variable in _named(component, network):
                found[name].append(variable)
    return dict(found)


def sha256(path):
    """Of a file's bytes, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _named(component, network):
    """Pairs (name, variable) of one network, or of one layer that stands for a network."""
    seen = collections.Counter()
    for index, layer in enumerate(getattr(network, "layers", [network])):
        for variable in layer.weights:
            name = f"{component}/{index}/{type(layer).__name__}/{variable.name}"
            yield (f"{name}/{seen[name]}" if seen[name] else name), variable
            seen[name] += 1


def _stored(variable, half):
    """The array of a variable as it goes to the file."""
    value = np.asarray(variable.numpy(), order="C")
    types = STORED.get(value.dtype.name, (value.dtype,))
    with np.errstate(over="ignore"):
        stored = value.astype(types[0] if half else types[-1])
    lost = np.isinf(stored) & np.isfinite(value)
    return value.astype(types[-1]) if lost.any() else stored


def _arrays(data, record):
    """{name: array} of a safetensors file; its names, shapes and types must be those of `record`."""
    try:
        arrays = safetensors.numpy.load(data)
    except (safetensors.SafetensorError, KeyError, ValueError) as error:  # KeyError: a type that NumPy lacks
        raise CorruptWeightsError(f"`weights` of {record.name} are no safetensors file: {error}.") from error
    listed = {name: (shape, dtype) for name, shape, dtype in record.manifest}
    for name in sorted(listed.keys() | arrays.keys()):
        if name not in arrays or name not in listed:
            where = "the Record" if name in arrays else "the file"
            raise CorruptWeightsError(f"`weights` of {record.name} are damaged: {where} lacks {name}.")
        (shape, dtype), array = listed[name], arrays[name]
        if list(array.shape) != shape or array.dtype.name not in STORED.get(dtype, (dtype,)):
            raise CorruptWeightsError(
                f"`weights` of {record.name} are damaged: {name} is {array.dtype.name} {list(array.shape)} "
                f"instead of {dtype} {shape}."
            )
    return arrays
