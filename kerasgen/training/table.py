"""Rows of numbers in a CSV file, one an epoch: what a run writes of itself."""

import csv
import os

GAPS = ("", "NA")  # Keras keeps a place for each validation term


def rows(path):
    """[{column: number}] of a file, none for a file that is not there; gaps are left out."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8", newline="") as file:
        return [{k: float(v) for k, v in row.items() if v not in GAPS} for row in csv.DictReader(file)]


def add(path, row):
    """Adds a row to a file, and its columns where the rows before it had none of them."""
    table = [*rows(path), row]
    columns = dict.fromkeys(name for one in table for name in one)
    with open(path + ".new", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(columns))
        writer.writeheader()
        writer.writerows(table)
    os.replace(path + ".new", path)
