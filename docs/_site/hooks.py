"""Puts together what the site is built from: docs/, pages of the repository's top, and generated ones.

`mkdocs build --strict` calls `on_config` (a hook of MkDocs). All sources are written to build/docs at each
build, so that none can be out of date: cards, gallery, command line and API come from registry, parser
and stubs.
"""

import os
import pathlib
import posixpath
import re
import shutil

import gallery
import notebooks
import reference

from kerasgen import cards, registry

ROOT = pathlib.Path(__file__).parents[2]
TOP = {"index.md": "README.md", "index.zh.md": "README.zh.md"}
TOP |= {"contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
TOP["tests.md"] = "tests/README.md"
MOVED = {source: target for target, source in TOP.items()}
LINK = re.compile(r"(\]\()(?!\w+:|#)([^)\s#]+)")
LANGUAGES = re.compile(r"^\[English\]\(.*\n+", re.MULTILINE)
SNIPPET = re.compile(r"^# (examples/\S+)$", re.MULTILINE)


def on_config(config):
    """Builds the site from `build/docs`, which is made here."""
    target = ROOT / "build" / "docs"
    shutil.rmtree(target, ignore_errors=True)
    assemble(target)
    config.docs_dir = str(target)
    return config


def assemble(target):
    """Writes all sources of the site below a folder that does not exist."""
    shutil.copytree(ROOT / "docs", target, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copytree(ROOT / "zoo" / "cards", target / "cards")
    pages = {page: (ROOT / source).read_text(encoding="utf-8") for page, source in TOP.items()}
    pages |= {f"cards/{name}.md": cards.card(name) for name in registry.list_models()}
    for path, content in (pages | gallery.thumbnails() | notebooks.pages() | reference.pages()).items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    for page in target.rglob("*.md"):
        source = page.relative_to(target).as_posix()
        page.write_text(as_in_site(page.read_text(encoding="utf-8"), source), encoding="utf-8")


def as_in_site(text, source):
    """A page with the gallery in place of the table, files in place of their names, and the site's links."""
    text = gallery.replaced(text)
    text = text.replace("<!-- leaderboard -->", '<div class="board" markdown="1">')
    text = text.replace("<!-- /leaderboard -->", "</div>")
    text = LANGUAGES.sub("", text)  # the site has a menu of them
    text = SNIPPET.sub(lambda found: (ROOT / found[1]).read_text(encoding="utf-8").rstrip(), text)
    return LINK.sub(lambda found: found[1] + moved(found[2], source), text)


def moved(link, source):
    """A relative link of a page of the repository, seen from where the page `source` is in the site."""
    folder = posixpath.dirname(source)
    path = link if source in TOP else posixpath.join("docs", folder, link)
    path = posixpath.normpath(path)
    if path in MOVED or not path.startswith("docs/"):
        path = re.sub("^zoo/cards/", "cards/", MOVED.get(path, path))
    else:
        path = path.removeprefix("docs/")
    if folder != "notebooks":  # where the notebook itself is meant
        path = re.sub(r"^(notebooks/\w+)\.ipynb$", r"\1.md", path)
    return os.path.relpath(path.replace(".zh.md", ".md"), folder or ".")
