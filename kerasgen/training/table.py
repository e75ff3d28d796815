"""Rows of numbers in a CSV file, one for each epoch."""

import csv
import io
import os
import warnings

from kerasgen import atomic

GAPS = ("", "NA")  # a term that an epoch did not have


def rows(path):
    """The rows of a file as [{column: number}], without their gaps; none for a file that does not exist.

    Lines that cannot be read, such as the last one after a power cut, are left out with a warning.

    Raises:
        OSError: If `path` cannot be read, or is no file.
    """
    if not os.path.lexists(path):
        return []
    if not os.path.isfile(path):
        raise OSError(f"`{os.path.basename(path)}` must be a file. Received: {path!r}.")
    with open(path, encoding="utf-8", errors="replace") as file:
        heads, *lines = [_cells(line) for line in file] or [[]]
    found = [_row(heads, cells) for cells in lines if cells]
    if None in found:
        warnings.warn(f"{path!r}: {found.count(None)} damaged lines are left out.", stacklevel=2)
    return list({row["epoch"]: row for row in found if row is not None}.values())


def add(path, row):
    """Puts the row of an epoch into a file: behind the epochs before it, in place of those from it on."""
    write(path, [*(one for one in rows(path) if one["epoch"] < row["epoch"]), row])


def truncate(path, epoch):
    """Removes the rows from `epoch` on; whether there were any."""
    table = rows(path)
    kept = [row for row in table if row["epoch"] < epoch]
    if kept != table:
        write(path, kept) if kept else os.remove(path)
    return kept != table


def write(path, table):
    """Replaces a file by these rows; a column stands where any of them has it."""
    columns = dict.fromkeys(name for row in table for name in row)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    atomic.write_text(path, text.getvalue())


def _cells(line):
    """The cells of a line; one cell, which is no number, of a line that is cut off or no CSV."""
    try:
        return next(csv.reader([line.replace("\0", "?")]), []) if line.endswith("\n") else ["?"]
    except csv.Error:
        return ["?"]


def _row(heads, line):
    """{column: number} of a line, or None if it is damaged."""
    try:
        pairs = zip(heads, line, strict=True)
        row = {name: float(value) for name, value in pairs if value not in GAPS}
        return {"epoch": int(row.pop("epoch"))} | row
    except (ValueError, KeyError, OverflowError):
        return None
