"""From what stands in a label column to the words of a label space, and back."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from errata.errors import DataError, nearest
from errata.tools.data.table import StoredLabel
from errata.types import OTHER_ANSWERS, LabelSpace

Kind = Literal["str", "int", "bool", "class"]
WHOLE = re.compile(r"[+-]?\d+")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class LabelCodec:
    """How one column stores its labels: as text, whole numbers, booleans, or numbers of named classes."""

    kind: Kind
    class_names: tuple[str, ...] = ()

    def label(self, value: object) -> str | None:
        """The label behind a stored value; None where it is null, empty, or -1 among class numbers."""
        if value is None or value == "":
            return None
        if self.kind == "class":
            return None if value == -1 else self.class_names[int(str(value))]
        return str(value).lower() if self.kind == "bool" else str(value)

    def stored(self, label: str | None) -> StoredLabel:
        """The value that stands for a label. Raises DataError where the column cannot hold it."""
        if self.kind == "class":
            return -1 if label is None else self._class_number(label)
        if label is None or self.kind == "str":
            return label
        if self.kind == "bool" and label in ("true", "false"):
            return label == "true"
        if self.kind == "int" and WHOLE.fullmatch(label):
            return int(label)
        raise DataError(f"the label column holds {self.kind} values and cannot hold {label!r}")

    def _class_number(self, label: str) -> int:
        if label not in self.class_names:
            raise DataError(f"{label!r} is not a class of the label column{nearest(label, self.class_names)}")
        return self.class_names.index(label)


def label_codec(values: Sequence[object], class_names: tuple[str, ...] | None, column: str) -> LabelCodec:
    """The one way in which a column stores its labels.

    Raises DataError, naming rows, where types are mixed or where labels are neither text nor whole numbers.
    """
    first: dict[str, int] = {}
    for row, value in enumerate(values):
        if value is not None:
            first.setdefault(type(value).__name__, row)
    if len(first) > 1:
        got = ", ".join(f"{kind} (row {row}: {values[row]!r})" for kind, row in first.items())
        raise DataError(f"column {column!r} mixes types: {got}. Store every label as text, or every one as an integer.")
    kind = next(iter(first), "str")
    if class_names is not None and kind == "int":
        return LabelCodec("class", _checked_numbers(values, class_names, column))
    if kind == "str":
        return LabelCodec("str")
    if kind in ("int", "bool"):
        return LabelCodec("bool" if kind == "bool" else "int")
    row = first[kind]
    todo = "store whole numbers as integers" if kind == "float" else "store text or integers"
    raise DataError(f"column {column!r} holds {kind} values (row {row}: {values[row]!r:.60}): {todo}.")


def refuse_fractions(values: Sequence[object], column: str) -> None:
    """Numbers with a decimal point in a column of a text file are measurements, or integers that met a gap in pandas.

    Raises DataError where all values are numbers and some are not whole.
    """
    texts = [str(value) for value in values if value is not None]
    if all(NUMBER.fullmatch(text) for text in texts) and not all(WHOLE.fullmatch(text) for text in texts):
        row, value = next((i, v) for i, v in enumerate(values) if v is not None and not WHOLE.fullmatch(str(v)))
        raise DataError(f"column {column!r} holds numbers that are not whole (row {row}: {value}): store integers.")


def infer_label_space(labels: Iterable[str | None], codec: LabelCodec) -> LabelSpace:
    """The labels that occur, sorted; by number where all are whole numbers. Named classes keep their own order."""
    if codec.kind == "class":
        return LabelSpace(codec.class_names)
    found = {label for label in labels if label is not None}
    if all(WHOLE.fullmatch(label) for label in found):
        return LabelSpace(tuple(sorted(found, key=lambda label: (int(label), label))))
    return LabelSpace(tuple(sorted(found)))


class LabelEntry(BaseModel):
    """What ``labels.toml`` says of one label."""

    model_config = ConfigDict(extra="forbid")
    definition: str = ""
    parent: str = ""


class LabelFile(BaseModel):
    """``labels.toml``: one table ``[labels.NAME]`` for each label."""

    model_config = ConfigDict(extra="forbid")
    labels: dict[str, LabelEntry] = Field(min_length=2)


def read_label_space(path: Path, labels: Sequence[str | None]) -> LabelSpace:
    """The label space of a ``labels.toml``, in the file's order.

    Raises DataError where the file cannot be read, or lacks a label that the data holds.
    """
    try:
        entries = LabelFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).labels
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DataError(f"{path} cannot be read as a label file: {where}: {first['msg']}") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path} cannot be read as a label file: {error}") from error
    for row, label in enumerate(labels):
        if label is not None and label not in entries:
            raise DataError(f"row {row}: label {label!r} is not in {path.name}{nearest(label, entries)}")
    definitions = {name: entry.definition for name, entry in entries.items() if entry.definition}
    parents = {name: entry.parent for name, entry in entries.items() if entry.parent}
    return LabelSpace(tuple(entries), definitions, parents)


def check_label_space(space: LabelSpace, labels: Sequence[str | None], column: str, least: int = 2) -> None:
    """Raises DataError where fewer than ``least`` labels occur, or a label is a word that judges answer with."""
    used = check_used(labels, f"column {column!r} holds", least)
    for label in used:
        check_encodable(label, f"a label in column {column!r}")
    taken = sorted(used.union(space.names).intersection(OTHER_ANSWERS))
    if taken:
        raise DataError(f"label {taken[0]!r} in column {column!r} is a word that errata uses itself: rename it.")


def check_used(labels: Iterable[str | None], what_holds: str, least: int = 2) -> set[str]:
    """The labels that occur. Raises DataError, which begins with ``what_holds``, where they are too few."""
    used = {label for label in labels if label is not None}
    if len(used) < least:
        found = f"only the label {min(used)!r}" if used else "no labels"
        raise DataError(f"{what_holds} {found}: errata needs at least two to tell apart.")
    return used


def check_encodable(word: str, what: str) -> None:
    """JSON can spell half a character (a lone surrogate), which no file or database can hold: DataError."""
    if any("\ud800" <= char <= "\udfff" for char in word):
        raise DataError(f"{what} holds half a character: {word!r}. Repair it.")


def _checked_numbers(values: Sequence[object], class_names: tuple[str, ...], column: str) -> tuple[str, ...]:
    for row, value in enumerate(values):
        if isinstance(value, int) and not -1 <= value < len(class_names):
            raise DataError(f"column {column!r}, row {row}: {value} is not one of {len(class_names)} classes.")
    return class_names
