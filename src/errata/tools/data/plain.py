"""Cells of the user's own columns as JSON-plain values, to show next to errata's, compare, or write."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable

from errata.errors import DataError

Plain = str | int | float | bool | None


def plain(values: Iterable[object], column: str) -> list[Plain]:
    """One value per row: text, a number, true or false, or None if empty. Lists and objects become JSON text, times ISO
    8601. DataError if the column contains bytes, which no table can show."""
    try:
        return [_plain(value) for value in values]
    except _HoldsBytes:
        raise DataError(f"column {column!r} holds bytes: they cannot be shown or compared. Name another.") from None


class _HoldsBytes(Exception):
    pass


def _plain(value: object) -> Plain:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else str(value)
    text = json.dumps(value, ensure_ascii=False, default=_words) if isinstance(value, list | dict) else _words(value)
    # Lone surrogates have no form in UTF-8, so no file could store them.
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _words(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        raise _HoldsBytes
    isoformat = getattr(value, "isoformat", str)
    return str(value) if isoformat is str else str(isoformat())
