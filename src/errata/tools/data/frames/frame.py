"""The contract of a frame, and what errata does with it: know it by its type, keep it as a file, change its labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from errata.errors import DataError, SetupError
from errata.tools.data.arrow import READ_ERRORS
from errata.tools.data.atomic import atomic_write
from errata.tools.data.parquet_file import read_parquet

Cells = Mapping[int, object]
"""New values, by row."""


class Frame(Protocol):
    """A table in memory: ``source`` is the user's own object, which is never changed."""

    @property
    def source(self) -> Any: ...

    @property
    def names(self) -> Sequence[object]:
        """Of its columns."""
        ...

    def column(self, place: int) -> pa.ChunkedArray | pa.Array:
        """The column at this place, for a file. What it cannot hold raises one of READ_ERRORS."""
        ...

    @property
    def metadata(self) -> Mapping[bytes, bytes]:
        """What the file must say about its columns."""
        ...

    def with_cells(self, place: int, cells: Cells) -> Frame:
        """A copy with other values in the column at this place, of the same type."""
        ...

    def of_columns(self, columns: Mapping[str, Sequence[object]]) -> Any:
        """Another table of the same library."""
        ...


_HOMES = {
    ("pandas", "DataFrame"): "pandas_frame:PandasFrame",
    ("polars", "DataFrame"): "polars_frame:PolarsFrame",
    ("pyarrow", "Table"): "arrow_frame:ArrowFrame",
    ("datasets", "Dataset"): "hf_frame:HfFrame",
}
_NEARLY = {
    ("polars", "LazyFrame"): "is not computed yet: pass FRAME.collect()",
    ("datasets", "DatasetDict"): "holds several splits: pass one of them, such as DATA['train']",
    ("datasets", "IterableDataset"): "is a stream: save it, or make a datasets.Dataset of it",
    ("pyarrow", "RecordBatch"): "is one batch: pass pyarrow.Table.from_batches([BATCH])",
    ("pandas", "Series"): "is one column: pass a DataFrame that has the texts or images too",
}


def frame_of(data: object) -> Frame | None:
    """The frame that this is; None for anything else. SetupError, which says what to do, for what is nearly one."""
    for kind in type(data).__mro__:
        known = kind.__module__.partition(".")[0], kind.__name__
        if known in _NEARLY:
            raise SetupError(f"This {'.'.join(known)} {_NEARLY[known]}.")
        if known in _HOMES:
            module, _, name = _HOMES[known].partition(":")
            make: Callable[[object], Frame] = getattr(import_module(f"errata.tools.data.frames.{module}"), name)
            return make(data)
    return None


def frame_path(name: str | None, run: Path | None) -> Path:
    """Where a frame of this name is kept: in the run folder ``run``, by default NAME.errata here. SetupError if it has
    no name that a file can have."""
    if name is None:
        raise SetupError("A frame has no name of its own: give it one, and the same to go on: errata.open(..., name=)")
    if not name or Path(name).name != name or name.startswith("."):
        raise SetupError(f"name={name!r}: the run folder is called NAME.errata. Name a folder elsewhere by run=.")
    return (run or Path(f"{name}.errata")) / "frame" / f"{name}.parquet"


def keep(frame: Frame, path: Path) -> None:
    """Write a frame into a Parquet file: the same content gives the same bytes, so that its run goes on.

    DataError, naming the column, for a frame without rows, with two columns of one name, or with values that no file
    holds.
    """
    names = [str(name) for name in frame.names]
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise DataError(f"the frame has {names.count(twice[0])} columns named {twice[0]!r}: rename all but one.")
    columns = [_column(frame, place, name) for place, name in enumerate(names)]
    table = pa.table(columns, names=names, metadata=dict(frame.metadata))
    if not table.num_rows:
        raise DataError("the frame has no rows.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as file:
        pq.write_table(table, file)


def with_labels(frame: Frame, kept: Path, output: Path, column: str) -> Frame:
    """A copy of the frame with one column as in ``output``, a changed copy of the file ``kept``. DataError if the frame
    is not what was kept, SetupError if it has no such column: then the labels are in columns of ``output`` alone."""
    names = [str(name) for name in frame.names]
    if column not in names:
        raise SetupError(f"These labels are in no one column of the frame. They are in {output}: read it from there.")
    place = names.index(column)
    before, after = read_parquet(kept).cells(column), read_parquet(output).cells(column)
    now = _column(frame, place, column).to_pylist()
    if len(now) != len(before) or any(map(_differ, now, before)):
        raise DataError(f"column {column!r} of the frame has changed since errata read it: open it again.")
    return frame.with_cells(place, {row: new for row, new in enumerate(after) if _differ(before[row], new)})


def _differ(one: object, other: object) -> bool:
    """NaN is what it was."""
    return one != other and (one == one or other == other)


def _column(frame: Frame, place: int, name: str) -> pa.ChunkedArray | pa.Array:
    try:
        return frame.column(place)
    except READ_ERRORS as error:
        raise DataError(
            f"column {name!r} of the frame holds values that do not go together or that no file holds ({error}). Make "
            "them of one type, such as text, or leave the column out."
        ) from error
