"""The rules of the house that a reader would otherwise have to check: see CONTRIBUTING.md."""

import glob
import os

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FILES = sorted(glob.glob(f"{ROOT}/kerasgen/**/*.py", recursive=True) + glob.glob(f"{ROOT}/zoo/*.py"))
FAMILY_IS_READ = ("recipe.py", "cards.py")  # where an entry's family may decide something


def text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def test_no_file_of_the_library_has_250_lines():
    assert {path: lines for path in FILES if (lines := text(path).count("\n")) >= 250} == {}


def test_nothing_else_asks_for_the_family_of_an_entry():
    found = [path for path in FILES if "family ==" in text(path)]
    assert [path for path in found if os.path.basename(path) not in FAMILY_IS_READ] == []


def test_assertions_are_of_tests():
    lines = [(path, line) for path in FILES for line in text(path).splitlines()]
    assert [(path, line) for path, line in lines if line.strip().startswith("assert ")] == []
