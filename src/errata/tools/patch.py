"""Label patches: files of label changes, each with who decided it, when and why, and all that undoing it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from errata.errors import DataError, PatchConflict
from errata.tools.data.atomic import atomic_write
from errata.tools.data.copying import copy_path
from errata.tools.data.dataset import Dataset
from errata.tools.data.fingerprint import sha_of_path
from errata.tools.data.new_names import moved_name
from errata.tools.data.write import Edit, listing, write_labels
from errata.types import Looked

STRICT = ConfigDict(extra="forbid", frozen=True)
Model = TypeVar("Model", bound=BaseModel)


class PatchLine(BaseModel):
    """One label change. ``raw`` is the token that stood in the label cell, known once the patch was applied."""

    model_config = STRICT
    item_id: str
    row: int
    content_sha: str
    old: str | None
    new: str | None
    raw: str | None = None
    decision: str = ""
    by: str = ""
    at: str = ""
    looked: Looked = "item"
    proposed: str | None = None
    confidence: float | None = None
    evidence: tuple[str, ...] = ()


class PatchHeader(BaseModel):
    """The first line of a patch file. ``out_sha256`` and ``annotations`` are known once the patch was applied."""

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


@dataclass(frozen=True, slots=True)
class Patch:
    """Label changes for one source. No two lines are of one row."""

    header: PatchHeader
    lines: tuple[PatchLine, ...]

    def write(self, path: Path) -> None:
        """One JSON object a line, the header first, atomically."""
        with atomic_write(path) as file:
            for model in (self.header, *self.lines):
                file.write(model.model_dump_json().encode() + b"\n")

    @classmethod
    def read(cls, path: Path) -> Patch:
        """A patch file. Raises DataError, naming the line, where it is damaged or cut short."""
        try:
            texts = path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path} cannot be read as a patch: {error}") from error
        header = _parse(PatchHeader, texts[0], path, 1)
        lines = tuple(_parse(PatchLine, text, path, n) for n, text in enumerate(texts[1:], start=2) if text.strip())
        if len(lines) != header.lines:
            raise DataError(f"{path} holds {len(lines)} changes, but its first line says {header.lines}: it is cut.")
        _check_rows_differ(lines)
        return cls(header, lines)


@dataclass(frozen=True, slots=True)
class AppliedPatch:
    """A patch with all that undoing it takes, and the hash of what was written. Keep ``patch``, not the one applied."""

    patch: Patch
    out: Path
    out_sha256: str


def make(dataset: Dataset, changes: Sequence[PatchLine], run: str = "") -> Patch:
    """A patch for this dataset. Raises PatchConflict where the changes do not fit it."""
    _check_rows_differ(changes)
    header = PatchHeader(
        run=run,
        source_name=dataset.path.name,
        source_sha256=dataset.sha256,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        label_column=dataset.label_column,
        lines=len(changes),
    )
    patch = Patch(header, tuple(sorted(changes, key=lambda line: line.row)))
    _check_fits(patch, dataset)
    return patch


def apply(
    patch: Patch, source: Dataset, out: Path, annotations: Mapping[str, Sequence[object]] | None = None
) -> AppliedPatch:
    """Writes ``source`` with the patch's labels into ``out``; in place where ``out`` is the source's own path.

    Raises PatchConflict, and writes nothing, where a row has another id, label or content than the patch was made
    for, or is protected.
    """
    _check_fits(patch, source)
    raws = write_labels(source, {line.row: Edit(line.old, line.new) for line in patch.lines}, out, annotations)
    sha = sha_of_path(out)
    header = patch.header.model_copy(update={"out_sha256": sha, "annotations": tuple(annotations or ())})
    lines = tuple(line.model_copy(update={"raw": raws[line.row]}) for line in patch.lines)
    return AppliedPatch(Patch(header, lines), out, sha)


def revert(patch: Patch, applied: Dataset, out: Path, source: Path | None = None) -> None:
    """Writes ``applied`` into ``out`` with every line of an applied patch undone and its annotations taken away.

    ``source`` is the file that the patch was applied to, or a backup of it. While nothing else has touched either,
    its bytes are given back as they were. Otherwise text formats put back each token, so that undoing all changes
    gives the same bytes, and other formats put back each value. Raises PatchConflict, and writes nothing, where a row
    no longer holds the patch's label.
    """
    untouched = applied.sha256 == patch.header.out_sha256
    if untouched and source is not None and source.exists() and sha_of_path(source) == patch.header.source_sha256:
        copy_path(source, out)
        return
    rows = _rows_once_applied(patch, applied)
    edits = {row: Edit(line.new, line.old, line.raw) for row, line in zip(rows, patch.lines, strict=True)}
    write_labels(applied, edits, out, drop=[name for name in patch.header.annotations if name in applied.table.names])


def merge(a: Patch, b: Patch) -> Patch:
    """Both patches as one, not yet applied.

    Raises PatchConflict where they were made for different sources, or give one row different labels.
    """
    if (a.header.source_sha256, a.header.label_column) != (b.header.source_sha256, b.header.label_column):
        what = f"{a.header.source_name} and {b.header.source_name}"
        raise PatchConflict(f"the patches were made for different sources ({what}): apply them one after the other.")
    lines = {line.row: line for line in a.lines}
    wrong = [
        f"row {line.row} ({line.item_id}): {lines[line.row].new!r} or {line.new!r}"
        for line in b.lines
        if line.row in lines and lines[line.row].new != line.new
    ]
    if wrong:
        raise PatchConflict(f"the patches disagree: {listing(wrong)}. Remove one line of each pair.")
    lines = {line.row: line for line in b.lines} | lines
    ordered = tuple(lines[row].model_copy(update={"raw": None}) for row in sorted(lines))
    runs = "+".join(dict.fromkeys((a.header.run, b.header.run)))
    at = max(a.header.made_at, b.header.made_at)
    update = {"run": runs, "made_at": at, "lines": len(ordered), "out_sha256": None, "annotations": ()}
    return Patch(a.header.model_copy(update=update), ordered)


def _parse(model: type[Model], text: str, path: Path, number: int) -> Model:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataError(f"{path}, line {number}, is no {model.__name__}: {where} {first['msg']}") from error


def _check_rows_differ(lines: Sequence[PatchLine]) -> None:
    times = Counter(line.row for line in lines)
    twice = [f"row {row}" for row in times if times[row] > 1]
    if twice:
        raise PatchConflict(f"a patch changes each row once, but these twice: {listing(twice)}.")


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
    elif dataset.given_labels[line.row] != line.old:
        yield f"holds {dataset.given_labels[line.row]!r}, not {line.old!r}"
    elif dataset.content_shas[line.row] != line.content_sha:
        yield "has other content"
    elif dataset.protected[line.row]:
        yield "is protected"


def _rows_once_applied(patch: Patch, applied: Dataset) -> list[int]:
    """Where the patch's lines are now; an image is found by the name that its move gave it."""
    if applied.format != "image_folder":
        moved = [line.model_copy(update={"old": line.new}) for line in patch.lines]
    else:
        places = {name: row for row, name in enumerate(applied.item_ids)}
        names = [moved_name(line.item_id, line.new) for line in patch.lines]
        moved = [
            line.model_copy(update={"item_id": name, "row": places.get(name, -1), "old": line.new})
            for line, name in zip(patch.lines, names, strict=True)
        ]
    _check_fits(Patch(patch.header, tuple(moved)), applied)
    return [line.row for line in moved]
