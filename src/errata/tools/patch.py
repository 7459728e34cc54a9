"""Label patches: files of label changes, each with who decided it, when and why, and everything needed to undo it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from errata.errors import DataError, PatchConflict
from errata.tools.data.atomic import atomic_write
from errata.tools.data.copying import CopyProgress, copy_path, no_progress
from errata.tools.data.dataset import Dataset
from errata.tools.data.encoding import UTF8
from errata.tools.data.fingerprint import sha_of_path
from errata.tools.data.image_folder import ImageFolder
from errata.tools.data.new_names import moved_name
from errata.tools.data.table import StoredLabel
from errata.tools.data.write import Edit, check_current, listing, write_labels
from errata.types import ITEM, Looked, Place

STRICT = ConfigDict(extra="forbid", frozen=True)
Model = TypeVar("Model", bound=BaseModel)


class PatchLine(BaseModel):
    """One label change. ``raw`` is the original token of the label cell, ``cell`` what that held if it holds several
    labels, and ``moved_to`` the relative name that an image got, all known once the patch was applied. ``place`` is
    omitted from the file if it is the item itself, so that an errata from before there were places can read it."""

    model_config = STRICT
    item_id: str
    row: int
    content_sha: str
    old: str | None
    new: str | None
    raw: str | None = None
    cell: str | None = Field(default=None, exclude_if=lambda cell: cell is None)
    moved_to: str | None = None
    decision: str = ""
    by: str = ""
    at: str = ""
    looked: Looked = "item"
    proposed: str | None = None
    confidence: float | None = None
    evidence: tuple[str, ...] = ()
    place: Place = Field(default=ITEM, exclude_if=lambda place: place == ITEM)


class PatchHeader(BaseModel):
    """The first line of a patch file. ``out_sha256`` and ``annotations`` are known once the patch was applied.
    ``encoding`` is that of a CSV file, without which the patched file might be taken for another; it is omitted if it
    is UTF-8. ``into``: the new column that the labels go into, omitted if that is the label column itself."""

    model_config = STRICT
    format: Literal["errata.patch.v1"] = "errata.patch.v1"
    run: str
    source_name: str
    source_sha256: str
    made_at: str
    label_column: str
    lines: int
    out_sha256: str | None = None
    annotations: tuple[str, ...] = ()
    encoding: str | None = Field(default=None, exclude_if=lambda encoding: encoding is None)
    into: str | None = Field(default=None, exclude_if=lambda into: into is None)


@dataclass(frozen=True, slots=True)
class Patch:
    """Label changes for one source. No two lines are about the same place in the same row."""

    header: PatchHeader
    lines: tuple[PatchLine, ...]

    def write(self, path: Path) -> None:
        """One JSON object per line, the header first, atomically."""
        with atomic_write(path) as file:
            for model in (self.header, *self.lines):
                file.write(model.model_dump_json().encode() + b"\n")

    @classmethod
    def read(cls, path: Path) -> Patch:
        """Read a patch file. Raises DataError, naming the line, if it is damaged or truncated."""
        try:
            texts = path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path} cannot be read as a patch: {error}") from error
        header = _parse(PatchHeader, texts[0], path, 1)
        lines = tuple(_parse(PatchLine, text, path, n) for n, text in enumerate(texts[1:], start=2) if text.strip())
        if len(lines) != header.lines:
            raise DataError(f"{path} holds {len(lines)} changes, but its first line says {header.lines}: it is cut.")
        _check_places_differ(lines)
        return cls(header, lines)


def make(dataset: Dataset, changes: Sequence[PatchLine], run: str = "", into: str | None = None) -> Patch:
    """A patch for this dataset; with ``into``, of a new column that holds the given labels as changed. Raises
    PatchConflict if the changes do not fit the dataset, and DataError if it has such a column."""
    _check_places_differ(changes)
    header = PatchHeader(
        run=run,
        source_name=dataset.path.name,
        source_sha256=dataset.sha256,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        label_column=dataset.label_column,
        lines=len(changes),
        encoding=None if dataset.encoding == UTF8 else dataset.encoding,
        into=into,
    )
    if into in dataset.table.names:
        raise DataError(f"{dataset.path} has a column {into!r} already: name a new one with --into COL.")
    patch = Patch(header, tuple(sorted(changes, key=lambda line: (line.row, line.place))))
    _check_fits(patch, dataset)
    return patch


def apply(
    patch: Patch,
    source: Dataset,
    out: Path,
    annotations: Mapping[str, Sequence[object]] | None = None,
    copied: CopyProgress = no_progress,
) -> Patch:
    """Write ``source`` with the patch's labels to ``out``. Returns the patch with everything needed to undo it, and the
    hash of what was written: that is the one to keep.

    Raises PatchConflict, and writes nothing, if a row has another id, label, or content than the patch was made for, or
    is protected.
    """
    _check_fits(patch, source)
    edits, add = _edits(patch.lines, source), dict(annotations or {})
    if patch.header.into is not None:
        edits, add = {}, {patch.header.into: _new_column(source, edits), **add}
    former = write_labels(source, edits, out, add, copied=copied)
    lines = _as_applied(patch, source, former)
    update = {"out_sha256": sha_of_path(out), "annotations": tuple(add)}
    return Patch(patch.header.model_copy(update=update), lines)


def plan_moves(patch: Patch, source: Dataset) -> Patch:
    """The same for a folder of images whose files are to be moved in place: nothing is written yet."""
    _check_fits(patch, source)
    check_current(source, _edits(patch.lines, source))
    return Patch(patch.header, _as_applied(patch, source, {line.row: line.item_id for line in patch.lines}))


def _edits(lines: Sequence[PatchLine], source: Dataset) -> dict[int, Edit]:
    """The changes of cells that these changes of labels amount to."""
    cells, merged = source.cells, source.task.merged
    return {row: Edit(cells[row], merged(cells[row], new)) for row, new in _new_labels(lines).items()}


def _new_labels(lines: Sequence[PatchLine]) -> dict[int, dict[Place, str | None]]:
    """Row -> place -> its new label."""
    new: dict[int, dict[Place, str | None]] = {}
    for line in lines:
        new.setdefault(line.row, {})[line.place] = line.new
    return new


def _new_column(source: Dataset, edits: Mapping[int, Edit]) -> list[StoredLabel]:
    """The labels of all rows as they are stored: the given ones, with these changes."""
    cells = (edits[row].new if row in edits else cell for row, cell in enumerate(source.cells))
    return [source.codec.stored(cell) for cell in cells]


def _as_applied(patch: Patch, source: Dataset, former: Mapping[int, str]) -> tuple[PatchLine, ...]:
    moved: Mapping[int, str] = {}
    if isinstance(source.table, ImageFolder):
        moved = source.table.new_places({line.row: line.new for line in patch.lines})
    return tuple(
        line.model_copy(
            update={
                "raw": former.get(line.row),
                "cell": None if line.place == ITEM else source.cells[line.row],
                "moved_to": moved.get(line.row),
            }
        )
        for line in patch.lines
    )


def revert(patch: Patch, applied: Dataset, out: Path, source: Path | None = None) -> None:
    """Write ``applied`` to ``out`` with every line of an applied patch undone and its annotations removed.

    ``source`` is the file that the patch was applied to, or a backup of it. As long as neither has been changed
    otherwise, its exact bytes are restored. Otherwise text formats restore each token, so that undoing all changes
    gives the same bytes, and other formats restore each value. Raises PatchConflict, and writes nothing, if a row no
    longer has the patch's label.
    """
    untouched = applied.sha256 == patch.header.out_sha256
    if untouched and source is not None and source.exists() and sha_of_path(source) == patch.header.source_sha256:
        copy_path(source, out)
        return
    if patch.header.into is not None:
        _check_new_column(patch, applied)
        edits = {}
    else:
        edits = _restored(patch, _rows_once_applied(patch, applied), applied)
    drop = [name for name in patch.header.annotations if name in applied.table.names]
    write_labels(applied, edits, out, drop=drop)


def _check_new_column(patch: Patch, applied: Dataset) -> None:
    """PatchConflict unless the patch's rows are there, and its new column holds what the patch put into it."""
    _check_fits(patch, applied)
    into = str(patch.header.into)
    if into not in applied.table.names:
        raise PatchConflict(f"{applied.path} has no column {into!r} any more. Nothing was changed.")
    edits = _edits(patch.lines, applied)
    held = dict(zip(edits, map(applied.codec.label, applied.table.cells(into, list(edits))), strict=True))
    wrong = [f"row {row} holds {held[row]!r}, not {edit.new!r}" for row, edit in edits.items() if held[row] != edit.new]
    if wrong:
        raise PatchConflict(f"column {into!r} of {applied.path}: {listing(wrong)}. Nothing was changed.")


