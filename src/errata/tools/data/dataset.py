"""A dataset as errata sees it: one item per row, whatever the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from errata.errors import DataError, SetupError, nearest
from errata.tools.data.content import ContentReader, text_parts
from errata.tools.data.formats import read_table
from errata.tools.data.label_space import check_encodable, check_used
from errata.tools.data.left_out import LeftOut, left_out
from errata.tools.data.table import Format, Table
from errata.tools.tasks.registry import task_of
from errata.tools.tasks.task import Codec, Column, LabelOptions, Task
from errata.types import Bool, Item, LabelSpace

NO_COLUMN = "label"
"""What labels are called that no column holds."""
FALSE_WORDS = frozenset({"", "0", "0.0", "false", "f", "no", "n", "none", "null", "nan"})


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the user's columns. ``label`` is None for an image folder, where the folders are the labels, and for a
    task that needs no labels.
    ``context``: texts that are shown to judges and people, without features."""

    label: str | None
    text: tuple[str, ...] = ()
    image: tuple[str, ...] = ()
    id: str | None = None
    protect: str | None = None
    context: tuple[str, ...] = ()

    @property
    def content(self) -> tuple[str, ...]:
        """The columns of what is looked at."""
        return (*self.text, *self.image, *self.context)

    @property
    def named(self) -> tuple[str, ...]:
        return tuple(name for name in (self.label, *self.content, self.id, self.protect) if name is not None)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """N items: their ids, given labels, and content hashes in memory; their content is read on demand.

    ``sha256`` is of the source file's bytes; of a folder, of its sorted list of names, sizes, and hashes.
    ``cells`` are what the label column holds, as the ``task`` reads it: of single labels the labels, spelled as in the
    data, None if a row is unlabeled. ``label_space`` knows which spellings are one label. ``problems`` says, by row,
    why its content cannot be shown: such rows are skipped, counted, and listed.
    ``labels_stored``: whether a column of the data, or its folders, hold the labels.
    ``protected`` bool[N]: rows whose label must never change. ``left_out`` counts what is excluded; ``remarks`` are
    lines about labels, and about links in a folder, that a person should read first.
    """

    path: Path
    columns: Columns
    label_space: LabelSpace
    item_ids: tuple[str, ...]
    cells: tuple[str | None, ...]
    content_shas: tuple[str, ...]
    problems: Mapping[int, str]
    protected: Bool
    left_out: LeftOut
    remarks: tuple[str, ...]
    codec: Codec
    task: Task
    labels_stored: bool
    table: Table = field(repr=False)
    content: ContentReader = field(repr=False)

    def __len__(self) -> int:
        return len(self.item_ids)

    @property
    def format(self) -> Format:
        return self.table.format

    @property
    def sha256(self) -> str:
        return self.table.sha256

    @property
    def encoding(self) -> str | None:
        """Of a CSV file; None of other formats."""
        return getattr(self.table, "encoding", None)

    @property
    def modality(self) -> Literal["text", "image"]:
        """What kind of item it is; images with texts are images."""
        return "image" if self.columns.image else "text"

    @property
    def label_column(self) -> str:
        return self.columns.label or NO_COLUMN

    def items(self, rows: Sequence[int]) -> list[Item]:
        """The given rows with their content, in the order requested. A row with a problem has no content."""
        return list(self.each(rows))

    def each(self, rows: Sequence[int]) -> Iterator[Item]:
        """The same, one at a time: the images of many rows may not fit into memory."""
        for row, content in zip(map(int, rows), self.content.read(rows), strict=True):
            item_id, sha, label = self.item_ids[row], self.content_shas[row], self.cells[row]
            yield Item(row, item_id, sha, label, content.parts)

    def text_items(self, rows: Sequence[int]) -> Iterator[Item]:
        """The given rows with only their texts; no image is read."""
        parts = text_parts(self.table, self.columns.text, self.columns.context, rows)
        for row, texts in zip(map(int, rows), parts, strict=True):
            yield Item(row, self.item_ids[row], self.content_shas[row], self.cells[row], texts)

    def texts(self, rows: Sequence[int]) -> list[str | None]:
        """All text of each of the given rows; None if there is none that can be shown."""
        return [item.text for item in self.text_items(rows)]

    def column(self, name: str) -> list[object]:
        """All values of one of the user's columns. Raises DataError for a name that does not exist."""
        _require(self.table, name, self.path)
        return self.table.cells(name)


