"""Datasets of Hugging Face in memory: features, metadata, and format are kept; selected rows stay selected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from errata.tools.data.frames.arrow_frame import changed_table
from errata.tools.data.frames.frame import Cells
from errata.tools.data.hf_folder import with_format_of


@dataclass(frozen=True)
class HfFrame:
    source: Any

    @cached_property
    def _table(self) -> pa.Table:
        return self.source.with_format("arrow")[:]

    @property
    def names(self) -> Sequence[object]:
        return list(self.source.column_names)

    @property
    def metadata(self) -> Mapping[bytes, bytes]:
        """The names of classes, as in the Parquet files of the Hub."""
        return dict(self.source.features.arrow_schema.metadata or {})

    def column(self, place: int) -> pa.ChunkedArray | pa.Array:
        return self._table.column(place)

    def with_cells(self, place: int, cells: Cells) -> HfFrame:
        source = self.source
        table = changed_table(self._table, place, cells)
        return HfFrame(with_format_of(source, type(source)(table, info=source.info.copy(), split=source.split)))

    def of_columns(self, columns: Mapping[str, Sequence[object]]) -> Any:
        return type(self.source).from_dict(dict(columns))
