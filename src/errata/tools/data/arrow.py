"""Change label values in Arrow columns without changing their type."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pyarrow as pa

from errata.errors import DataError
from errata.tools.data.table import Change

READ_ERRORS = (pa.ArrowException, OSError, ValueError, OverflowError, TypeError, KeyError, MemoryError, RecursionError)
"""What Arrow and its Python side raise on a damaged file; invalid UTF-8 raises a ValueError."""


def python_values(column: pa.ChunkedArray, rows: Sequence[int] | None = None) -> list[object]:
    """The values of a column, all or in the given rows. Raises DataError for one that Python cannot hold."""
    try:
        # Not take(): it joins the chunks first, which fails for more than 2 GB of images.
        return list(column.to_pylist()) if rows is None else [column[int(row)].as_py() for row in rows]
    except READ_ERRORS as error:
        raise DataError(f"a column of type {column.type} holds what cannot be read: {error}. Repair it.") from error


def changed_column(column: pa.ChunkedArray, changes: Mapping[int, Change]) -> pa.ChunkedArray:
    """The column with some cells changed, of the same type; a dictionary keeps its entries and their order."""
    values = column.to_pylist()
    for row, change in changes.items():
        values[row] = change.value if change.raw is None else json.loads(change.raw)
    try:
        if pa.types.is_dictionary(column.type):
            return pa.chunked_array([_with_dictionary(column, values)])
        return pa.chunked_array([pa.array(values, type=column.type)])
    except (pa.ArrowException, OverflowError) as error:
        raise DataError(f"the label column of type {column.type} cannot hold a new label: {error}") from error


def _with_dictionary(column: pa.ChunkedArray, values: Sequence[object]) -> pa.DictionaryArray:
    kind = column.type
    words = column.unify_dictionaries().chunk(0).dictionary.to_pylist() if column.num_chunks else []
    words += sorted({value for value in values if value is not None}.difference(words), key=str)
    numbers = {word: number for number, word in enumerate(words)}
    indices = [None if value is None else numbers[value] for value in values]
    return pa.DictionaryArray.from_arrays(
        pa.array(indices, type=kind.index_type), pa.array(words, type=kind.value_type), ordered=kind.ordered
    )


def added_columns(add: Mapping[str, Sequence[object]], rows: slice) -> dict[str, pa.Array]:
    """Annotation columns for a range of rows; each has the type of its whole column."""
    kinds = {name: _kind(values) for name, values in add.items()}
    return {name: pa.array(values[rows], type=kinds[name]) for name, values in add.items()}


def _kind(values: Sequence[object]) -> pa.DataType:
    kind = pa.infer_type(values)
    return pa.string() if pa.types.is_null(kind) else kind


def hugging_face_classes(metadata: Mapping[bytes, bytes] | None, column: str) -> tuple[str, ...] | None:
    """The class names of a column of numbers, from the metadata that ``datasets`` writes, or None."""
    try:
        info = json.loads((metadata or {}).get(b"huggingface", b"{}"))
        feature = info.get("info", {}).get("features", {}).get(column, {})
    except (ValueError, AttributeError, RecursionError):
        return None
    names = feature.get("names") if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" else None
    return tuple(str(name) for name in names) if isinstance(names, list) else None
