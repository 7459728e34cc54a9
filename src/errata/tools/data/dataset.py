"""A dataset as errata sees it: one item per row, whatever the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from errata.errors import DataError, SetupError, nearest
from errata.settings import is_votes_file, label_name
from errata.tools.data.ballots import Ballots, read_ballots
from errata.tools.data.content import ContentReader, text_parts
from errata.tools.data.formats import read_table
from errata.tools.data.label_space import check_encodable, check_used
from errata.tools.data.left_out import LeftOut, left_out
from errata.tools.data.mark_columns import MarkColumns
from errata.tools.data.splits import Splits, protected_splits, read_splits, rows_in
from errata.tools.data.splits import remarks as split_remarks
from errata.tools.data.table import Format, Table
from errata.tools.data.voted import Voted, beside, column_of, instead
from errata.tools.tasks.registry import task_of
from errata.tools.tasks.task import Codec, Column, LabelOptions, Labels, Task
from errata.types import Bool, Item, LabelSpace

FALSE_WORDS = frozenset({"", "0", "0.0", "false", "f", "no", "n", "none", "null", "nan"})


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the user's columns. ``label`` is None for an image folder, where the folders are the labels, where only
    ``votes`` say what items are, and for a task that needs no labels. ``context``: texts that are shown to judges and
    people, without features. ``marks``: columns that each say whether an item has one mark, instead of ``label``.
    ``votes``: columns with several people's labels, or a file of them; ``annotators``: whose they are."""

    label: str | None
    text: tuple[str, ...] = ()
    image: tuple[str, ...] = ()
    id: str | None = None
    protect: str | None = None
    context: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    votes: tuple[str, ...] = ()
    annotators: str | None = None
    split: str | None = None

    @property
    def content(self) -> tuple[str, ...]:
        """The columns of what is looked at."""
        return (*self.text, *self.image, *self.context)

    @property
    def named(self) -> tuple[str, ...]:
        votes = (name for name in self.votes if not is_votes_file(name))
        names = (self.label, *self.marks, *self.content, self.id, self.protect, self.split, *votes, self.annotators)
        return tuple(name for name in names if name is not None)

    @property
    def of_labels(self) -> str:
        """What the labels are called: after their column, or after what they are made from."""
        return self.label or label_name(self.votes)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """N items: their ids, given labels, and content hashes in memory; their content is read on demand.

    ``sha256`` is of the source file's bytes; of a folder, of its sorted list of names, sizes, and hashes.
    ``cells`` are what the label column holds, as the ``task`` reads it: of single labels the labels, spelled as in the
    data, None if a row is unlabeled. ``label_space`` knows which spellings are one label. ``problems`` says, by row,
    why its content cannot be shown: such rows are skipped, counted, and listed.
    ``voted``: several people's votes, if there are any. ``labels_stored``: whether a column of the data, or its
    folders, hold the labels; if not, changes go into a new column.
    ``protected`` bool[N]: rows whose label must never change. ``left_out`` counts what is excluded; ``remarks`` are
    lines about labels, splits, and links in a folder, that a person should read first. ``splits``: the split of each
    row, if a column of them was named.
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
    voted: Voted | None
    labels_stored: bool
    table: Table = field(repr=False)
    content: ContentReader = field(repr=False)
    splits: Splits | None = None

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
        return self.columns.of_labels

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
    fix_splits: Sequence[str] = (),
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
    classes: 1 means those at its top. ``fix_splits``: splits such as test whose labels may change (``splits.py``).
    """
    path = Path(path)
    # After a patch, the layout may look different from the one the user was asked about.
    level = class_level or (1 if allow_one_label else None)
    read = partial(
        read_table, delimiter=delimiter, encoding=encoding, sheet=sheet, class_level=level, image_roots=image_roots
    )
    table: Table = read(path)
    columns = _named(columns, table, path, needs_labels=task is None or task.needs_labels)
    if columns.marks:
        table = MarkColumns(table, columns.marks, read)
        columns = replace(columns, label=table.name)
    item_ids = _item_ids(table, columns.id)
    ballots = None
    if columns.votes:
        ballots = read_ballots(table, columns.votes, item_ids, columns.annotators, separator)
    column = _column(columns, table, ballots)
    options = LabelOptions(
        no_label,
        many_labels,
        label_file,
        allow_one_label=allow_one_label,
        separator=None if ballots else separator,
        order=tuple(order),
        hierarchy=hierarchy,
    )
    task = task.labeled() if task and columns.label else task or task_of(column, options)
    task.check_parts(columns.text, columns.image)
    if ballots and not task.of_items:
        raise SetupError(f"--votes are about one label of each item, and the task is {task.name}: leave them out.")
    labels = task.read(column, options)
    voted = None
    if ballots is not None:
        voted, labels = _with_votes(ballots, columns, labels, len(table), no_label)
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
    splits = None if columns.split is None else read_splits(table.cells(columns.split))
    if fix_splits and splits is None:
        raise SetupError(f"--fix-split {fix_splits[0]}: which column holds the splits? Pass --split COL.")
    kept = protected_splits(splits or (), fix_splits)
    used = {} if splits is None else _used_by_split(splits, labels, task)
    return Dataset(
        path=path,
        columns=columns,
        label_space=labels.space,
        item_ids=item_ids,
        cells=labels.cells,
        content_shas=tuple(sha for sha, _ in found),
        problems=problems,
        protected=_protected(table, columns.protect) | (rows_in(splits, kept) if splits else np.False_),
        splits=splits,
        left_out=left_out(table, (columns.label, *columns.content), labels.cells, problems),
        remarks=(
            *getattr(table, "remarks", ()),
            *labels.remarks,
            *(ballots.remarks if ballots else ()),
            *split_remarks(splits or (), kept, used),
        ),
        codec=labels.codec,
        task=task,
        voted=voted,
        labels_stored=columns.label is not None,
        table=table,
        content=content,
    )


