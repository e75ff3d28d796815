"""One wrong argument of any kind is refused by name, by every public function and class but models."""

import functools
import inspect
import pathlib

import micro
import numpy as np
import pytest
import tensorflow as tf
from wrong import (
    VALUES,
    Call,
    a_number,
    a_path,
    a_range,
    a_shape,
    an_int,
    either,
    flag,
    function,
    name,
    none,
    nothing,
    one_of,
    optional,
    string,
    text,
    values,
)  # fmt: skip

import kerasgen as kg
from kerasgen import (
    data,
    distributions,
    evaluation,
    media,
    objectives,
    registry,
    samplers,
    serving,
    spaces,
    training,
)  # fmt: skip
from kerasgen.data import laboratory, oracle
from kerasgen.metrics import (
    annealed,
    divergences,
    extractor,
    fidelity,
    frechet,
    likelihood,
    manifold,
    matching,
    memorization,
    modes,
    ngrams,
    scores,
    sharpness,
    transport,
)  # fmt: skip
from kerasgen.ops import paths, rng
from kerasgen.recipe import FAMILIES

ROWS = np.random.default_rng(0).normal(size=(40, 7))
IMAGES = np.random.default_rng(0).integers(256, size=(8, 4, 4, 1)).astype("uint8")
LABELS = np.arange(8) % 3
P = np.full(7, 1 / 7)
EYE = np.eye(7)
KEY = rng.key(0)
X = tf.zeros((2, 4, 4, 1))
TIMES = tf.constant([1.0, 0.5, 0.0])
COSINE = objectives.diffusion.SCHEDULES["cosine"]

TESTS = pathlib.Path(__file__).parent  # a folder without images

GATES = {f"{kind}{gate}": np.zeros((2, 2)[: 1 + (kind != "b")]) for kind in "WUb" for gate in "ifoc"}
ORACLE = oracle.Oracle(GATES | {"embedding": np.zeros((3, 2)), "V": np.zeros((2, 3)), "c": np.zeros(3)})
seed, model_seed, whole, positive = an_int(0), an_int(0, 2**32 - 1), an_int(1), a_number(0, ends="()")
count, rank = an_int(1, 2**80), an_int(0, 4)
matrix, lists = values("array", "tensor"), values("lists")
shape = either(a_shape(), values("empty array"))  # also that of a scalar
adam = {
    "learning_rate": either(a_number(0), function), "beta_1": a_number(0, 1, "[)"),
    "beta_2": a_number(0, 1, "[)"), "epsilon": positive, "amsgrad": flag,
    "weight_decay": optional(a_number(0)), "clipnorm": optional(positive), "clipvalue": optional(positive),
    "global_clipnorm": optional(positive),
    "use_ema": flag, "ema_momentum": a_number(0, 1), "ema_overwrite_frequency": optional(whole),
    "loss_scale_factor": optional(positive), "gradient_accumulation_steps": optional(an_int(2)),
    "name": optional(name),
}  # fmt: skip


def numeric(x):
    """Whether a value is an array of finite numbers, not empty."""
    if isinstance(x, np.ndarray):
        return x.dtype == float and x.size > 0 and bool(np.isfinite(x).all())
    if isinstance(x, (tuple, list)) and x is not VALUES["itself"]:
        return lists(x) or (len(x) > 0 and all(map(finite, x)))
    return matrix(x) or finite(x)


def finite(x):
    """Whether a value is a number that float64 holds."""
    return flag(x) or (type(x) in (int, float, np.float32) and a_number(-1e308, 1e308)(x))


@functools.cache
def gan():
    return micro.make("GAN")


@functools.cache
def dataset():
    return data.from_array(IMAGES, batch_size=4)


def nearest():
    """Distances of `copying`."""
    known = memorization.Training(ROWS)
    return {"samples": known.nearest(ROWS + 1), "held_out": known.nearest(ROWS + 2)}


BATCHES = {
    "batch_size": an_int(1, 8), "shuffle": flag, "seed": seed, "value_range": a_range, "paired": flag,
    "num_examples": optional(whole), "progress": flag,
}  # fmt: skip
BY_NAME = BATCHES | {"batch_size": whole, "shuffle": optional(flag), "value_range": optional(a_range)}
A_FOLDER = lambda x: isinstance(x, str) and x != "" and "\0" not in x
SOME_TEXTS = values("strings", "strings in a tuple")
PICTURES = {"images": IMAGES, "labels": LABELS, "batch_size": 4}
COLUMNS = {"columns": (IMAGES, LABELS), "batch_size": 4}
NAMES = optional(either(one_of(("a", "b")), values("strings")))

