"""What the signatures of an export take and give, and requests that they answer."""

import dataclasses
import os

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from kerasgen.models import saved_model
from kerasgen.models.stepwise import MOST_STEPS_SERVED


@dataclasses.dataclass(frozen=True)
class Tensor:
    """An input or output of a signature.

    Attributes:
        dtype: Its name, such as "float32".
        shape: Of one row; every tensor has the rows in front.
        values: What they may be, in words.
    """

    name: str
    dtype: str
    shape: tuple
    values: str


@dataclasses.dataclass(frozen=True)
class Signature:
    """A name, and the `Tensor`s of a request and of its answer, by name."""

    name: str
    inputs: dict
    outputs: dict


def read(path, model):
    """The `Signature`s of the export of `model` at `path` as a server sees them, `serving_default` first."""
    with open(os.path.join(path, "saved_model.pb"), "rb") as file:
        graph = saved_model_pb2.SavedModel.FromString(file.read()).meta_graphs[0]
    found = []
    for name in sorted(model.endpoints(), key=lambda name: (name != "serving_default", name)):
        signature = graph.signature_def[name]
        sides = (signature.inputs, _values_in), (signature.outputs, _values_out)
        found.append(Signature(name, *(_tensors(infos, values, model) for infos, values in sides)))
    return found


def request(model, signature, num):
    """Inputs of `num` rows that `signature` answers: {name: array (num, ...)}, zeros where they may be."""
    condition = getattr(model, "condition", None)
    plain = {
        "seed": lambda: np.arange(num, dtype="int64"),
        "label": lambda: np.arange(num, dtype="int32") % model.num_classes,
        "text": lambda: np.resize(np.array(condition.captions, object), num),
        "steps": lambda: np.full(num, model.steps_of_sample, "int32"),
        "time": lambda: np.full(num, 0.5, "float32"),
    }
    zeros = lambda tensor: np.zeros((num, *tensor.shape), tensor.dtype)
    return {
        name: plain[name]() if name in plain else zeros(tensor) for name, tensor in signature.inputs.items()
    }


def _tensors(infos, values, model):
    """{name: Tensor} of a side of a signature, sorted, the rows' own argument first."""
    found = {}
    for name in sorted(infos, key=lambda name: (name in ("label", "steps", "text", "time"), name)):
        dtype = tf.as_dtype(infos[name].dtype).name
        shape = tuple(size.size for size in infos[name].tensor_shape.dim[1:])
        found[name] = Tensor(name, dtype, shape, values(model, name, dtype))
    return found


def _values_in(model, name, dtype):
    if name in ("label", "text"):
        return _values_of_condition(model.condition)
    if name == "z":
        return "finite" if dtype != "int32" else f"from 0 to {model.codes - 1}"
    if name == "x":
        return saved_model.rule_of_examples(model)
    plain = {"seed": "from 0 to 2^63 - 1", "steps": f"from 1 to {MOST_STEPS_SERVED}", "time": "from 0 to 1"}
    return plain.get(name, "")


def _values_of_condition(condition):
    if condition.name == "label":
        return f"from 0 to {condition.num_classes - 1}"
    return f"up to {condition.length} of the words {', '.join(condition.words)}"


def _values_out(model, name, dtype):
    if name == "samples":
        return saved_model.rule_of_examples(model)
    if name in ("probabilities", "responsibilities"):
        return "from 0 to 1, a row adds up to 1"
    if name == "log_prob":
        return "nats"
    return "finite" if dtype != "int32" else f"from 0 to {model.codes - 1}"
