"""The walks of examples/: a student's, an engineer's and a colleague's, as they would be typed."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

import kerasgen as kg

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
EXAMPLES = os.path.join(ROOT, "examples")
sys.path.insert(0, EXAMPLES)
import odd_pictures  # noqa: E402


def call(*words, cwd):
    """What a program prints; it must end well, with `kerasgen` and `python` those of this process."""
    binaries = os.path.join(cwd, "bin")
    os.makedirs(binaries, exist_ok=True)
    for name, command in {"python": "", "kerasgen": " -m kerasgen"}.items():
        path = os.path.join(binaries, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nexec {sys.executable}{command} "$@"\n')
        os.chmod(path, 0o755)
    environment = os.environ | {"PATH": f"{binaries}:{os.environ['PATH']}", "PYTHONPATH": ROOT}
    result = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_odd_pictures_are_read_as_what_they_show(tmp_path):
    """Of each kind and format: light paper, dark ink, the same figure whatever the file."""
    num = len(odd_pictures.KINDS) * len(odd_pictures.WAYS)
    odd_pictures.write(tmp_path, num)
    with pytest.warns(UserWarning, match=r"notes\.txt"):
        examples = kg.data.read(tmp_path, (28, 28), 1)
    assert (
        examples.class_names == odd_pictures.KINDS and np.bincount(examples.labels).tolist() == [num // 3] * 3
    )
    corners, darkest = examples.x[:, [0, 0, -1, -1], [0, -1, 0, -1], 0], examples.x.min(axis=(1, 2, 3))
    assert corners.min() > 200 and darkest.max() < 150


@pytest.mark.long
def test_student(tmp_path):
    with open(os.path.join(EXAMPLES, "student.py"), encoding="utf-8") as file:
        lines = [line for line in file.read().split('"""')[2].splitlines() if line.strip()]
    assert len(lines) <= 22
    started = time.monotonic()
    call("kerasgen", "sample", "cvae_mnist", cwd=tmp_path)
    print("first picture after", time.monotonic() - started, "s")
    printed = call("python", os.path.join(EXAMPLES, "student.py"), cwd=tmp_path)
    error, nats = map(float, re.findall(r"-?\d+\.\d+", printed))
    assert error < 0.02 and -110 < nats < -60
    for name in ("samples", "sevens", "paths", "completed"):
        assert Image.open(tmp_path / f"{name}.png").size[0] > 80


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_engineer(tmp_path):
    pytest.importorskip("tensorflow_serving", reason="tensorflow-serving-api is not installed")
    with socket.socket() as free:
        assert free.connect_ex(("localhost", 8501)), "port 8501 is in use"
    started = time.monotonic()
    printed = call(os.path.join(EXAMPLES, "engineer.sh"), "walk", cwd=tmp_path)
    minutes = (time.monotonic() - started) / 60
    print(f"{minutes:.1f} minutes")
    assert "2 pictures of 28x28 came" in printed
    report = (tmp_path / "walk" / "runs" / "model" / "report.md").read_text()
    value, _, real = re.search(r"label_accuracy_judge" + 3 * r" +\| ([\d.]+)", report).groups()
    assert float(real) > 0.95 and float(value) > 0.9  # the judge of held-out pictures, and of samples


@pytest.mark.long
def test_colleague(tmp_path):
    printed = call(os.path.join(EXAMPLES, "colleague.sh"), "walk", cwd=tmp_path)
    assert "every file that was there is as it was" in printed and "# gmm_two_rings" in printed
    assert (tmp_path / "walk" / "zoo" / "cards" / "gmm_two_rings_density.png").exists()
