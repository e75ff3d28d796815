"""The files of an export: what is written, what is left, what is refused before anything is."""

import os
import sys

import numpy as np
import pytest
import tensorflow as tf
from helpers import tiny, toy

from kerasgen import cli, registry
from kerasgen.serving import config, export_version, warmup


def test_a_folder_is_all_that_a_server_needs_and_versions_count_up(tmp_path):
    model = toy(name="toy")
    paths = [export_version(model, tmp_path / "toy") for _ in range(2)]
    assert sorted(os.listdir(tmp_path / "toy")) == ["1", "2", config.BATCHING, config.MODELS]
    for path in paths:
        assert {"saved_model.pb", "variables", "README.md"} <= set(os.listdir(path))
        served = tf.saved_model.load(path).signatures["serving_default"](seed=tf.constant([7], "int64"))
        np.testing.assert_allclose(served["samples"], model.sample(1, seed=7), atol=1e-5)


def test_a_file_that_somebody_has_changed_is_left_as_it_is(tmp_path):
    model = toy(name="toy")
    export_version(model, tmp_path)
    assert config.write(tmp_path, "toy", 1024) == []
    mine = (tmp_path / config.MODELS).read_text().replace('"/models/toy"', '"/elsewhere"')
    (tmp_path / config.MODELS).write_text(mine)
    with pytest.warns(UserWarning, match="models.config says something else"):
        export_version(model, tmp_path)
    assert (tmp_path / config.MODELS).read_text() == mine
    assert len(config.write(tmp_path, "toy", 8)) == 2
    assert "max_batch_size { value: 1024 }" in (tmp_path / config.BATCHING).read_text()
    assert sorted(os.listdir(tmp_path)) == ["1", "2", config.BATCHING, config.MODELS]


def test_without_the_package_of_the_protos_an_export_says_so_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    model = tiny("gmm_rings")
    monkeypatch.setattr(registry, "load", lambda *_, **__: model)
    monkeypatch.chdir(tmp_path)
    assert not cli.main(cli.parse(["kerasgen", "export", "gmm_rings", "served"]))
    printed = capsys.readouterr()
    assert printed.err == f"kerasgen: {warmup.MISSING}\n" and "serving_default" in printed.out
    assert os.listdir("served/1") and not os.path.exists(os.path.join("served/1", warmup.FILE))


def test_a_failed_export_leaves_nothing_and_a_version_is_never_replaced(tmp_path, monkeypatch):
    def broken(*_):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(warmup, "write", broken)
        with pytest.raises(OSError, match="disk full"):
            export_version(toy(), tmp_path)
    assert os.listdir(tmp_path) == []
    (tmp_path / "1").mkdir()
    with pytest.raises(FileExistsError, match="`filepath`"):
        export_version(toy(), tmp_path, version=1)
    model = toy()
    model.name = "no name\nfor a server"
    with pytest.raises(ValueError, match=r"`model\.name`"):
        export_version(model, tmp_path)
    assert os.listdir(tmp_path) == ["1"] and os.listdir(tmp_path / "1") == []
