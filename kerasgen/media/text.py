"""Texts: as a picture, and as a file."""

import textwrap
import unicodedata

from kerasgen.atomic import local_path
from kerasgen.media import figures
from kerasgen.ops import checks

SHOWN = 16  # texts in a picture
WIDTH = 60  # columns of a line; Chinese and Japanese characters take two
LINE = 0.22  # height of a line in inches
# Families that hold Chinese, Japanese and Korean, of which the first installed one is used.
FAMILIES = (
    "Noto Sans Mono CJK SC",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "SimHei",
)


def text_sheet(texts):
    """A PIL image of texts, one below the other, separated by lines.

    Characters that no installed font holds are shown as boxes; `write_texts` keeps them.

    Args:
        texts: Strings; the first 16 are shown.

    Raises:
        TypeError: If `texts` does not hold strings.
        ValueError: If there is none.
    """
    blocks = [_lines(text) for text in _checked(texts)[:SHOWN]]
    height = sum(len(lines) + 1 for lines in blocks)
    figure, ((axes,),) = figures.axes((7, LINE * (height + 1)))
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(height, 0))
    top = 0
    for lines in blocks:
        for row, line in enumerate(lines):
            axes.text(0, top + row + 0.8, line, family=families(), fontsize=10, parse_math=False)
        top += len(lines) + 1
        axes.axhline(top - 0.5, color="0.8", linewidth=0.5)
    return figures.to_image(figure)


def write_texts(path, texts):
    """Writes texts to a UTF-8 file, each followed by an empty line; arguments as in `text_sheet`."""
    texts = _checked(texts)
    with open(
        local_path("path", path), "w", encoding="utf-8", errors="backslashreplace", newline="\n"
    ) as file:
        file.writelines(f"{text}\n\n" for text in texts)


def _checked(texts):
    found = [texts] if isinstance(texts, (str, bytes)) else checks.members("texts", texts, "strings")
    found = [text.decode("utf-8", "replace") if isinstance(text, bytes) else text for text in found]
    if not found:
        raise ValueError(f"`texts` must hold one text or more. Received: texts={checks.received(texts)}.")
    for text in found:
        if not isinstance(text, str):
            raise TypeError(f"`texts` must hold strings. Received: {checks.received(text)}.")
    return found


def _lines(text):
    """The lines of a text, wrapped, without characters that cannot be drawn."""
    plain = "".join(c if c == "\n" or unicodedata.category(c)[0] != "C" else " " for c in text)
    wide = any(unicodedata.east_asian_width(c) in "WF" for c in plain)
    width = WIDTH // 2 if wide else WIDTH
    return [line for part in plain.split("\n") for line in textwrap.wrap(part, width) or [""]] or [""]


def families():
    """Font families by preference, for Matplotlib to look for each character in."""
    from matplotlib import font_manager

    installed = set(font_manager.get_font_names())
    return ["DejaVu Sans Mono", *[name for name in FAMILIES if name in installed][:1]]