ZOO = {
    "load": lambda: Call(
        registry.load, {"name": "gmm_rings"}, ["seed", "foo"], pretrained=flag, dtype=none,
        seed=optional(model_seed),
    ),
    "build": lambda: Call(registry.build, {"name": "gmm_rings"}, dtype=none),
    "list_models": lambda: Call(
        kg.list_models, pattern=string, family=optional(one_of(*FAMILIES)), dataset=none, likelihood=none,
        pretrained=optional(flag),
    ),
    "describe": lambda: Call(kg.describe),
    "get_recipe": lambda: Call(registry.get_recipe),
    "get_record": lambda: Call(registry.get_record),
    "weights_path": lambda: Call(registry.weights_path),
    "Record": lambda: Call(
        kg.Record, dict(vars(registry.get_record("dcgan_mnist"))), size=an_int(0, 2**80),
        name=one_of("ab", "3"), minutes=a_number(), manifest=one_of([]), url=none,
        **dict.fromkeys(("seed", "epochs", "steps"), an_int(-(2**80), 2**80)),
        **dict.fromkeys(("command", "data", "machine", "date"), string),
        **dict.fromkeys(("metrics", "variants"), one_of({})),
        **dict.fromkeys(("parameters", "versions", "evaluation", "curve"), values("dict", "empty dict")),
    ),
    "Reference": lambda: Call(
        kg.Reference, {"paper": "a", "arxiv": "b"}, paper=string, arxiv=string, metric=optional(string),
        value=optional(string), checked=values("true", "false"),
    ),
    "Curve": lambda: Call(
        kg.Curve, {"x": "a", "figure": "fid", "lines": {}}, x=string, lines=one_of({}), num=count
    ),
    "Recipe": lambda: Call(
        kg.Recipe, dict(vars(registry.get_recipe("dcgan_mnist"))), build=function, data=string,
        condition=optional(string), seed=model_seed, value_range=optional(a_range),
        evaluator=optional(string), judges=values("empty tuple", "strings in a tuple"), draws=optional(count),
        curve=none,
        **dict.fromkeys(("batch_size", "epochs", "version"), count),
        **dict.fromkeys(("tiny", "variants"), values("dict", "empty dict")),
    ),
}  # fmt: skip

DATA = {
    "from_array": lambda: Call(
        data.from_array, PICTURES, **BATCHES | {"labels": none, "images": either(matrix, SOME_TEXTS)}
    ),
    "from_arrays": lambda: Call(
        data.from_arrays, COLUMNS, columns=values("array", "tensor", "strings"), **BATCHES
    ),
    "from_folder": lambda: Call(
        data.from_folder, {"path": TESTS, "image_shape": (4, 4, 1), "progress": False},
        labels=values("none", "string", "digit", "slash"),
        class_names=none, background=one_of((0, 0, 0)), crop=flag, invert=flag,
        **BATCHES | {"batch_size": whole},
    ),
    "load": lambda: Call(data.load, {"name": "ring"}, labels=flag, data_dir=optional(A_FOLDER), **BY_NAME),
    "arrays": lambda: Call(data.arrays, {"name": "ring"}, data_dir=optional(A_FOLDER)),
    "read": lambda: Call(
        data.read, {"path": TESTS, "size": (4, 4)}, channels=optional(one_of(1)),
        background=one_of((0, 0, 0)),
        labels=values("none", "string", "digit", "slash", "bytes"), passage=optional(an_int(1, 2**20)),
        length=optional(whole), rate=optional(whole),
        **dict.fromkeys(("crop", "invert", "progress"), flag),
    ),
    "Examples": lambda: Call(
        data.Examples, {"x": ROWS}, x=either(matrix, lists, SOME_TEXTS), labels=either(none, values("long")),
        class_names=NAMES, apart=none, rate=optional(an_int(1)),
    ),
    "split": lambda: Call(data.Examples(ROWS).split, share=a_number(0, 1, "[)"), seed=model_seed),
    "dataset": lambda: Call(
        data.Examples(ROWS).dataset, {"batch_size": 4, "value_range": None}, labels=optional(flag)
    ),
    "describe": lambda: Call(data.describe, {"name": "ring"}),
    "list_datasets": lambda: Call(data.list_datasets, pattern=text),
    "register": lambda: Call(
        data.register, {"name": "of a test"}, name=text, splits=NAMES,
        **dict.fromkeys(("size", "license", "origin"), string),
    ),
    "registered": lambda: Call(data.register("of a test"), read=function),
    "IndexedDataset": lambda: Call(
        data.IndexedDataset, {"read": len, "num_examples": 8, "batch_size": 4}, read=function,
        class_names=NAMES, num_maps=an_int(0), **BATCHES | {"num_examples": whole},
    ),
    "from_step": lambda: Call(dataset().from_step, {"step": 0}, step=an_int(0, 2**40), of=an_int(1, 1)),
    "take": lambda: Call(dataset().take, count=an_int(0, 2**40)),
    "batch": lambda: Call(dataset().batch, batch_size=an_int(1, 8)),
    "map": lambda: Call(dataset().map, {"function": lambda x: x}, function=function, keyed=flag),
    "Oracle.sample": lambda: Call(
        ORACLE.sample, {"num": 2, "length": 2}, num=whole, length=an_int(1, 1024), seed=seed,
        temperature=positive,
    ),
    "Oracle.log_prob": lambda: Call(ORACLE.log_prob, x=nothing),
    "moons": lambda: Call(laboratory.moons, {"num": 2}, num=whole, seed=seed, noise=a_number(0, 1e6)),
    "pinwheel": lambda: Call(
        laboratory.pinwheel, {"num": 2}, num=whole, seed=seed, radial_std=a_number(0, 1e6),
        tangential_std=a_number(0, 1e6), rate=a_number(-100, 100),
    ),
    "Mixture": lambda: Call(
        laboratory.Mixture, {"means": [[1.0]], "sigma": 1.0}, sigma=positive,
        means=either(matrix, lists, values("large array")),
    ),
    "Mixture.sample": lambda: Call(laboratory.RING.sample, {"num": 2}, num=whole, seed=seed),
    "Mixture.log_prob": lambda: Call(laboratory.RING.log_prob, x=either(matrix, lists)),
}  # fmt: skip

