"""Notebooks as pages: text, code, and the outputs that are stored in them."""

import base64
import json
import pathlib

FOLDER = pathlib.Path(__file__).parents[1] / "notebooks"


def pages():
    """{path in the site: Markdown, or bytes of a picture}."""
    found = {}
    for path in sorted(FOLDER.glob("*.ipynb")):
        found |= _page(path.stem, json.loads(path.read_text(encoding="utf-8"))["cells"])
    return found


def _page(name, cells):
    parts, pictures = [], {}
    for number, cell in enumerate(cells):
        text = "".join(cell["source"])
        parts.append(text if cell["cell_type"] == "markdown" else _block("python", text))
        for output in (one for one in cell.get("outputs", ()) if one.get("name") != "stderr"):
            data = output.get("data", {})
            if "image/png" in data:
                picture = f"{name}_{number}.png"
                pictures[f"notebooks/{picture}"] = base64.b64decode(data["image/png"])
                parts.append(f"![What the cell above shows]({picture})")
            else:
                parts.append(_block("text", "".join(output.get("text") or data.get("text/plain", ""))))
    parts.insert(1, f"[This page as a notebook]({name}.ipynb){{ download={name}.ipynb }}")
    return {f"notebooks/{name}.md": "\n\n".join(parts) + "\n"} | pictures


def _block(language, text):
    return f"```{language}\n{text.rstrip()}\n```"
