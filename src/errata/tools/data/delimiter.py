"""Detect the delimiter of a CSV file: the one on which its rows agree."""

from __future__ import annotations

import csv
import io
from itertools import islice
from pathlib import Path
from typing import TextIO

from errata.errors import SetupError

DELIMITERS = (",", ";", "\t", "|")
NAMED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "bar": "|"}
ROWS, CHARACTERS = 200, 2**20
"""How many rows are considered, within how many characters."""


def check_delimiter(word: str) -> str:
    """The character that a user means; "tab" and "\\t" mean a tab. Raises SetupError if it cannot be a delimiter."""
    found = NAMED.get(word.lower(), word)
    if len(found) != 1 or not found.isascii() or found in '"\r\n\0 ' or found.isalnum():
        raise SetupError(f"--delimiter takes one character, such as ';', '|' or tab; got {word!r}.")
    return found


def sniffed(text: TextIO, path: Path) -> str:
    """The delimiter that splits the most of the first rows into as many cells as the header, at least two; if several
    do, the one that makes the most cells. If no row agrees with the header, the header alone decides.

    Resets the text to its beginning.
    """
    order = sorted(DELIMITERS, key=lambda delimiter: delimiter != "\t") if path.suffix.lower() == ".tsv" else DELIMITERS
    sample = text.read(CHARACTERS)
    text.seek(0)
    return max(order, key=lambda delimiter: _fit(sample, delimiter))


def _fit(sample: str, delimiter: str) -> tuple[float, int]:
    """The share of rows with as many cells as the header, and that number of cells."""
    rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        widths = [len(row) for row in islice(filter(None, rows), 1 + ROWS)]
    except csv.Error:
        return 0.0, 0
    if len(sample) == CHARACTERS and 1 < len(widths) <= ROWS:
        widths.pop()  # the sample ends within this row
    if len(widths) < 2 or widths[0] < 2:
        return 0.0, widths[0] if widths else 0
    return widths.count(widths[0]) / len(widths), widths[0]
