"""polars: types are kept, with the categories of Enum and Categorical."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from errata.errors import DataError
from errata.tools.data.frames.frame import Cells


@dataclass(frozen=True)
class PolarsFrame:
    source: Any

    @property
    def names(self) -> Sequence[object]:
        return list(self.source.columns)

    @property
    def metadata(self) -> Mapping[bytes, bytes]:
        return {}

    def column(self, place: int) -> pa.ChunkedArray | pa.Array:
        column = self.source.to_series(place)
        if str(column.dtype) == "Object":
            raise TypeError("objects of Python")
        return column.to_arrow()

    def with_cells(self, place: int, cells: Cells) -> PolarsFrame:
        column = self.source.to_series(place)
        values = column.to_list()
        for row, new in cells.items():
            values[row] = new
        try:
            changed = type(column)(column.name, values, dtype=column.dtype)
        except Exception as error:  # an Enum lacks a label that labels.toml adds; polars has its own errors
            raise DataError(f"column {column.name!r} of type {column.dtype} cannot hold a new label: {error}") from None
        return PolarsFrame(self.source.with_columns(changed))

    def of_columns(self, columns: Mapping[str, Sequence[object]]) -> Any:
        return type(self.source)(columns)
