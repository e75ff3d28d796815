"""The zoo as a gallery: a tile for each entry, with a piece of its sheet of samples, and filters over them.

    python docs/_site/gallery.py docs/gallery.png

writes the picture of the README: the best entry of each data set of images and each family.
"""

import html
import io
import os
import re
import sys

from PIL import Image, ImageDraw

from kerasgen import cards, registry

BASELINES = ("linear", "mixture", "energy")
FILTERS = {"family": "Family", "dataset": "Data", "likelihood": "Likelihood", "condition": "Condition"}
TABLE = re.compile(r"<!-- zoo -->.*?<!-- /zoo -->", re.DOTALL)


def replaced(markdown):
    """A page whose table of the zoo is the gallery."""
    return TABLE.sub(lambda _: _gallery(), markdown)


def thumbnails():
    """{path in the site: bytes of a PNG} of the entries that have a sheet."""
    found = {}
    for name in registry.list_models(pretrained=True):
        if os.path.exists(_sheet(name)):
            file = io.BytesIO()
            corner(name).save(file, "png", optimize=True)
            found[f"cards/thumbnails/{name}.png"] = file.getvalue()
    return found


def corner(name, size=180):
    """A square piece of an entry's sheet, as a PIL image: its first samples, or all of a plane."""
    sheet = Image.open(_sheet(name)).convert("RGB")
    if registry.get_recipe(name).value_range is None:  # points
        return sheet.resize((size, size), Image.Resampling.LANCZOS)
    part = min(sheet.size) // 2
    return sheet.crop((0, 0, part, part)).resize((size, size), Image.Resampling.LANCZOS)


def picture(columns=4, size=200):
    """The best entries side by side, as a PIL image."""
    chosen = best()
    rows = -(-len(chosen) // columns)
    whole = Image.new("RGB", (columns * (size + 8) - 8, rows * (size + 30) - 8), "white")
    draw = ImageDraw.Draw(whole)
    for number, name in enumerate(chosen):
        left, top = number % columns * (size + 8), number // columns * (size + 30)
        whole.paste(corner(name, size), (left, top))
        draw.text((left + 2, top + size + 4), name, fill=(60, 60, 60), font_size=14)
    return whole


def best():
    """Names of the entries with the lowest FID of their data set of images and family, baselines left out."""
    found = {}
    for row in cards.leaderboard():  # by FID within a data set
        of_images = registry.get_recipe(row["name"]).value_range is not None
        if row["fid"] and of_images and row["family"] not in BASELINES:
            found.setdefault((row["dataset"], row["family"]), row["name"])
    return sorted(found.values())


def _gallery():
    names = sorted(registry.list_models(), key=lambda name: not os.path.exists(_sheet(name)))
    entries = [registry.describe(name) for name in names]  # those with a picture first
    selects = "".join(_select(key, words, entries) for key, words in FILTERS.items())
    tiles = "\n".join(map(_tile, entries))
    return f"""<form class="zoo-filters" aria-label="Filter the entries">
<label>Name <input type="search" name="words" placeholder="part of a name or summary"></label>{selects}
<label><input type="checkbox" name="pretrained"> with weights</label>
<output aria-live="polite"></output></form>

<div class="zoo-gallery" markdown="1">
{tiles}
</div>"""


def _select(key, words, entries):
    values = sorted({entry[key] or "none" for entry in entries})
    options = "".join(f"<option>{html.escape(value)}</option>" for value in values)
    return f'<label>{words} <select name="{key}"><option value="">all</option>{options}</select></label>'


def _tile(entry):
    name = entry["name"]
    data = "".join(f' data-{key}="{html.escape(entry[key] or "none")}"' for key in FILTERS)
    shown = '<span class="zoo-blank" aria-hidden="true"></span>'
    if entry["pretrained"] and os.path.exists(_sheet(name)):
        shown = f"![](cards/thumbnails/{name}.png){{ loading=lazy width=180 height=180 }}"
    weights = f"{entry['parameters']:,} parameters" if entry["pretrained"] else "no weights yet"
    data += ' data-pretrained="yes"' if entry["pretrained"] else ""
    return f"""<div class="zoo-tile"{data} markdown="1">
[{shown} **{name}**](cards/{name}.md)

{html.escape(entry["summary"])}

{entry["family"]}, {weights}
{{ .zoo-facts }}
</div>"""


def _sheet(name):
    return os.path.join(registry.root(), "cards", f"{name}.png")


if __name__ == "__main__":
    picture().quantize(128).save(sys.argv[1], optimize=True)