def _restored(patch: Patch, rows: Sequence[int], applied: Dataset) -> dict[int, Edit]:
    """The changes of cells that undo a patch. A cell whose other marks are as the patch left them gets its exact token
    back."""
    back = [line.model_copy(update={"row": row, "new": line.old}) for row, line in zip(rows, patch.lines, strict=True)]
    edits = _edits(back, applied)
    left = _new_labels([line.model_copy(update={"row": row}) for row, line in zip(rows, patch.lines, strict=True)])
    exact = {line.row: line.raw for line in back if line.place == ITEM or edits[line.row].new == line.cell}
    for line in back:
        if line.place == ITEM or line.row in exact:
            continue
        if applied.task.merged(line.cell, left[line.row]) == applied.cells[line.row]:  # as the patch left it
            exact[line.row], edits[line.row] = line.raw, replace(edits[line.row], new=line.cell)
    return {row: replace(edit, raw=exact.get(row)) for row, edit in edits.items()}


def _parse(model: type[Model], text: str, path: Path, number: int) -> Model:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataError(f"{path}, line {number}, is no {model.__name__}: {where} {first['msg']}") from error


def _check_places_differ(lines: Sequence[PatchLine]) -> None:
    times = Counter((line.row, line.place) for line in lines)
    twice = [f"row {row}" + (f", place {place}" if place else "") for (row, place), n in times.items() if n > 1]
    if twice:
        raise PatchConflict(f"a patch changes each label once, but these twice: {listing(twice)}.")


