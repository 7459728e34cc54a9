"""pandas: index, dtypes, categories, and attributes are kept. The index need not be unique: rows count by position."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from errata.tools.data.frames.frame import Cells


@dataclass(frozen=True)
class PandasFrame:
    source: Any

    @property
    def names(self) -> Sequence[object]:
        return list(self.source.columns)

    @property
    def metadata(self) -> Mapping[bytes, bytes]:
        return {}

    def column(self, place: int) -> pa.ChunkedArray | pa.Array:
        column = self.source.iloc[:, place]
        if column.dtype == object:
            column = column.map(_encoded)
        return pa.array(column, from_pandas=True)

    def with_cells(self, place: int, cells: Cells) -> PandasFrame:
        changed = self.source.copy()
        column = changed.iloc[:, place]
        values = column.to_numpy(copy=True) if column.dtype == object else column.array.copy()
        known = getattr(values, "categories", None)
        if known is not None:
            values = values.add_categories(
                [new for new in dict.fromkeys(cells.values()) if new is not None and new not in known]
            )
        for row, new in cells.items():
            values[row] = new
        changed.isetitem(place, type(column)(values, index=changed.index, dtype=column.dtype))
        return PandasFrame(changed)

    def of_columns(self, columns: Mapping[str, Sequence[object]]) -> Any:
        return type(self.source)(columns)


def _encoded(value: object) -> object:
    """A PIL image as the bytes of a PNG file, a path as text; anything else unchanged."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if not type(value).__module__.startswith("PIL."):
        return value
    file = io.BytesIO()
    value.save(file, "png")  # type: ignore[attr-defined]  # known by its module alone: nothing is imported for it
    return file.getvalue()
