"""The campaigns of benchmarks/, small: kills in the middle of a run, damaged files."""

import os
import sys

import numpy as np

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(__file__)), "benchmarks"))

import damage
import kills
import pytest

KINDS = len(damage.KINDS)


@pytest.mark.long
def test_killed_runs_end_as_one_that_nobody_killed(tmp_path):
    rows = list(kills.campaign(["gan_mnist"], 4, 2, jobs=2, place=str(tmp_path), threads=1))
    assert [different for _, different, *_ in rows] == [[]] * 4
    assert sum(hits for *_, hits, _ in rows) == 8


def test_no_damaged_checkpoint_is_loaded(tmp_path):
    rows = list(damage.checkpoints(3 * KINDS, str(tmp_path), np.random.default_rng(0)))
    assert all(caught for _, caught in rows), rows


def test_no_damaged_weight_file_is_loaded(tmp_path):
    rows = list(damage.weight_files(3 * KINDS, str(tmp_path), np.random.default_rng(0)))
    assert all(caught for _, caught in rows), rows