def _check_fits(patch: Patch, dataset: Dataset) -> None:
    if dataset.label_column != patch.header.label_column:
        raise PatchConflict(f"the patch is for column {patch.header.label_column!r}, not {dataset.label_column!r}.")
    wrong = [f"row {line.row} ({line.item_id}) {why}" for line in patch.lines for why in _misfit(line, dataset)]
    if wrong:
        raise PatchConflict(
            f"{dataset.path} is not what the patch was made for: {listing(wrong)}. Nothing was changed."
        )


def _misfit(line: PatchLine, dataset: Dataset) -> Iterator[str]:
    """Why a line cannot change the row it names: the first reason, or nothing."""
    if not 0 <= line.row < len(dataset):
        yield "is not there"
    elif dataset.item_ids[line.row] != line.item_id:
        yield f"is item {dataset.item_ids[line.row]!r}"
    elif other := _other_label(line, dataset):
        yield other
    elif dataset.content_shas[line.row] != line.content_sha:
        yield "has other content"
    elif dataset.protected[line.row]:
        yield "is protected"


def _other_label(line: PatchLine, dataset: Dataset) -> str:
    """What the line's place holds instead of its old label; "" if it holds that."""
    try:
        given = dataset.task.given(dataset.cells[line.row], line.place)
    except KeyError:
        return f"has no label at place {line.place!r}"
    return "" if given == line.old else f"holds {given!r}, not {line.old!r}"


def _rows_once_applied(patch: Patch, applied: Dataset) -> list[int]:
    """The current rows of the patch's lines; an image is found by the name that its move gave it."""
    if applied.format != "image_folder":
        moved = [line.model_copy(update={"old": line.new}) for line in patch.lines]
    else:
        places = {name: row for row, name in enumerate(applied.item_ids)}
        # Patches from before names could differ do not record a new name: the file kept its own.
        names = [line.moved_to or moved_name(line.item_id, line.new) for line in patch.lines]
        moved = [
            line.model_copy(update={"item_id": name, "row": places.get(name, -1), "old": line.new})
            for line, name in zip(patch.lines, names, strict=True)
        ]
    _check_fits(Patch(patch.header, tuple(moved)), applied)
    return [line.row for line in moved]
