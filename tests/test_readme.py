"""What README.md shows, runs: its Python blocks in order, and the commands of its bash blocks."""

import os
import re
import shlex

import pytest

import kerasgen as kg
from kerasgen import cli
from kerasgen.data import registry

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


README = read("README.md")


def blocks(language, text=README):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("readme")


@pytest.mark.long
def test_python_blocks_run_in_order(folder, monkeypatch):
    monkeypatch.chdir(folder)
    namespace = {}
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), namespace)
    assert namespace["images"].shape == (16, 28, 28, 1)


@pytest.mark.long
@pytest.mark.parametrize(
    "page, drawn, shape",
    [
        ("autoregressive.md", "sevens", (4, 28, 28, 1)),
        ("diffusion.md", "whole", (4, 28, 28, 1)),
        ("gans.md", "sevens", (16, 28, 28, 1)),
        ("data.md", "images", (4, 20, 20, 1)),
        ("flows.md", "drawn", (4, 28, 28, 1)),
        ("rbm.md", "drawn", (4, 28, 28, 1)),
        ("speech.md", "sevens", (2, 64)),
    ],
)
def test_python_blocks_of_a_page_run_in_order(page, drawn, shape, monkeypatch):
    monkeypatch.setattr(registry, "_SOURCES", dict(registry._SOURCES))  # a page may register a data set
    namespace = {}
    for block in blocks("python", read(f"docs/{page}")):
        exec(compile(block, page, "exec"), namespace)
    assert namespace[drawn].shape == shape


@pytest.mark.long
def test_commands_run(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    for line in "".join(blocks("bash")).splitlines():
        program, *words = shlex.split(line, comments=True)
        assert program == "kerasgen"
        assert not cli.main(cli.parse([program, *words])), line + capsys.readouterr().err


def test_the_two_commands_stand_at_the_top():
    code = re.findall(r"^    (.*)$", README, re.M)[:2]
    assert code[0].startswith("pip install . && kerasgen sample dcgan_mnist")
    assert code[1].startswith("pip install -e '.[dev]' && pytest")


def test_the_tables_are_those_of_the_registry_and_the_records():
    assert kg.cards.table() in README and kg.cards.leaderboard_markdown() in README
