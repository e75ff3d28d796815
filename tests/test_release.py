"""What a release promises: `sample(16, seed=7)` of every entry is that of the release before, to the bit.

Bits are those of TensorFlow's kernels on one kind of processor, so that the table is compared only there.
Where weights are trained anew or a release changes samples on purpose, the line of that entry is renewed.
"""

import hashlib
import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

import kerasgen as kg
from kerasgen.ops import processor

RELEASED = json.loads((pathlib.Path(__file__).parent / "released_samples.json").read_text(encoding="utf-8"))
HERE = {"processor_has_avx512": processor.has_avx512(), "tensorflow": tf.__version__}


def test_every_entry_that_draws_has_a_line():
    drawing = [name for name in kg.list_models(pretrained=True) if kg.registry.get_recipe(name).generates]
    assert sorted(RELEASED["samples"]) == drawing


@pytest.mark.long
@pytest.mark.skipif(any(RELEASED[key] != value for key, value in HERE.items()), reason="other kernels")
@pytest.mark.parametrize("name", RELEASED["samples"])
def test_samples_are_those_of_the_release_before(name):
    samples = kg.load(name).sample(16, seed=7)
    found = hashlib.sha256(np.ascontiguousarray(samples).tobytes()).hexdigest()
    assert found == RELEASED["samples"][name]