PAIR = {"x": ROWS, "y": ROWS + 1}
LOG_P = lambda x: np.zeros(len(x))
AIS = {
    "decode": lambda z: z, "x": ROWS[:2], "latent_dim": 7, "sigma": 1.0, "key": KEY, "temperatures": 1,
    "chains": 1, "leapfrog": 1,
}  # fmt: skip
NORMALS = {"mean_x": P, "mean_y": P, "covariance_x": EYE, "covariance_y": EYE}
NEIGHBORS = {"samples": IMAGES, "labels": LABELS, "real": IMAGES, "real_labels": LABELS}
TOKENS = [np.array([0, 1, 2])]
LOG_WEIGHTS = either(numeric, one_of(-np.inf))

METRICS = {
    "sigmoid_schedule": lambda: Call(
        annealed.sigmoid_schedule, {"temperatures": 3}, temperatures=an_int(1, 2**24), sharpness=positive
    ),
    "ais": lambda: Call(
        annealed.ais, AIS, decode=function, sigma=positive, temperatures=whole, step_size=positive,
        pilots=an_int(0, 2**31), **dict.fromkeys(("latent_dim", "chains", "leapfrog"), an_int(1, 2**31)),
    ),
    "agreement": lambda: Call(
        matching.agreement,
        {"categories": [0, 0], "labels": [0, 0], "num_categories": 2, "num_classes": 2},
        num_categories=an_int(1, 2**20), num_classes=an_int(1, 2**20),
        **dict.fromkeys(("categories", "labels"), values("equal")),
    ),
    "kl": lambda: Call(divergences.kl, {"p": P, "q": P}),
    "js": lambda: Call(divergences.js, {"p": P, "q": P}),
    "kl_normal": lambda: Call(
        divergences.kl_normal, {"mean_p": P, "mean_q": P, "covariance_p": EYE, "covariance_q": EYE}
    ),
    "wasserstein1": lambda: Call(divergences.wasserstein1, {"x": P, "y": P}, x=numeric, y=numeric),
    "earth_mover": lambda: Call(transport.earth_mover, PAIR),
    "critic_bound": lambda: Call(
        transport.critic_bound, PAIR | {"f_x": ROWS[:, 0], "f_y": ROWS[:, 1]}, f_x=numeric, f_y=numeric
    ),
    "kl_monte_carlo": lambda: Call(
        divergences.kl_monte_carlo, {"log_p": LOG_P, "log_q": LOG_P, "x": ROWS}, x=numeric, log_p=function,
        log_q=function,
    ),
    "js_monte_carlo": lambda: Call(
        divergences.js_monte_carlo, {"log_p": LOG_P, "log_q": LOG_P, "x_p": ROWS, "x_q": ROWS}, x_p=numeric,
        x_q=numeric, log_p=function, log_q=function,
    ),
    "Extractor": lambda: Call(
        extractor.Extractor, {"name": "a", "read": len, "event_shape": (4, 4, 1), "value_range": (0, 1)},
        name=text, read=function, event_shape=either(shape, one_of([None])), value_range=a_range, batch=whole,
    ),
    "Extractor.__call__": lambda: Call(
        extractor.Extractor("a", lambda x: (x, None), (4, 4, 1), (0, 1)), {"images": IMAGES}, progress=flag
    ),
    "of_classifier": lambda: Call(
        extractor.of_classifier, {"name": "a", "model": micro.make("Classifier")}, name=text
    ),
    "stacked": lambda: Call(extractor.stacked),
    "fid": lambda: Call(fidelity.fid, PAIR),
    "fid_infinity": lambda: Call(fidelity.fid_infinity, PAIR, seed=model_seed, points=an_int(2, 1000)),
    "kid": lambda: Call(fidelity.kid, PAIR, block=an_int(2)),
    "frechet_distance": lambda: Call(frechet.frechet_distance, NORMALS),
    "FrechetDistance": lambda: Call(
        frechet.FrechetDistance, {"width": 3}, width=an_int(1, 2**15), name=optional(name)
    ),
    "update_state": lambda: Call(
        frechet.FrechetDistance(7).update_state, {"y_true": ROWS, "y_pred": ROWS},
        sample_weight=either(none, flag, a_number(0), values("long", "0-d array")),
    ),
    "bits_per_dim": lambda: Call(
        likelihood.bits_per_dim, {"log_density": P, "num_dims": 3, "bin_width": 1.0},
        log_density=LOG_WEIGHTS, num_dims=an_int(1, 2**31), bin_width=positive,
    ),
    "dequantize": lambda: Call(
        likelihood.dequantize, {"images": IMAGES, "key": KEY}, value_range=optional(a_range)
    ),
    "importance": lambda: Call(
        likelihood.importance, {"log_weights": ROWS}, log_weights=LOG_WEIGHTS, axis=an_int(-2, 1)
    ),
    "effective_sample_size": lambda: Call(
        likelihood.effective_sample_size, {"log_weights": ROWS}, log_weights=LOG_WEIGHTS, axis=an_int(-2, 1)
    ),
    "importance_stream": lambda: Call(likelihood.importance_stream, {"log_weight_chunks": [ROWS]}),
    "parzen": lambda: Call(
        likelihood.parzen, {"samples": ROWS, "x": ROWS, "validation": ROWS, "sigmas": [1.0]},
        sigmas=values("floats", "long", "huge tuple"), chunk=an_int(1, 2**31),
    ),
    "Manifold": lambda: Call(manifold.Manifold, {"features": ROWS, "k": 3}, k=an_int(1, 39)),
    "counts": lambda: Call(manifold.Manifold(ROWS, 3).counts),
    "precision_recall": lambda: Call(
        manifold.precision_recall, {"samples": ROWS, "real": ROWS}, k=an_int(1, 39)
    ),
    "density_coverage": lambda: Call(
        manifold.density_coverage, {"samples": ROWS, "real": ROWS}, k=an_int(1, 39)
    ),
    "Training": lambda: Call(memorization.Training),
    "nearest": lambda: Call(memorization.Training(ROWS).nearest),
    "authenticity": lambda: Call(memorization.Training(ROWS).authenticity),
    "copying": lambda: Call(memorization.copying, nearest()),
    "relative_distance": lambda: Call(memorization.relative_distance, nearest()),
    "mixture_modes": lambda: Call(
        modes.mixture_modes, {"samples": ROWS, "means": ROWS[:3], "sigma": 1.0}, sigma=positive,
        within=positive,
    ),
    "class_modes": lambda: Call(
        modes.class_modes, {"labels": LABELS, "num_classes": 3}, num_classes=an_int(1, 8),
        target=either(none, values("floats")), labels=values("long", "zeros"),
    ),
    "Bins": lambda: Call(modes.Bins, {"rows": ROWS, "num_bins": 2}, num_bins=an_int(2, 4), seed=seed),
    "compare": lambda: Call(modes.Bins(ROWS, 2).compare, {"samples": ROWS}, level=a_number(0, 1, "()")),
    "confidence": lambda: Call(scores.confidence, logits=matrix),
    "class_entropy": lambda: Call(scores.class_entropy, logits=matrix),
    "inception_score": lambda: Call(scores.inception_score, logits=matrix),
    "WittenBell": lambda: Call(
        ngrams.WittenBell, {"texts": TOKENS, "vocabulary": 4}, vocabulary=an_int(1, 2**31),
        texts=values("ragged"), n=an_int(1, 16),
    ),
    "bleu": lambda: Call(
        ngrams.bleu, {"samples": TOKENS, "references": TOKENS}, n=an_int(1, 8),
        **dict.fromkeys(("samples", "references"), values("ragged")),
    ),
    "copied": lambda: Call(
        ngrams.copied, {"samples": TOKENS, "training": TOKENS, "length": 2},
        **dict.fromkeys(("length", "stride"), an_int(1, 2**20)),
        **dict.fromkeys(("samples", "training"), values("ragged")),
    ),
    "nearest_neighbor_error": lambda: Call(scores.nearest_neighbor_error, NEIGHBORS),
    "laplacian_energy": lambda: Call(sharpness.laplacian_energy),
    "relative_sharpness": lambda: Call(sharpness.relative_sharpness, {"samples": IMAGES, "real": IMAGES}),
}  # fmt: skip

