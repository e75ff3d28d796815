"""What the README and docs/ show, runs: Python blocks in order, commands, notebooks."""

import json
import pathlib
import re
import shlex

import pytest

import kerasgen as kg
from kerasgen import cli
from kerasgen.data import registry

ROOT = pathlib.Path(__file__).parents[1]
PAGES = sorted(ROOT.glob("docs/**/*.md"))
GUIDE = sorted(ROOT.glob("docs/guide/*.md"))
NOTEBOOKS = sorted(ROOT.glob("docs/notebooks/*.ipynb"))
CHINESE = sorted([*ROOT.glob("*.zh.md"), *ROOT.glob("docs/**/*.zh.md")])


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


README = read("README.md")


def blocks(language, text=README):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def commands(text):
    """The commands of a page, each as words, that begin with kerasgen."""
    lines = "".join(blocks("bash", text)).replace("\\\n", "").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))[:1] == ["kerasgen"]]


def run_python(text, page):
    namespace = {}
    for block in blocks("python", text):
        exec(compile(block, page, "exec"), namespace)
    return namespace


def kinds_of_output(cell):
    return {output.output_type for output in cell.get("outputs", ()) if output.get("name") != "stderr"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("readme")


@pytest.mark.long
def test_python_blocks_run_in_order(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert run_python(README, "README.md")["images"].shape == (16, 28, 28, 1)


@pytest.mark.long
@pytest.mark.parametrize(
    "page, drawn, shape",
    [
        ("autoregressive.md", "sevens", (4, 28, 28, 1)),
        ("baselines.md", "drawn", (4, 28, 28, 1)),
        ("diffusion.md", "whole", (4, 28, 28, 1)),
        ("evaluation.md", "fakes", (500, 28, 28, 1)),
        ("gans.md", "sevens", (16, 28, 28, 1)),
        ("data.md", "images", (4, 20, 20, 1)),
        ("flows.md", "drawn", (4, 28, 28, 1)),
        ("rbm.md", "drawn", (4, 28, 28, 1)),
        ("reinforcement.md", "drawn", (4, 6)),
        ("speech.md", "sevens", (2, 64)),
        ("texts.md", "weights", (1, 4, 7)),
        ("vaes.md", "drawn", (4, 28, 28, 1)),
        ("guide/evaluate.md", "real", (500, 28, 28, 1)),
        ("guide/first_samples.md", "whole", (8, 28, 28, 1)),
        ("guide/own_labels.md", "images", (4, 28, 28, 1)),
        ("guide/own_models.md", "drawn", (4, 28, 28, 1)),
        ("guide/own_pictures.md", "images", (16, 20, 20, 3)),
        ("guide/serve.md", "served", (2, 28, 28, 1)),
        ("guide/train.md", "images", (4, 28, 28, 1)),
    ],
)
def test_python_blocks_of_a_page_run_in_order(page, drawn, shape, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    registry.list_datasets()  # they are discovered once
    monkeypatch.setattr(registry, "_SOURCES", dict(registry._SOURCES))  # a page may register a data set
    assert run_python(read(f"docs/{page}"), page)[drawn].shape == shape


@pytest.mark.long
def test_commands_run(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert all(line.startswith("kerasgen ") for line in "".join(blocks("bash")).splitlines())
    guide = read("docs/guide/train.md").replace("runs/first", "runs/second")
    for words in commands(README) + commands(guide):
        assert not cli.main(cli.parse(words)), f"{words} {capsys.readouterr().err}"


@pytest.mark.long
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run(path, tmp_path):
    nbclient = pytest.importorskip("nbclient", reason="the extra docs is not installed")
    import nbformat

    notebook = nbformat.read(path, 4)
    where = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3", resources=where).execute()
    for cell, shown in zip(notebook.cells, nbformat.read(path, 4).cells, strict=True):
        assert kinds_of_output(cell) == kinds_of_output(shown), cell.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_shown_with_outputs_that_are_not_large(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    cells = [cell for cell in cells if cell["cell_type"] == "code"]
    assert path.stat().st_size < 400_000 and any(cell["outputs"] for cell in cells)
    for cell in cells:
        compile("".join(cell["source"]), path.name, "exec")
        assert not any(output["output_type"] == "error" for output in cell["outputs"])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_blocks_of_a_page_are_python_and_commands_of_today(path):
    text = path.read_text(encoding="utf-8")
    for block in blocks("python", text):
        compile(block, path.name, "exec")
    for words in commands(text):
        cli.parse(words)  # exits with 2 where a word is not known


def test_the_two_commands_stand_at_the_top():
    code = re.findall(r"^    (.*)$", README, re.M)[:2]
    assert code[0].startswith("pip install . && kerasgen sample dcgan_mnist")
    assert code[1].startswith("pip install -e '.[dev]' && pytest")


def test_the_readme_is_short_and_its_links_lead_somewhere():
    for name in ("README.md", "README.zh.md"):
        text = read(name)
        assert text.count("\n") <= 150
        links = [link for link in re.findall(r"\]\(([^)#]+)", text) if not link.startswith("http")]
        assert [link for link in links if not (ROOT / link).exists()] == []
    assert (ROOT / "docs" / "gallery.png").stat().st_size < 300_000


@pytest.mark.parametrize("path", CHINESE, ids=lambda path: str(path.relative_to(ROOT)))
def test_chinese_pages_have_the_code_of_the_english_ones(path):
    english = path.with_name(path.name.replace(".zh.md", ".md"))
    pages = [page.read_text(encoding="utf-8") for page in (english, path)]
    code = [[re.sub(r" *#.*", "", block) for block in blocks(r"\w+", page)] for page in pages]
    assert code[0] == code[1]
    assert [page.count("\n#") for page in pages][:1] * 2 == [page.count("\n#") for page in pages]


def test_the_whole_guide_is_there_in_chinese():
    names = {path.name for path in GUIDE}
    chinese = {name for name in names if ".zh." in name}
    assert {name.replace(".zh", "") for name in chinese} == names - chinese


@pytest.mark.parametrize("name", [name for name in kg.pages.SECTIONS if name != "abilities"])
def test_generated_parts_of_the_pages_are_those_of_today(name):
    """After `kerasgen leaderboard --out docs`."""
    section = f"<!-- {name} -->\n\n{kg.pages.SECTIONS[name]()}\n\n<!-- /{name} -->"
    assert [path.name for path in PAGES if section in path.read_text(encoding="utf-8")]


def test_abilities_of_all_entries_are_told():
    """After `kerasgen leaderboard --out docs`; `test_entries.py` compares each line with the model."""
    told = re.findall(r"^\| `(\w+)` \|", read("docs/abilities.md").split("<!-- /abilities -->")[0], re.M)
    assert told == [name for name in kg.list_models() if kg.registry.get_recipe(name).generates]
