"""Recipes, their parts and Records check what they are given, without loading anything heavy."""

import dataclasses

import numpy as np
import pytest
from helpers import refusals

import kerasgen as kg
from kerasgen import registry
from kerasgen.recipe import FAMILIES, LIKELIHOODS

RECIPE = registry.get_recipe("dcgan_mnist")
RECORD = registry.get_record("dcgan_mnist")
CURVE = kg.Curve("steps", "fid", {"ddim": {4: {"steps": 4}}})


def changed(one, **fields):
    return lambda: dataclasses.replace(one, **fields)


CALLS = {
    "build": (changed(RECIPE, build="dcgan"), TypeError, "build"),
    "data": (changed(RECIPE, data=None), TypeError, "data"),
    "batch_size a word": (changed(RECIPE, batch_size="128"), TypeError, "batch_size"),
    "batch_size a bool": (changed(RECIPE, batch_size=True), TypeError, "batch_size"),
    "batch_size a float": (changed(RECIPE, batch_size=128.0), TypeError, "batch_size"),
    "batch_size 0": (changed(RECIPE, batch_size=0), ValueError, "batch_size"),
    "epochs 0": (changed(RECIPE, epochs=0), ValueError, "epochs"),
    "tiny": (changed(RECIPE, tiny=[("width", 4)]), TypeError, "tiny"),
    "family unknown": (changed(RECIPE, family="cat"), ValueError, "family"),
    "family a list": (changed(RECIPE, family=["gan"]), TypeError, "family"),
    "reference": (changed(RECIPE, reference="Radford et al."), TypeError, "reference"),
    "likelihood": (changed(RECIPE, likelihood="guess"), ValueError, "likelihood"),
    "draws 0": (changed(RECIPE, draws=0), ValueError, "draws"),
    "condition": (changed(RECIPE, condition=10), TypeError, "condition"),
    "seed None": (changed(RECIPE, seed=None), TypeError, "seed"),
    "seed negative": (changed(RECIPE, seed=-1), ValueError, "seed"),
    "seed too large": (changed(RECIPE, seed=2**32), ValueError, "seed"),
    "value_range a word": (changed(RECIPE, value_range="ab"), TypeError, "value_range"),
    "value_range of words": (changed(RECIPE, value_range=("a", "b")), ValueError, "value_range"),
    "value_range falling": (changed(RECIPE, value_range=(1, -1)), ValueError, "value_range"),
    "value_range empty": (changed(RECIPE, value_range=(0, 0)), ValueError, "value_range"),
    "value_range NaN": (changed(RECIPE, value_range=(float("nan"),) * 2), ValueError, "value_range"),
    "value_range infinite": (changed(RECIPE, value_range=(0, float("inf"))), ValueError, "value_range"),
    "value_range of three": (changed(RECIPE, value_range=(0, 1, 2)), ValueError, "value_range"),
    "evaluator": (changed(RECIPE, evaluator=3), TypeError, "evaluator"),
    "variants": (changed(RECIPE, variants=None), TypeError, "variants"),
    "curve": (changed(RECIPE, curve={"x": "steps"}), TypeError, "curve"),
    "version 0": (changed(RECIPE, version=0), ValueError, "version"),
    "paper": (changed(RECIPE.reference, paper=None), TypeError, "paper"),
    "arxiv a number": (changed(RECIPE.reference, arxiv=1511.06434), TypeError, "arxiv"),
    "value a number": (changed(RECIPE.reference, value=2.98), TypeError, "value"),
    "checked": (changed(RECIPE.reference, checked="yes"), TypeError, "checked"),
    "x": (changed(CURVE, x=None), TypeError, "x"),
    "figure": (changed(CURVE, figure="beauty"), ValueError, "figure"),
    "lines": (changed(CURVE, lines=[1]), TypeError, "lines"),
    "a line": (changed(CURVE, lines={"ddim": [1]}), ValueError, "lines"),
    "num 0": (changed(CURVE, num=0), ValueError, "num"),
    "seed of a Record": (changed(RECORD, seed="0"), TypeError, "seed"),
    "minutes of a Record": (changed(RECORD, minutes="long"), TypeError, "minutes"),
    "sha256 of a Record": (changed(RECORD, sha256="abc"), ValueError, "sha256"),
    "manifest of a Record": (changed(RECORD, manifest=[["a", [2]]]), ValueError, "manifest"),
}

test_arguments_are_refused_by_name = refusals(CALLS)


def test_numbers_of_numpy_are_taken():
    recipe = dataclasses.replace(RECIPE, batch_size=np.int32(64), seed=np.uint32(7), draws=np.int64(3))
    assert (recipe.batch_size, recipe.seed, recipe.draws) == (64, 7, 3) and type(recipe.seed) is int


@pytest.mark.parametrize("family", FAMILIES)
def test_all_families_but_classifiers_generate(family):
    recipe = dataclasses.replace(RECIPE, family=family)
    assert recipe.generates is (family != "classifier")
    assert recipe.labels is (family == "classifier")
    assert dataclasses.replace(recipe, condition="label").labels


def test_an_estimate_is_a_kind_of_likelihood():
    assert "estimate" in LIKELIHOODS and dataclasses.replace(RECIPE, likelihood="estimate")
    assert kg.list_models(likelihood="estimate") == [
        name for name in kg.list_models() if registry.get_recipe(name).likelihood == "estimate"
    ]


def test_what_generates_can_sample():
    """The recipe's word, which is known without building, is that of the model's class."""
    for name in ("dcgan_mnist", "gmm_rings", "lenet_mnist"):
        recipe = registry.get_recipe(name)
        assert hasattr(kg.load(name, pretrained=False, **recipe.tiny), "sample") is recipe.generates
