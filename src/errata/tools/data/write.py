"""Write labels back: the same format, with only the requested labels changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from errata.errors import DataError, PatchConflict
from errata.tools.data.copying import CopyProgress, no_progress
from errata.tools.data.dataset import Dataset
from errata.tools.data.fingerprint import sha_of_path
from errata.tools.data.table import Change, Changes

LISTED = 10


@dataclass(frozen=True, slots=True)
class Edit:
    """The change of one label cell. ``raw`` is the exact token that the cell had before, to restore; it takes
    precedence over ``new``."""

    old: str | None
    new: str | None
    raw: str | None = None


def write_labels(
    dataset: Dataset,
    edits: Mapping[int, Edit],
    out: Path,
    annotations: Mapping[str, Sequence[object]] | None = None,
    drop: Sequence[str] = (),
    copied: CopyProgress = no_progress,
) -> dict[int, str]:
    """Write the dataset with its labels edited, by row, to ``out``, replacing anything there.

    Text formats keep every other byte, Parquet and Hugging Face folders every other value, schema, and metadata.
    ``annotations`` are columns to add at the end (none for image folders), ``drop`` such columns to remove again.
    Returns, by row, the replaced token. Writing is atomic. Raises PatchConflict, and writes nothing, if a row does not
    have ``old`` or the source has changed since it was opened.
    """
    check_current(dataset, edits)
    out, add = Path(out), dict(annotations or {})
    _check_annotations(dataset, add, drop)
    labels = {row: Change(dataset.codec.stored(edit.new), edit.raw) for row, edit in sorted(edits.items())}
    return dataset.table.write(Changes(dataset.label_column, labels, add, frozenset(drop), copied), out)


def check_current(dataset: Dataset, edits: Mapping[int, Edit]) -> None:
    """Raises PatchConflict if a row does not have ``old``, or the source has changed since it was opened."""
    wrong = [
        f"row {row}" + (f" holds {dataset.cells[row]!r}, not {edit.old!r}" if 0 <= row < len(dataset) else "")
        for row, edit in sorted(edits.items())
        if not 0 <= row < len(dataset) or dataset.cells[row] != edit.old
    ]
    if wrong:
        raise PatchConflict(f"{dataset.path}: {listing(wrong)}. Nothing was changed.")
    if sha_of_path(dataset.path) != dataset.sha256:
        raise PatchConflict(f"{dataset.path} has changed since it was read. Nothing was changed: run again.")


def _check_annotations(dataset: Dataset, add: Mapping[str, Sequence[object]], drop: Sequence[str]) -> None:
    if add and dataset.format == "image_folder":
        raise DataError("a folder of images has no columns to annotate: leave the annotations out.")
    for name, values in add.items():
        if name in dataset.table.names:
            raise DataError(f"{dataset.path} has a column {name!r} already: leave the annotations out.")
        if len(values) != len(dataset):
            raise DataError(f"annotation {name!r} has {len(values)} values for {len(dataset)} rows.")
    missing = [name for name in drop if name not in dataset.table.names]
    if missing:
        raise DataError(f"{dataset.path} has no column {missing[0]!r} to take away.")


def listing(rows: Sequence[str]) -> str:
    """The first few of a list of findings, and how many more there are."""
    more = f" and {len(rows) - LISTED} more" if len(rows) > LISTED else ""
    return "; ".join(rows[:LISTED]) + more