EVALUATION = {
    "evaluate": lambda: Call(
        evaluation.evaluate, {"name": "gmm_rings", "num": 0}, skip=("progress",), model=none, dtype=none,
        extractor=none, source=optional(text), num=none,
    ),
    "repeat": lambda: Call(evaluation.repeat, skip=("progress",)),
    "curve": lambda: Call(
        evaluation.curve, {"name": "ddpm_mnist", "num": 0, "model": micro.make("GAN")},
        skip=("progress",), source=optional(text), lines=none, model=none, num=none,
    ),
    "evaluate_arrays": lambda: Call(
        evaluation.evaluate_arrays,
        {"model": micro.make("GaussianMixture"), "train": ROWS[:, :2], "test": ROWS[:, :2], "num": 0},
        skip=("progress", "train_labels"), train=matrix, test=matrix, test_labels=values("none", "long"),
        extractor=none,
    ),
    "ReferenceSet": lambda: Call(
        evaluation.ReferenceSet, {"train": ROWS, "test": ROWS}, extractor=none, mixture=none,
        labels=values("none", "long"),
    ),
}  # fmt: skip

TRAINING = {
    "FusedAdam": lambda: Call(training.FusedAdam, more=adam, **adam),
    "CosineThenConstant": lambda: Call(
        training.CosineThenConstant, {"initial_learning_rate": 0.1, "decay_steps": 3},
        initial_learning_rate=a_number(0), decay_steps=whole, rest=a_number(0, 1),
    ),
    "decaying_adam": lambda: Call(
        training.decaying_adam, {"rate": 0.1, "steps": 3}, [one for one in adam if one != "learning_rate"],
        **adam | {"rate": a_number(0), "steps": whole},
    ),
    "Checkpoint": lambda: Call(
        training.Checkpoint, {"folder": "a"}, folder=a_path, every_steps=whole, keep=whole
    ),
    "restore": lambda: Call(training.Checkpoint("none").restore),
    "EpochLog": lambda: Call(training.EpochLog, folder=a_path),
    "SampleSheet": lambda: Call(
        training.SampleSheet, {"folder": "a"}, folder=a_path, num=an_int(1, 10_000), seed=model_seed
    ),
    "TensorBoardRun": lambda: Call(training.TensorBoardRun, folder=a_path),
    "TerminateOnNonFinite": lambda: Call(training.TerminateOnNonFinite, checkpoint=none),
    "Diagnostics": lambda: Call(
        training.Diagnostics, {"folder": "a", "held_out": ROWS}, folder=a_path,
        held_out=either(matrix, SOME_TEXTS), condition=either(none, values("long")), training=none,
        seed=model_seed,
    ),
    "run_callbacks": lambda: Call(
        training.run_callbacks, {"folder": "a", "model": gan()}, folder=a_path, held_out=none
    ),
    "scope": lambda: Call(training.scope, strategy=none),
    "train": lambda: Call(
        training.train, {"model": gan(), "dataset": dataset(), "folder": "a", "epochs": 1}, folder=a_path,
        epochs=whole, every_steps=whole, resume=flag, settings=values("none", "dict", "empty dict"),
        held_out=none, verbose=one_of("auto", 0, 1, True, False),
    ),
    "export_version": lambda: Call(
        serving.export_version, {"model": gan(), "folder": "a"}, folder=a_path, version=optional(whole),
        max_rows=whole,
    ),
}  # fmt: skip

