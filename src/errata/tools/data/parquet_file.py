"""Parquet: values, schema, metadata, row groups, and compression are kept; only the label column's values change."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from errata.errors import DataError
from errata.tools.data.arrow import READ_ERRORS, added_columns, changed_column, hugging_face_classes, python_values
from errata.tools.data.atomic import atomic_write
from errata.tools.data.fingerprint import sha_of_file
from errata.tools.data.table import Changes

CODECS = {"UNCOMPRESSED": "NONE", "LZ4_RAW": "LZ4"}
"""Compressions whose name differs between writer and reader."""


@dataclass(frozen=True, slots=True, eq=False)
class ParquetFile:
    """A Parquet file and the columns requested from it, as Arrow arrays (images stay encoded)."""

    path: Path
    sha256: str
    schema: pa.Schema
    count: int
    cache: dict[str, pa.ChunkedArray]
    format: Literal["parquet"] = "parquet"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.schema.names)

    def __len__(self) -> int:
        return self.count

    def cells(self, name: str, rows: Sequence[int] | None = None) -> list[object]:
        if name not in self.cache:
            self.cache[name] = _read_column(self.path, name, self.count)
        return python_values(self.cache[name], rows)

    def class_names(self, name: str) -> tuple[str, ...] | None:
        return hugging_face_classes(self.schema.metadata, name)

    def write(self, changes: Changes, out: Path) -> dict[int, str]:
        former = self.cells(changes.column, list(changes.labels)) if changes.labels else []
        # Closed before its file, also after an error: a writer not closed explicitly closes itself into a closed file.
        with pq.ParquetFile(self.path) as source, atomic_write(out) as file, ExitStack() as opened:
            first = 0
            writer = None
            for group in range(source.num_row_groups):
                table = _changed(_row_group(source, group, self.path), changes, first)
                if writer is None:
                    writer = opened.enter_context(pq.ParquetWriter(file, table.schema, **_settings(source, self.path)))
                writer.write_table(table, row_group_size=max(1, table.num_rows))
                first += table.num_rows
        return {row: json.dumps(value) for row, value in zip(changes.labels, former, strict=True)}


def read_parquet(path: Path) -> ParquetFile:
    """Read a Parquet file's schema; columns are read on request. Raises DataError if it is truncated or not Parquet."""
    try:
        with pq.ParquetFile(path) as source:
            return ParquetFile(path, sha_of_file(path), source.schema_arrow, source.metadata.num_rows, {})
    except READ_ERRORS as error:
        raise _unreadable(path, error) from error


def _read_column(path: Path, name: str, count: int) -> pa.ChunkedArray:
    try:
        with pq.ParquetFile(path) as source:
            column = source.read(columns=[name]).column(name)
        column.validate(full=True)  # before following any offset in a damaged file
        if len(column) != count:
            raise ValueError(f"column {name!r} has {len(column)} of {count} rows")
        return column
    except READ_ERRORS as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(f"{path} is not a whole Parquet file ({error}): copy or download it again.")


def _changed(table: pa.Table, changes: Changes, first: int) -> pa.Table:
    """One row group, whose first row is row ``first`` of the file, with its share of the changes."""
    here = {row - first: change for row, change in changes.labels.items() if 0 <= row - first < table.num_rows}
    place = table.schema.get_field_index(changes.column)
    if here:
        column = changed_column(table.column(place), here)
        table = table.set_column(place, table.schema.field(place), column)
    for name in changes.drop:
        table = table.remove_column(table.schema.get_field_index(name))
    for name, values in added_columns(changes.add, slice(first, first + table.num_rows)).items():
        table = table.append_column(name, values)
    return table


def _row_group(source: pq.ParquetFile, group: int, path: Path) -> pa.Table:
    """With every column, including those not requested before."""
    try:
        table = source.read_row_group(group)
        table.validate(full=True)
    except READ_ERRORS as error:
        raise _unreadable(path, error) from error
    return table


def _settings(source: pq.ParquetFile, path: Path) -> Mapping[str, object]:
    """The writer settings with which the source seems to have been written."""
    meta = source.metadata
    if meta.num_row_groups == 0:
        return {}
    try:
        columns = [meta.row_group(0).column(i) for i in range(meta.num_columns)]
        return {
            "version": meta.format_version,
            "compression": {c.path_in_schema: CODECS.get(c.compression, c.compression) for c in columns},
            "use_dictionary": [c.path_in_schema for c in columns if c.has_dictionary_page],
            "use_compliant_nested_type": not any(".list.item" in column.path_in_schema for column in columns),
            "use_deprecated_int96_timestamps": any(column.physical_type == "INT96" for column in columns),
            "store_schema": b"ARROW:schema" in (meta.metadata or {}),
        }
    except READ_ERRORS as error:
        raise _unreadable(path, error) from error