def _column(columns: Columns, table: Table, ballots: Ballots | None) -> Column:
    """The labels as they are stored: in their column, or else as votes; nothing in each row if neither holds them."""
    if columns.label is not None:
        values, class_names = table.cells(columns.label), table.class_names(columns.label)
        return Column(columns.label, values, class_names, of_text=table.format == "csv")
    if ballots is None:
        return Column(columns.of_labels, [None] * len(table))
    return column_of(ballots, columns.of_labels)


def _with_votes(
    ballots: Ballots, columns: Columns, labels: Labels, rows: int, no_label: Sequence[str]
) -> tuple[Voted, Labels]:
    if columns.label is not None:
        return beside(ballots, label_name(columns.votes), no_label, labels, rows), labels
    return instead(ballots, labels, rows)


def _named(columns: Columns, table: Table, path: Path, *, needs_labels: bool) -> Columns:
    """The columns in use, after checking that each exists."""
    if table.format == "image_folder":
        if columns.named:
            raise SetupError(f"{path} is a folder of images: its folders are the labels. Name no columns.")
        return replace(columns, label="label", image=("file",), id="file")
    _check_labels(columns, table, path, needs_labels=needs_labels)
    _check_content(columns, path)
    if not len(table):
        raise DataError(f"{path} has no rows.")
    for name in columns.named:
        _require(table, name, path)
    return columns


def _check_labels(columns: Columns, table: Table, path: Path, *, needs_labels: bool) -> None:
    """SetupError unless the user said in one way where the labels are."""
    if columns.annotators and not columns.votes:
        raise SetupError("--annotators says who gave the votes: name these too (--votes COL).")
    if needs_labels and columns.label is None and not columns.votes and not columns.marks:
        raise SetupError(f"Which column of {path} holds the labels? Pass --label COL{nearest('label', table.names)}.")
    if columns.label is not None and columns.marks:
        raise SetupError("Name either --label, a column of labels, or --mark, columns of one mark each.")


def _check_content(columns: Columns, path: Path) -> None:
    """SetupError unless something is to be looked at, each column once, and none of the labels."""
    labels = (columns.label, *columns.marks, *columns.votes)
    both = next((name for name in labels if name in columns.content), None)
    if both is not None:
        raise SetupError(f"Column {both!r} cannot be both the label and what is looked at. Name another.")
    if not columns.text and not columns.image:
        raise SetupError(f"Which column of {path} is to be looked at? Pass --text COL or --image COL.")
    twice = [name for name, times in Counter(columns.content).items() if times > 1]
    if twice:
        raise SetupError(f"Column {twice[0]!r} is named twice as what is looked at. Name it once.")


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


def _used_by_split(splits: Splits, labels: Labels, task: Task) -> dict[str, set[str | None]]:
    cells: dict[str, list[str | None]] = {}
    for split, cell in zip(splits, labels.cells, strict=True):
        if split is not None and cell is not None:
            cells.setdefault(split, []).append(cell)
    return {split: task.used(of, labels.space) for split, of in cells.items()}


def _protected(table: Table, column: str | None) -> Bool:
    if column is None:
        return np.zeros(len(table), dtype=np.bool_)
    return np.array([str(value or "").strip().casefold() not in FALSE_WORDS for value in table.cells(column)])
