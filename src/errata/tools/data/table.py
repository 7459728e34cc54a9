"""The interface of every format with one row per item, whatever its bytes look like."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

Format = Literal["csv", "excel", "jsonl", "parquet", "hf", "image_folder"]
StoredLabel = str | int | float | bool | list[str] | list[int] | None


@dataclass(frozen=True, slots=True)
class Change:
    """What to put into one label cell: ``raw``, the exact token that it once had, or else ``value``."""

    value: StoredLabel
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """All changes in one writing of a table: new label cells, columns added at the end, columns removed. Without new
    label cells there need not be a ``column`` of them."""

    column: str
    labels: Mapping[int, Change]
    add: Mapping[str, Sequence[object]] = field(default_factory=dict)
    drop: frozenset[str] = frozenset()
    copied: Callable[[int, int], None] = lambda done, total: None
    """Called with the bytes copied of a folder, and the total."""


class Table(Protocol):
    """The columns of a dataset, and how to write it back in its own format."""

    @property
    def format(self) -> Format: ...

    @property
    def sha256(self) -> str:
        """Of the source's bytes, as they were when the table was read."""
        ...

    @property
    def names(self) -> tuple[str, ...]: ...

    def __len__(self) -> int: ...

    def cells(self, name: str, rows: Sequence[int] | None = None) -> list[object]:
        """The values of a column in the given rows, or in all; None if a cell is empty or null."""
        ...

    def class_names(self, name: str) -> tuple[str, ...] | None:
        """The names of a column of class numbers, if the format knows them."""
        ...

    def write(self, changes: Changes, out: Path) -> dict[int, str]:
        """Write the same format with the changes, atomically; returns the token that each changed cell had before."""
        ...