BOX = spaces.Box((2,))
SYMBOLS = {
    "symbols": either(SOME_TEXTS, lambda x: isinstance(x, str) and x and "\ud800" not in x),
    "length": an_int(1, 2**20), "lengths": none,
}  # fmt: skip
WORDS = lambda x: isinstance(x, str) and any(map(str.isalnum, x)) and "\ud800" not in x


def checked(space, fits=nothing):
    """The check of a space, of `values`."""
    return Call(lambda values: space.check(values, "values"), values=fits)


SPACES = {
    "Box": lambda: Call(
        spaces.Box, {"shape": (2,), "low": -1.0, "high": 1e12}, shape=shape, low=a_number(-1e15, 1e12, "[)"),
        high=a_number(-1, 1e15, "(]"),
    ),
    "box": lambda: Call(
        spaces.box, {"shape": (2,), "value_range": None}, shape=shape, value_range=optional(a_range)
    ),
    "Bits": lambda: Call(spaces.Bits, {"shape": (2,)}, shape=shape, low=one_of(0), high=one_of(1)),
    "Simplex": lambda: Call(spaces.Simplex, {"shape": (2,)}, shape=a_shape(1), low=one_of(0), high=one_of(1)),
    "Nats": lambda: Call(spaces.Nats, shape=shape, low=none, high=none),
    "Frames": lambda: Call(spaces.Frames, {"shape": (2, 4, 4, 1)}, low=none, high=none, rate=positive),
    "Waveform": lambda: Call(
        spaces.Waveform, {"shape": (8,)}, low=a_number(high=1, ends="[)"), high=a_number(-1, ends="()"),
        rate=whole,
    ),
    "Integers": lambda: Call(
        spaces.Integers, {"low": 0, "high": 2**30}, low=an_int(-(2**31), 2**30), high=an_int(0), shape=shape
    ),
    "Tokens": lambda: Call(
        spaces.Tokens, {"shape": 2, "vocabulary": 3}, shape=either(shape, whole), vocabulary=whole
    ),
    "Label": lambda: Call(spaces.Label, num_classes=an_int(2, 2**31 - 2)),
    "Text": lambda: Call(spaces.Text, captions=either(WORDS, values("strings in a tuple", "strings"))),
    "Characters": lambda: Call(spaces.Characters, {"symbols": "abc", "length": 3}, **SYMBOLS),
    "Verses": lambda: Call(
        spaces.Verses, {"symbols": "abc", "length": 3}, line=an_int(1, 2**20), **SYMBOLS
    ),
    "Words": lambda: Call(spaces.Words, {"symbols": ("a", "b"), "length": 3}, **SYMBOLS),
    "Labels": lambda: Call(
        spaces.Labels, {"names": ("a", "b"), "sizes": (2, 3)}, names=SOME_TEXTS, sizes=nothing
    ),
    "Endpoint": lambda: Call(
        spaces.Endpoint, {"function": len, "inputs": {"x": BOX}, "outputs": {"x": BOX}}, function=function,
        outputs=one_of({}),
    ),
    "as_condition": lambda: Call(
        lambda condition: spaces.as_condition(condition),
        condition=either(none, an_int(2, 2**31 - 2), values("strings in a tuple")),
    ),
    **{
        f"check of {one}": lambda one=one: checked(one, either(matrix, lists))
        for one in (
            BOX, spaces.Box((2,), 0, 1), spaces.Bits((2,)), spaces.Simplex((2,)), spaces.Waveform((2,)),
        )
    },
    "check of labels": lambda: checked(spaces.Label(9), values("zeros", "long", "equal")),
    "check of seeds": lambda: checked(spaces.Seeds(), values("zeros", "long", "equal")),
    "check of films": lambda: checked(spaces.Frames((1, 2, 2, 1))),
    "check of characters": lambda: checked(spaces.Characters("abc", 3), SOME_TEXTS),
    "check of several labels": lambda: checked(spaces.Labels(("a", "b"), (2, 3))),
    "check of texts": lambda: checked(spaces.Text(("black hair",))),
    "check of nats": lambda: checked(spaces.Nats(), lambda x: numeric(x) and np.ndim(x) == 1),
    "check of tokens": lambda: checked(spaces.Tokens(2, 3), values("equal")),
}  # fmt: skip

