"""Exports of entries at toy size, requests for their signatures, and what Python answers to those."""

import functools
import os
import tempfile

import micro
import numpy as np
import tensorflow as tf
from helpers import tiny

import kerasgen as kg
from kerasgen import spaces
from kerasgen.ops import rng

MAX_ROWS = 40
SEED = 7
FOLDER = tempfile.TemporaryDirectory()


@functools.cache
def exported(name):
    """(model, path of its version 1, {name: Endpoint}) of an entry, or of a model of `micro`."""
    model = micro.make(name) if name in micro.MODELS else tiny(name)
    if isinstance(model, kg.GaussianMixture):  # at birth its components are all the same
        model.set_parameters(
            [0.2, 0.3, 0.5], np.array([[0, 0], [1, 0], [0, 1]]), np.tile(np.eye(2), (3, 1, 1))
        )
    path = kg.serving.export_version(model, os.path.join(FOLDER.name, name), max_rows=MAX_ROWS)
    return model, path, model.endpoints()


def request(endpoint, num):
    """Random inputs of `num` rows; fewer rows are the head of more."""
    return {name: rows(space, num) for name, space in endpoint.inputs.items()}


def rows(space, num):
    if isinstance(space, spaces.Seeds):  # rows of one sample, which Python draws as such
        return rng.row_seeds(SEED, num).numpy()
    if type(space) is spaces.Integers:  # steps: Python traces a graph for each number of them
        return np.resize(space.examples(3), num)
    return space.examples(num, np.random.default_rng(0))


def sampled(model, condition, seed, steps=None):
    """What `model.sample` draws for each row seed, the rows of equal seeds and steps in one call."""
    samples = np.zeros((len(seed), *model.event.shape), model.event.dtype)
    calls = list(zip(seed % rng.SEEDS, [None] * len(seed) if steps is None else steps, strict=True))
    for start, count in set(calls):
        chosen = [i for i, call in enumerate(calls) if call == (start, count)]
        rows = seed[chosen] // rng.SEEDS
        conditions = [np.resize(y, (rows.max() + 1, *y.shape[1:])) for y in condition]
        for whole, y in zip(conditions, condition, strict=True):
            whole[rows] = y[chosen]
        options = {} if count is None else {"num_steps": int(count)}
        samples[chosen] = model.sample(int(rows.max()) + 1, int(start), *conditions, **options)[rows]
    return samples


def answer(model, signature, inputs):
    """{output: array}: what the model itself says to a request."""
    rows, outputs = dict(inputs), list(model.endpoints()[signature].outputs)
    argument = getattr(model.condition, "argument", None)
    condition = [rows.pop(name) for name in [argument] if name in rows]
    if signature in ("serving_default", "sample_in_steps") and hasattr(model, "sample"):
        return {"samples": sampled(model, condition, *rows.values())}
    if signature == "denoise":
        numbers = [model.condition.check(y, "condition", len(y)) for y in condition]
        return {"samples": model(*rows.values(), *numbers)}
    if "seed" in rows:  # a bound at one draw
        return model.endpoints()[signature].function(*map(tf.constant, inputs.values()))
    (array,) = rows.values()
    if signature == "encode":
        codes = model.encode(array, *condition)
        return dict(zip(outputs, codes if isinstance(codes, (tuple, list)) else [codes], strict=True))
    if signature == "generate":
        return {"samples": model(array)}
    if signature == "serving_default":  # a classifier
        features, logits = model.features(array)
        return {"features": features, "probabilities": tf.nn.softmax(logits)}
    (output,) = outputs
    return {output: getattr(model, signature)(array, *condition)}
