"""Exports of entries at toy size, requests for their signatures, and what Python answers to those."""

import functools
import os
import tempfile

import numpy as np
import tensorflow as tf
from conftest import tiny

import kerasgen as kg
from kerasgen.ops import rng
from kerasgen.serving import signatures

MAX_ROWS = 40
SEED = 7
FOLDER = tempfile.TemporaryDirectory()


@functools.cache
def exported(name):
    """(model, path of its version 1, {name: Signature}) of an entry."""
    model = tiny(name)
    if name == "gmm_rings":  # at birth its components are all the same
        model.set_parameters(
            [0.2, 0.3, 0.5], np.array([[0, 0], [1, 0], [0, 1]]), np.tile(np.eye(2), (3, 1, 1))
        )
    path = kg.serving.export_version(model, os.path.join(FOLDER.name, name), max_rows=MAX_ROWS)
    return model, path, {signature.name: signature for signature in signatures.read(path, model)}


def request(model, signature, num):
    """Inputs of `num` rows, random where `signatures.request` has zeros; fewer rows are the head of more."""
    inputs = signatures.request(model, signature, num)
    generator = np.random.default_rng(0)
    if "seed" in inputs:
        inputs["seed"] = rng.row_seeds(SEED, num).numpy()
    if "steps" in inputs:
        inputs["steps"] = np.arange(num, dtype="int32") % 3 + 1
    if "time" in inputs:
        inputs["time"] = np.linspace(0.1, 0.9, num, dtype="float32")
    for name in {"x", "z"} & set(inputs):
        array = inputs[name]
        if array.dtype.kind == "i":
            inputs[name] = generator.integers(0, model.codes, array.shape).astype("int32")
        elif name == "z" or model.value_range is None:
            inputs[name] = generator.normal(size=array.shape).astype("float32")
        else:
            inputs[name] = generator.uniform(*model.value_range, array.shape).astype("float32")
            inputs[name] = np.round(inputs[name]) if model.bits else inputs[name]
    return inputs


def sampled(model, condition, seed, steps=None):
    """What `model.sample` draws for each row seed, the rows of equal seeds and steps in one call."""
    samples = np.zeros((len(seed), *model.event_shape), "float32")
    ways = list(zip(seed % rng.SEEDS, [None] * len(seed) if steps is None else steps, strict=True))
    for start, count in set(ways):
        chosen = [i for i, way in enumerate(ways) if way == (start, count)]
        rows = seed[chosen] // rng.SEEDS
        labels = [np.resize(y, rows.max() + 1) for y in condition]
        for whole, y in zip(labels, condition, strict=True):
            whole[rows] = y[chosen]
        way = {} if count is None else {"steps": int(count)}
        samples[chosen] = model.sample(int(rows.max()) + 1, int(start), *labels, **way)[rows]
    return samples


def answer(model, signature, inputs):
    """{output: array}: what the model itself says to a request."""
    rows = dict(inputs)
    condition = [rows.pop(name) for name in ("label", "text") if name in rows]
    if "seed" in rows:
        return {"samples": sampled(model, condition, **rows)}
    if signature == "denoise":
        numbers = [model.condition.checked(y, len(y)) for y in condition]
        return {"samples": model(*rows.values(), *numbers)}
    (array,) = rows.values()
    if signature == "encode":
        names = model.encoded(tf.constant(array[:1]), *(tf.constant(y[:1]) for y in condition))
        codes = model.encode(array, *condition)
        return dict(zip(names, codes if isinstance(codes, (tuple, list)) else [codes], strict=True))
    if signature == "generate":
        return {"samples": model(array)}
    if signature == "serving_default":  # a classifier
        features, logits = model.features(array)
        return {"features": features, "probabilities": tf.nn.softmax(logits)}
    output = {"decode": "samples", "reconstruct": "samples"}.get(signature, signature)
    return {output: getattr(model, signature)(array, *condition)}