TENSORS = ("denoise", "schedule", "x", "times", "keys", "loop", "known", "mask")
KEYS = rng.row_keys(rng.row_seeds(0, 2))
SAMPLER = {"denoise": lambda x, t: x, "schedule": COSINE, "x": X, "times": TIMES, "keys": KEYS}
BACKWARD = SAMPLER | {"times": TIMES[::-1] + 0.1}
LIKELIHOOD = tf.zeros((1, 2))
WEIGHT = either(a_number(0), tf.is_tensor)

EQUATIONS = {
    "normal.log_prob": lambda: Call(
        distributions.normal.log_prob, {"x": X, "mean": X, "log_std": X}, skip=("x", "mean", "log_std"),
        event_rank=rank,
    ),
    "bernoulli.log_prob": lambda: Call(
        distributions.bernoulli.log_prob, {"x": X, "logits": X}, skip=("x", "logits"), event_rank=rank
    ),
    "logistic.log_prob": lambda: Call(
        distributions.logistic.log_prob, {"x": X, "mean": X, "log_scale": X}, skip=("x", "mean", "log_scale"),
        event_rank=rank, value_range=a_range, levels=an_int(2),
    ),
    "logistic.sample": lambda: Call(
        distributions.logistic.sample, {"key": KEY, "mean": X, "log_scale": X},
        skip=("key", "mean", "log_scale"), value_range=a_range,
    ),
    "log_area": lambda: Call(distributions.spherical.log_area, dim=whole),
    "kl_to_uniform": lambda: Call(
        distributions.spherical.kl_to_uniform, {"kappa": tf.ones((2, 1)), "dim": 3}, skip=("kappa",),
        dim=an_int(2),
    ),
    "Linear": lambda: Call(
        objectives.teacher_forcing.Linear, {"slope": 0.1}, slope=a_number(0, 1e6), least=a_number(0, 1)
    ),
    "Bleu": lambda: Call(objectives.rewards.Bleu, n=an_int(1, 4)),
    "Exponential": lambda: Call(objectives.teacher_forcing.Exponential, k=a_number(0, 1)),
    "InverseSigmoid": lambda: Call(objectives.teacher_forcing.InverseSigmoid, k=a_number(1, 1e6)),
    "elbo": lambda: Call(
        objectives.variational.elbo, {"log_likelihood": LIKELIHOOD, "kl": tf.zeros((2, 1))},
        skip=("log_likelihood", "kl"), weight=WEIGHT,
    ),
    "log_weights": lambda: Call(
        objectives.variational.log_weights,
        dict.fromkeys(("log_likelihood", "log_prior", "log_posterior"), LIKELIHOOD),
        skip=("log_likelihood", "log_prior", "log_posterior"), weight=WEIGHT,
    ),
    "free_bits": lambda: Call(
        objectives.variational.free_bits, {"kl": tf.zeros((2, 1)), "least": 0.1}, skip=("kl", "weight"),
        least=a_number(0),
    ),
    "warm_up": lambda: Call(objectives.variational.warm_up, {"step": 1}, skip=("step",), steps=an_int(0)),
    "gaussian_denoiser": lambda: Call(
        objectives.diffusion.gaussian_denoiser, {"mean": 0.0, "std": 1.0, "schedule": COSINE}, mean=numeric,
        std=lambda x: numeric(x) and np.min(np.asarray(x, float)) >= 0,
    ),
    "ddim": lambda: Call(samplers.stochastic.ddim, SAMPLER, skip=TENSORS, eta=a_number(0, 1)),
    "inpaint": lambda: Call(
        samplers.stochastic.inpaint, SAMPLER | {"known": X, "mask": X, "repeats": 1}, skip=TENSORS,
        repeats=whole, value_range=optional(a_range),
    ),
    "log_prob": lambda: Call(samplers.likelihood.log_prob, BACKWARD, skip=TENSORS, probes=whole),
    "log_snr_times": lambda: Call(
        samplers.likelihood.log_snr_times, {"schedule": COSINE, "steps": 2, "first": 0.1}, skip=TENSORS,
        steps=whole, first=a_number(0, 1, "()"),
    ),
    "bound": lambda: Call(samplers.likelihood.bound, BACKWARD, skip=(*TENSORS, "levels"), draws=an_int(1, 2)),
    "between": lambda: Call(
        paths.between, {"start": X, "end": X, "steps": 2}, skip=("start", "end"), steps=an_int(2, 1000),
        great_circle=flag,
    ),
}  # fmt: skip


