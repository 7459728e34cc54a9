"""Arrow tables: schema and metadata are kept; columns that do not change are shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa

from errata.tools.data.arrow import changed_column
from errata.tools.data.frames.frame import Cells
from errata.tools.data.table import Change, StoredLabel


@dataclass(frozen=True)
class ArrowFrame:
    source: Any

    @property
    def names(self) -> Sequence[object]:
        return list(self.source.column_names)

    @property
    def metadata(self) -> Mapping[bytes, bytes]:
        """Names of classes, if ``datasets`` wrote the table."""
        return {key: value for key, value in (self.source.schema.metadata or {}).items() if key == b"huggingface"}

    def column(self, place: int) -> pa.ChunkedArray | pa.Array:
        return self.source.column(place)

    def with_cells(self, place: int, cells: Cells) -> ArrowFrame:
        return ArrowFrame(changed_table(self.source, place, cells))

    def of_columns(self, columns: Mapping[str, Sequence[object]]) -> Any:
        return pa.table(dict(columns))


def changed_table(table: pa.Table, place: int, cells: Cells) -> pa.Table:
    """The table with other values in one column."""
    changes = {row: Change(cast(StoredLabel, new)) for row, new in cells.items()}
    return table.set_column(place, table.schema.field(place), changed_column(table.column(place), changes))
