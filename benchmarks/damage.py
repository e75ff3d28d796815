"""Damaged checkpoints and weight files: is any loaded without a word?

    python benchmarks/damage.py --files 500

Each copy is damaged at a random place in one of six ways. A damaged checkpoint must be named in a warning and
the one before it restored; a damaged weight file must raise an error that names it, with no variable changed.
"""

import argparse
import collections
import os
import shutil
import tempfile
import warnings
from itertools import cycle, islice

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import safetensors.numpy
import tensorflow as tf

import kerasgen as kg
from kerasgen import weights
from kerasgen.errors import CorruptWeightsError

NAME = "dcgan_mnist"


def truncated(data, random):
    return data[: random.integers(1, len(data))]


def flipped(data, random):
    at, bit = random.integers(len(data)), 1 << random.integers(8)
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]


def zeroed(data, random):
    """A block of which at least one byte was not zero."""
    at = random.choice(np.flatnonzero(np.frombuffer(data, "uint8")))
    return data[:at] + bytes(min(64, len(data) - at)) + data[at + 64 :]


def appended(data, random):
    return data + random.bytes(random.integers(1, 64))


def emptied(data, random):
    return b""


BYTES = {
    "truncated": truncated,
    "one bit flipped": flipped,
    "block zeroed": zeroed,
    "bytes appended": appended,
    "empty": emptied,
}
SWAP = "two layers swapped"
KINDS = [*BYTES, SWAP]


def rewrite(path, damage, *arguments):
    with open(path, "rb") as file:
        data = file.read()
    with open(path, "wb") as file:
        file.write(damage(data, *arguments))


def swap_layers(path, random):
    """Two layers of equal shape in a weight file, which stays a good safetensors file."""
    arrays = safetensors.numpy.load_file(path)
    a, b = pair(arrays, random)
    safetensors.numpy.save_file(arrays | {a: arrays[b], b: arrays[a]}, path)


def swap_tensors(prefix, random):
    """The bytes of two variables of equal size in a checkpoint, where they lie in its data file."""
    reader = tf.train.load_checkpoint(prefix)
    arrays = {
        name: reader.get_tensor(name)
        for name, dtype in reader.get_variable_to_dtype_map().items()
        if dtype == tf.float32
    }
    a, b = (arrays[name].tobytes() for name in pair(arrays, random))
    rewrite(f"{prefix}.data-00000-of-00001", exchanged, a, b)


def exchanged(data, a, b):
    """`data` with the bytes `a` and `b`, of equal length, in each other's place."""
    low, high = sorted((data.index(a), data.index(b)))
    one, other = data[low : low + len(a)], data[high : high + len(a)]
    return data[:low] + other + data[low + len(a) : high] + one + data[high + len(a) :]


def pair(arrays, random):
    """Two names of arrays of one shape that differ."""
    names = random.permutation(sorted(arrays))
    for index, a in enumerate(names):
        for b in names[index + 1 :]:
            x, y = arrays[a], arrays[b]
            if x.size > 1 and x.shape == y.shape and not np.array_equal(x, y):
                return a, b
    raise ValueError("No two layers of equal shape differ.")


def state(model):
    variables = [*model.variables, *(v for optimizer in model.optimizers for v in optimizer.variables)]
    return [v.numpy().copy() for v in variables]


def same(model, arrays):
    return all(map(np.array_equal, state(model), arrays))


def damage_checkpoint(prefix, kind, random):
    if kind == SWAP:
        return swap_tensors(prefix, random)
    ending = random.choice(["index", "data-00000-of-00001", "json"])
    rewrite(f"{prefix}.{ending}", BYTES[kind], random)


def checkpoints(num, place, random):
    """(kind, whether it was named and the one before it restored) of `num` damaged checkpoints."""
    model, whole, copy = toy(), os.path.join(place, "whole"), os.path.join(place, "copy")
    checkpoint = kg.training.Checkpoint(whole)
    checkpoint.set_model(model)
    checkpoint.restore(model)  # there is none: a run begins so
    states = {}
    for step in (1, 2):
        model.iterations.assign(step)
        for weight in model.trainable_weights:
            weight.assign(random.normal(size=weight.shape))
        checkpoint.save()
        states[step] = state(model)
    for kind in islice(cycle(KINDS), num):
        shutil.copytree(whole, copy)
        damage_checkpoint(os.path.join(copy, "ckpt-2"), kind, random)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            step = kg.training.Checkpoint(copy).restore(model)
        named = any("ckpt-2 is damaged and passed over" in str(warning.message) for warning in said)
        yield kind, named and step == 1 and same(model, states[1])
        shutil.rmtree(copy)


def weight_files(num, place, random):
    """(kind, whether an error named it and nothing was loaded) of `num` damaged weight files."""
    model, whole, copy = (
        toy(),
        os.path.join(place, "whole.safetensors"),
        os.path.join(place, "copy.safetensors"),
    )
    fields = dict.fromkeys(("command", "data", "machine", "date"), "") | {"parameters": {}, "versions": {}}
    fields |= dict.fromkeys(("seed", "epochs", "steps", "minutes"), 0)
    record, first = kg.Record(name=NAME, **fields, **weights.save(model, whole)), state(model)
    for kind in islice(cycle(KINDS), num):
        shutil.copy(whole, copy)
        swap_layers(copy, random) if kind == SWAP else rewrite(copy, BYTES[kind], random)
        try:
            weights.load(model, copy, record)
            named = False
        except CorruptWeightsError as error:
            named = f"`weights` of {NAME} are damaged" in str(error)
        yield kind, named and same(model, first)


def toy():
    model = kg.load(NAME, pretrained=False, **kg.registry.get_recipe(NAME).tiny)
    model.compile_from_config(model.get_compile_config() | {"jit_compile": False})
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=500, help="damaged files of each sort (500)")
    parser.add_argument("--seed", type=int, default=0, help="of the damage (0)")
    args = parser.parse_args()
    warnings.simplefilter("ignore")  # of Keras; those of a checkpoint are caught
    for title, function in (("checkpoints", checkpoints), ("weight files", weight_files)):
        counts = collections.defaultdict(list)
        with tempfile.TemporaryDirectory() as place:
            for kind, caught in function(args.files, place, np.random.default_rng(args.seed)):
                counts[kind].append(caught)
        for kind, caught in counts.items():
            print(f"{title}, {kind}: {sum(caught)} of {len(caught)} caught")
        total = sum(map(sum, counts.values()))
        print(f"{title}: {total} of {args.files} caught, {args.files - total} loaded in silence")


if __name__ == "__main__":
    main()
