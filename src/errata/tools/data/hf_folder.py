"""Folders made by ``datasets.Dataset.save_to_disk``: features, metadata, and every other column are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from errata.errors import DataError, missing_extra
from errata.tools.data.arrow import added_columns, changed_column, python_values
from errata.tools.data.atomic import atomic_folder
from errata.tools.data.fingerprint import sha_of_folder
from errata.tools.data.table import Changes

if TYPE_CHECKING:
    import datasets


@dataclass(frozen=True, slots=True, eq=False)
class HfFolder:
    """A saved Hugging Face dataset; its Arrow files are memory-mapped."""

    path: Path
    sha256: str
    source: datasets.Dataset
    arrow: pa.Table
    format: Literal["hf"] = "hf"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.arrow.column_names)

    def __len__(self) -> int:
        return int(self.arrow.num_rows)

    def cells(self, name: str, rows: Sequence[int] | None = None) -> list[object]:
        return python_values(self.arrow.column(name), rows)

    def class_names(self, name: str) -> tuple[str, ...] | None:
        names = getattr(self.source.features[name], "names", None)
        return tuple(names) if names else None

    def write(self, changes: Changes, out: Path) -> dict[int, str]:
        former = self.cells(changes.column, list(changes.labels)) if changes.labels else []
        changed = self._changed(changes)
        shards = len(_data_files(self.path))
        with atomic_folder(out) as draft, _no_progress_bars():
            changed.save_to_disk(draft, num_shards=max(1, min(shards, len(self))))
        return {row: json.dumps(value) for row, value in zip(changes.labels, former, strict=True)}

    def _changed(self, changes: Changes) -> datasets.Dataset:
        import datasets

        table = self.arrow
        if changes.labels:
            place = table.schema.get_field_index(changes.column)
            column = changed_column(table.column(place), changes.labels)
            table = table.set_column(place, table.schema.field(place), column)
        changed = datasets.Dataset(table, info=self.source.info.copy(), split=self.source.split)
        if changes.drop:
            changed = changed.remove_columns(sorted(changes.drop))
        for name, values in added_columns(changes.add, slice(None)).items():
            changed = changed.add_column(name, values)
        return with_format_of(self.source, changed)


def read_hf_folder(path: Path) -> HfFolder:
    """Read a folder made by ``save_to_disk``.

    Raises SetupError if ``datasets`` is not installed, and DataError for a folder of several splits or a damaged one.
    """
    if (path / "dataset_dict.json").exists():
        splits = sorted(child.name for child in path.iterdir() if (child / "state.json").exists())
        if not splits:
            raise DataError(f"{path} has a dataset_dict.json, but none of its splits: copy or save it again.")
        raise DataError(f"{path} holds the splits {', '.join(splits)}: pass one of them, such as {path / splits[0]}.")
    try:
        import datasets
    except ImportError as error:
        raise missing_extra("datasets", "hf") from error
    sha256 = sha_of_folder(path)
    try:
        for file in _data_files(path):
            _validate(file)
        source = datasets.load_from_disk(path)
        return HfFolder(path, sha256, source, source.with_format("arrow")[:])
    except Exception as error:  # a changed column description makes ``datasets`` raise almost anything
        raise DataError(f"{path} is not a whole Hugging Face dataset folder ({error}): save it again.") from error


def with_format_of(source: datasets.Dataset, changed: datasets.Dataset) -> datasets.Dataset:
    """``changed``, from now on showing its values as ``source`` does."""
    kept = source.format
    if kept["type"] is not None:
        changed.set_format(kept["type"], kept["columns"], kept["output_all_columns"], **kept["format_kwargs"])
    return changed


def _data_files(folder: Path) -> list[Path]:
    """The folder's Arrow files. Raises ValueError if ``state.json`` names anything else."""
    names = [entry["filename"] for entry in json.loads((folder / "state.json").read_text("utf-8"))["_data_files"]]
    if strange := [name for name in names if Path(name).name != name or not (folder / name).is_file()]:
        raise ValueError(f"state.json names {strange[0]!r}, which is no file of the folder")
    return [folder / name for name in names]


def _validate(file: Path) -> None:
    """``datasets`` maps a file into memory unchecked, and a damaged one then crashes the process. So every offset,
    index, and text of it is checked first, which takes a hundredth of a second for 50 MB."""
    with pa.memory_map(str(file)) as source, pa.ipc.open_stream(source) as stream:
        stream.read_all().validate(full=True)


@contextmanager
def _no_progress_bars() -> Iterator[None]:
    import datasets

    if datasets.are_progress_bars_disabled():
        yield
        return
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        datasets.enable_progress_bars()
