"""The campaigns of benchmarks/, small: kills in the middle of a run, damaged files, collapsed modes."""

import os
import sys

import numpy as np

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(__file__)), "benchmarks"))

import collapse
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


@pytest.mark.long
def test_a_laboratory_reads_what_it_has_trained(tmp_path, monkeypatch):
    given = "ring", {"packing": 2}, 0, 50, str(tmp_path)
    found, samples = collapse.measured(*given)
    monkeypatch.setattr(collapse, "trained", None)
    again, kept = collapse.measured(*given)
    assert again == found and np.array_equal(samples, kept) and len(kept) == 1000
    assert collapse.shown([found, found | {"modes": 8}])[1].endswith("to 8")