def _is_real(x):
    """Whether NumPy makes an array of real numbers of a value."""
    try:
        return np.asarray(x).dtype.kind in "fiub"
    except Exception:
        return False


FRAMES = np.zeros((1, 2, 4, 4, 1), "uint8")
WAVES = {"x": ROWS, "rate": 8}
TEXTS = either(string, values("bytes", "strings", "strings in a tuple"))
A_SIGNAL = values("lists", "array", "array of nan", "large array", "tensor")

MEDIA = {
    "alignments": lambda: Call(
        media.alignments, {"weights": np.ones((1, 2, 2)), "sources": ["ab"], "targets": ["a"]},
        columns=whole, **dict.fromkeys(("sources", "targets"), values("strings", "strings in a tuple")),
    ),
    "by_class": lambda: Call(media.by_class, {"images": IMAGES, "labels": LABELS}, each=whole),
    "film": lambda: Call(
        media.film, {"frames": FRAMES, "path": "/nowhere/a.gif"}, fps=a_number(1, 50),
        value_range=optional(a_range),
    ),
    "film_strip": lambda: Call(media.film_strip, {"frames": FRAMES}, value_range=optional(a_range)),
    "image_grid": lambda: Call(
        media.image_grid, {"images": IMAGES}, value_range=optional(a_range), columns=optional(whole)
    ),
    "line_chart": lambda: Call(
        media.line_chart, {"lines": {"a": [[1, 2]]}, "x": "a", "y": "b"}, lines=one_of({}), x=text, y=text,
        floor=optional(positive),
    ),
    "pairs": lambda: Call(media.pairs, {"samples": IMAGES, "nearest": IMAGES}, columns=whole),
    "points": lambda: Call(
        media.points, {"samples": ROWS[:, :2]}, bins=an_int(1, 1000), samples=A_SIGNAL,
        real=optional(A_SIGNAL),
    ),
    "save": lambda: Call(
        media.save, {"path": "a.xyz", "samples": IMAGES}, skip=("samples",), space=none
    ),
    "sheet": lambda: Call(media.sheet, {"samples": IMAGES}, samples=A_SIGNAL, space=none),
    "signal": lambda: Call(media.signal, {"samples": ROWS}, columns=whole, samples=A_SIGNAL),
    "text_sheet": lambda: Call(media.text_sheet, texts=TEXTS),
    "texts": lambda: Call(media.texts, {"samples": ROWS, "space": None}, samples=_is_real, space=none),
    "usual_ending": lambda: Call(media.usual_ending, space=none),
    "training_curve": lambda: Call(
        media.training_curve, {"rows": [], "path": "/nowhere/a.png"}, path=a_path, title=string,
        rows=values("empty list", "empty tuple", "range", "empty array"),
    ),
    "waveform": lambda: Call(media.waveform, WAVES, rate=whole, columns=whole, x=A_SIGNAL),
    "write_texts": lambda: Call(
        media.write_texts, {"path": "/nowhere/a.txt", "texts": ["a"]}, path=a_path, texts=TEXTS
    ),
    "write_wav": lambda: Call(
        media.write_wav, {"path": "/nowhere/a.wav"} | WAVES, path=a_path, rate=whole, x=numeric
    ),
}  # fmt: skip

