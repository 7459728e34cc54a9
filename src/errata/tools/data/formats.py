"""Choose the reader for a path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from errata.errors import DataError, SetupError
from errata.tools.data.table import Table

KNOWN = (
    "CSV (.csv, .tsv), Excel (.xlsx), JSON Lines (.jsonl), Parquet (.parquet), Hugging Face folders, and folders of "
    "images by class"
)
OTHER_SHEETS = (".xls", ".xlsm", ".xlsb", ".ods", ".numbers")


def read_table(
    path: Path,
    delimiter: str | None = None,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
    class_level: int | None = None,
    image_roots: Sequence[Path] = (),
) -> Table:
    """The table at ``path``; ``delimiter`` and ``encoding`` are those of a CSV file, detected if None; ``sheet`` is the
    name of one in a workbook. ``class_level`` and ``image_roots`` are for folders of images (read_image_folder).

    Raises DataError if there is no table, or none that errata reads, and SetupError for an option that is invalid or
    does not fit the format.
    """
    if not path.exists():
        raise DataError(f"{path} does not exist.")
    if not (path.is_file() or path.is_dir()):
        raise DataError(f"{path} is neither a file nor a folder.")
    suffix = path.suffix.lower()
    if suffix != ".xlsx" or path.is_dir():
        _refuse("Excel workbooks", path, sheet=sheet)
    if suffix in (".csv", ".tsv") and not path.is_dir():
        from errata.tools.data.csv_file import read_csv

        return read_csv(path, delimiter, encoding)
    _refuse("CSV files", path, delimiter=delimiter, encoding=encoding)
    if suffix == ".xlsx" and not path.is_dir():
        from errata.tools.data.excel_file import read_excel

        return read_excel(path, sheet)
    if path.is_dir():
        return _read_folder(path, class_level, image_roots)
    if suffix in (".jsonl", ".ndjson"):
        from errata.tools.data.jsonl_file import read_jsonl

        return read_jsonl(path)
    if suffix in (".parquet", ".pq"):
        from errata.tools.data.parquet_file import read_parquet

        return read_parquet(path)
    if suffix in OTHER_SHEETS:
        raise DataError(f"{path} is a spreadsheet of another kind: save it as .xlsx.")
    raise DataError(f"{path} is of no kind that errata reads: {KNOWN}.")


def _refuse(kind: str, path: Path, **options: str | None) -> None:
    """Raises SetupError for an option that was given and is for files of another kind."""
    for name, value in options.items():
        if value is not None:
            raise SetupError(f"--{name} is for {kind}, and {path} is none: leave it out.")


def _read_folder(path: Path, class_level: int | None, image_roots: Sequence[Path]) -> Table:
    if (path / "state.json").exists() or (path / "dataset_dict.json").exists():
        from errata.tools.data.hf_folder import read_hf_folder

        return read_hf_folder(path)
    from errata.tools.data.image_folder import read_image_folder

    return read_image_folder(path, class_level, image_roots)