def open_dataset(
    path: Path,
    columns: Columns,
    label_file: Path | None = None,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    no_label: Sequence[str] = (),
    many_labels: bool = False,
    image_roots: Sequence[Path] = (),
    class_level: int | None = None,
    allow_one_label: bool = False,
    separator: str | None = None,
    order: Sequence[str] = (),
    hierarchy: str | None = None,
    folder: Path | None = None,
    task: Task | None = None,
) -> Dataset:
    """Read a CSV, Excel, JSON Lines, or Parquet file, a Hugging Face dataset folder, or a folder of images by class.

    ``delimiter`` and ``encoding`` are those of a CSV file, detected if None, and ``sheet`` the name of one in a
    workbook; ``no_label`` are words that mean "no label". Every content is hashed, and every image's header checked,
    once. Raises DataError for a file that cannot be used as it is, and SetupError for columns that were not named. Data
    of a single label is refused, since there is nothing to tell apart, and so is data in which no content can be read,
    unless ``allow_one_label``: a file that a patch left so must still open for the patch to be undone. A column in
    which most rows have their own label is refused unless ``many_labels``.
    ``folder`` is where the files named in the columns are, if not next to ``path``; ``image_roots`` are other folders
    in which they may be. ``task``: what kind of labels they are, by default as the column looks; ``separator``,
    ``order`` and ``hierarchy`` as in LabelOptions. ``class_level`` says which folders of a folder of images name the
    classes: 1 means those at its top.
    """
    path = Path(path)
    # After a patch, the layout may look different from the one the user was asked about.
    level = class_level or (1 if allow_one_label else None)
    table = read_table(path, delimiter, encoding=encoding, sheet=sheet, class_level=level, image_roots=image_roots)
    columns = _named(columns, table, path, needs_labels=task is None or task.needs_labels)
    column = _column(columns, table)
    options = LabelOptions(
        no_label,
        many_labels,
        label_file,
        allow_one_label=allow_one_label,
        separator=separator,
        order=tuple(order),
        hierarchy=hierarchy,
    )
    task = task.labeled() if task and columns.label else task or task_of(column, options)
    task.check_parts(columns.text, columns.image)
    labels = task.read(column, options)
    beside = path if path.is_dir() else folder or path.parent
    content = ContentReader.of(table, beside, columns.text, columns.image, columns.context, image_roots)
    found = list(content.check_all())
    problems = {row: problem for row, (_, problem) in enumerate(found) if problem is not None}
    if not allow_one_label:
        _refuse_unreadable([problem for _, problem in found], path)
        readable = [cell for row, cell in enumerate(labels.cells) if row not in problems]
        # Labels of unreadable rows do not help to tell classes apart.
        check_used(
            task.used(readable, labels.space),
            f"{path} has rows to repair: the {len(readable):,} rows of it that can be looked at hold",
        )
    return Dataset(
        path=path,
        columns=columns,
        label_space=labels.space,
        item_ids=_item_ids(table, columns.id),
        cells=labels.cells,
        content_shas=tuple(sha for sha, _ in found),
        problems=problems,
        protected=_protected(table, columns.protect),
        left_out=left_out(table, (columns.label, *columns.content), labels.cells, problems),
        remarks=(*getattr(table, "remarks", ()), *labels.remarks),
        codec=labels.codec,
        task=task,
        labels_stored=columns.label is not None,
        table=table,
        content=content,
    )


def _column(columns: Columns, table: Table) -> Column:
    """The labels as they are stored; nothing in each row if no column holds them."""
    if columns.label is None:
        return Column(NO_COLUMN, [None] * len(table))
    values, class_names = table.cells(columns.label), table.class_names(columns.label)
    return Column(columns.label, values, class_names, of_text=table.format == "csv")


def _named(columns: Columns, table: Table, path: Path, *, needs_labels: bool) -> Columns:
    """The columns in use, after checking that each exists."""
    if table.format == "image_folder":
        if columns.named:
            raise SetupError(f"{path} is a folder of images: its folders are the labels. Name no columns.")
        return replace(columns, label="label", image=("file",), id="file")
    if columns.label is None and needs_labels:
        raise SetupError(f"Which column of {path} holds the labels? Pass --label COL{nearest('label', table.names)}.")
    if columns.label in columns.content:
        raise SetupError(f"Column {columns.label!r} cannot be both the label and what is looked at. Name another.")
    if not columns.text and not columns.image:
        raise SetupError(f"Which column of {path} is to be looked at? Pass --text COL or --image COL.")
    twice = [name for name, times in Counter(columns.content).items() if times > 1]
    if twice:
        raise SetupError(f"Column {twice[0]!r} is named twice as what is looked at. Name it once.")
    if not len(table):
        raise DataError(f"{path} has no rows.")
    for name in columns.named:
        _require(table, name, path)
    return columns


def _require(table: Table, name: str, path: Path) -> None:
    times = table.names.count(name)
    if times == 0:
        uncut = table.format == "csv" and len(table.names) == 1
        hint = " What separates its cells? Pass --delimiter CHAR." if uncut else ""
        raise DataError(f"{path} has no column {name!r}{nearest(name, table.names)}.{hint}")
    if times > 1:
        raise DataError(f"{path} has {times} columns named {name!r}: rename all but one.")


def _refuse_unreadable(problems: Sequence[str | None], path: Path) -> None:
    """If no content at all can be read, the wrong column or folder was named."""
    if all(problem is not None for problem in problems):
        raise DataError(
            f"none of the {len(problems):,} rows of {path} can be looked at. Row 0: {problems[0]}. "
            "Is it the right column, and are the files beside the data?"
        )


def _item_ids(table: Table, column: str | None) -> tuple[str, ...]:
    if column is None:
        return tuple(str(row) for row in range(len(table)))
    values = table.cells(column)
    if None in values:
        raise DataError(f"column {column!r}, row {values.index(None)}: the id is empty. Every item needs one.")
    ids = tuple(str(value) for value in values)
    check_encodable("".join(ids), f"an id in column {column!r}")
    twice = [name for name, times in Counter(ids).most_common(3) if times > 1]
    if twice:
        rows = [f"{name!r} in rows {[row for row, other in enumerate(ids) if other == name][:5]}" for name in twice]
        raise DataError(f"ids in column {column!r} must differ: {'; '.join(rows)}. Name another column, or none.")
    return ids


def _protected(table: Table, column: str | None) -> Bool:
    if column is None:
        return np.zeros(len(table), dtype=np.bool_)
    return np.array([str(value or "").strip().casefold() not in FALSE_WORDS for value in table.cells(column)])