ROOMS = {
    "zoo": ZOO, "data": DATA, "metrics": METRICS, "evaluation": EVALUATION, "training": TRAINING,
    "spaces": SPACES, "equations": EQUATIONS, "media": MEDIA,
}  # fmt: skip
CALLS = [
    pytest.param(call, id=f"{room}-{one}") for room, table in ROOMS.items() for one, call in table.items()
]


@pytest.mark.parametrize("make", CALLS)
def test_a_wrong_argument_is_refused_by_name(make, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert make().problems() == {}


FREE = {  # no argument that could be wrong
    kg.GenerativeModel, spaces.Seeds, spaces.Space, spaces.Strings, training.ReportingCallback,
    evaluation.Measure, evaluation.classify, evaluation.differences, spaces.as_condition,
    spaces.from_config, spaces.to_config,
}  # fmt: skip


@pytest.mark.parametrize(
    "room", (kg, data, evaluation, media, serving, spaces, training), ids=lambda room: room.__name__
)
def test_everything_public_is_tried(room):
    tried = {make.values[0]().call for make in CALLS}
    public = {one for one in map(functools.partial(getattr, room), room.__all__) if callable(one)}
    assert {one for one in public - tried - FREE if not is_model(one)} == set()


def is_model(one):
    """Whether `test_model_arguments` has it."""
    return inspect.isclass(one) and issubclass(one, kg.models.ZooModel)
