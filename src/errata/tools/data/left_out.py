"""Count what of a source is not used in a run, so that nothing is left out silently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from errata.tools.data.table import Table

ENDINGS_NAMED = 6


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Counts of rows and, of a folder of images, of files.

    ``rows`` includes those left out. A record of another shape (``other_shape``: JSON Lines, none of the columns in
    use) is counted only there; ``unreadable`` rows may lack a label too. ``files`` are all files in a folder of images,
    ``files_read`` those that became items; ``by_ending`` counts the others by extension (".heic"; "" for none), and
    ``links`` counts those of the others that are symbolic links, which have no entry in ``by_ending``.
    """

    rows: int = 0
    without_label: int = 0
    unreadable: int = 0
    other_shape: int = 0
    files: int = 0
    files_read: int = 0
    by_ending: Mapping[str, int] = field(default_factory=dict)
    links: int = 0

    @property
    def sentence(self) -> str:
        """One line, "" if nothing was left out: 42 files: 14 read, 28 not (14 .heic, 14 .jfif)."""
        parts = [part for part in (self._files(), self._rows()) if part]
        return "; ".join(parts)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"by_ending": dict(self.by_ending), "sentence": self.sentence}

    def _files(self) -> str:
        left = self.files - self.files_read
        if left <= 0:
            return ""
        return f"{_of(self.files, 'file')}: {self.files_read:,} read, {left:,} not ({', '.join(self._kinds())})"

    def _kinds(self) -> Iterator[str]:
        kinds = sorted(self.by_ending.items(), key=lambda kind: (-kind[1], kind[0]))
        for ending, count in kinds[:ENDINGS_NAMED]:
            yield f"{count:,} {ending or 'without an ending'}"
        if more := sum(count for _, count in kinds[ENDINGS_NAMED:]):
            yield f"{more:,} of other endings"
        if self.links:
            yield _of(self.links, "link")

    def _rows(self) -> str:
        counts = [
            (self.without_label, "have no label", "has no label"),
            (self.unreadable, "cannot be read", "cannot be read"),
            (self.other_shape, "are records of another shape", "is a record of another shape"),
        ]
        said: list[str] = []
        for count, many, one in counts:
            if count:
                of_all = "" if said else f" of {_of(self.rows, 'row')}"
                said.append(f"{count:,}{of_all} {one if count == 1 else many}")
        return ", ".join(said)


def left_out(
    table: Table, used: Sequence[str | None], given: Sequence[str | None], problems: Mapping[int, str]
) -> LeftOut:
    """What is left out of a table: ``used`` are the columns in use, ``given`` the labels, ``problems`` the unreadable
    rows. A folder of images counts its own files."""
    files: LeftOut = getattr(table, "left_out", LeftOut())
    without = {row for row, label in enumerate(given) if label is None}
    other = _of_another_shape(table, used, sorted(without & problems.keys()))
    return replace(
        files,
        rows=len(table),
        without_label=len(without - other),
        unreadable=len(problems.keys() - other),
        other_shape=len(other),
    )


def _of_another_shape(table: Table, used: Sequence[str | None], rows: Sequence[int]) -> set[int]:
    """Which of these JSON Lines records have none of the columns in use."""
    if table.format != "jsonl" or not rows:
        return set()
    columns = [table.cells(name, rows) for name in used if name is not None]
    return {row for row, *values in zip(rows, *columns, strict=True) if all(value is None for value in values)}


def _of(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
