"""Convert the values of a label column to the words of a label space, and back."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from errata.errors import DataError, nearest
from errata.tools.data.spelling import fold, means_nothing
from errata.tools.data.table import StoredLabel

Kind = Literal["str", "int", "bool", "class", "whole"]
WHOLE = re.compile(r"[+-]?\d{1,300}")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
LARGEST = 2.0**53
"""Above this, not every whole number is a float."""


@dataclass(frozen=True, slots=True)
class LabelCodec:
    """How one column stores its labels: as text, whole numbers, booleans, numbers of named classes, or whole numbers
    written as fractions (``whole``: 1.0, in text or as floats).

    ``no_label`` are words, folded, that the user declared to mean no label. ``stored_as``: how a column of kind
    ``whole`` writes each label that occurs.
    """

    kind: Kind
    class_names: tuple[str, ...] = ()
    no_label: frozenset[str] = frozenset()
    stored_as: Mapping[str, StoredLabel] = field(default_factory=dict)

    def label(self, value: object) -> str | None:
        """The label of a stored value; None if it is null, blank, not a number, or -1 among class numbers."""
        label = self._word(value)
        return label if label is not None and self.is_label(label) else None

    def is_label(self, word: str) -> bool:
        """Whether a word is a label at all: not blank, and not declared to mean no label."""
        form = fold(word)
        return form != "" and form not in self.no_label

    def stored(self, label: str | None) -> StoredLabel:
        """The stored value of a label. Raises DataError if the column cannot hold it."""
        if self.kind == "class":
            return -1 if label is None else self._class_number(label)
        if label is None or self.kind == "str":
            return label
        if self.kind == "bool" and label in ("true", "false"):
            return label == "true"
        if self.kind == "int" and WHOLE.fullmatch(label):
            return int(label)
        if self.kind == "whole":
            return self._as_fraction(label)
        raise DataError(f"the label column holds {self.kind} values and cannot hold {label!r}")

    def _word(self, value: object) -> str | None:
        if value is None or value != value:
            return None
        if self.kind == "class":
            return None if value == -1 else self.class_names[int(str(value))]
        if self.kind == "whole":
            number = whole(value)
            return str(value) if number is None else str(number)
        return str(value).lower() if self.kind == "bool" else str(value)

    def _class_number(self, label: str) -> int:
        if label not in self.class_names:
            raise DataError(f"{label!r} is not a class of the label column{nearest(label, self.class_names)}")
        return self.class_names.index(label)

    def _as_fraction(self, label: str) -> StoredLabel:
        if label in self.stored_as:
            return self.stored_as[label]
        if any(isinstance(value, str) for value in self.stored_as.values()):
            return f"{label}.0" if WHOLE.fullmatch(label) else label
        if WHOLE.fullmatch(label):
            return float(label)
        raise DataError(f"the label column holds numbers and cannot hold {label!r}")


def label_codec(
    values: Sequence[object],
    class_names: tuple[str, ...] | None,
    column: str,
    *,
    of_text: bool = False,
    no_label: Iterable[str] = (),
) -> LabelCodec:
    """How a column stores its labels. ``of_text``: the format has no other type (CSV).

    Raises DataError, naming rows, if types are mixed, or if labels are neither text nor whole numbers.
    """
    nothing = frozenset(map(fold, no_label))
    first: dict[str, int] = {}
    for row, value in enumerate(values):
        if value is not None:
            first.setdefault(type(value).__name__, row)
    if first.keys() == {"int", "float"}:
        first = {"float": first["float"]}
    if len(first) > 1:
        got = ", ".join(f"{kind} (row {row}: {values[row]!r:.60})" for kind, row in first.items())
        raise DataError(f"column {column!r} mixes types: {got}. Store every label as text, or every one as an integer.")
    kind = next(iter(first), "str")
    if class_names is not None and kind == "int":
        return LabelCodec("class", _checked_numbers(values, class_names, column), nothing)
    if kind == "float" or (of_text and _written_as_fractions(values, nothing)):
        return LabelCodec("whole", (), nothing, _stored_as(values, column))
    if kind == "str":
        return LabelCodec("str", (), nothing)
    if kind in ("int", "bool"):
        return LabelCodec("bool" if kind == "bool" else "int", (), nothing)
    row = first[kind]
    raise DataError(f"column {column!r} holds {kind} values (row {row}: {values[row]!r:.60}): store text or integers.")


def whole(value: object) -> int | None:
    """The whole number that a number or text equals; None for anything else."""
    if isinstance(value, str) and not NUMBER.fullmatch(value):
        return None
    number = float(str(value))
    return int(number) if number.is_integer() and abs(number) <= LARGEST else None


def _written_as_fractions(values: Sequence[object], nothing: frozenset[str]) -> bool:
    """Whether all texts are numbers, apart from words for no label, and one has more than digits."""
    texts = {str(value) for value in values if value is not None}
    numbers = {text for text in texts if not (means_nothing(text) or fold(text) in {"", *nothing})}
    return all(map(NUMBER.fullmatch, numbers)) and not all(map(WHOLE.fullmatch, numbers))


def _stored_as(values: Sequence[object], column: str) -> dict[str, StoredLabel]:
    """label -> the form in which it is written most often. Raises DataError for measurements, which are not classes."""
    forms: dict[str, Counter[tuple[type, StoredLabel]]] = {}
    for row, value in enumerate(values):
        if not isinstance(value, str | int | float) or value != value:
            continue
        number = whole(value)
        if number is None and not (isinstance(value, str) and not NUMBER.fullmatch(value)):
            wrong = "too large for classes" if abs(float(value)) > LARGEST else "not whole"
            raise DataError(
                f"column {column!r} holds numbers that are {wrong} (row {row}: {value!s:.60}). Classes are words or "
                "whole numbers: name another column, or store which class each number belongs to."
            )
        # 1 and 1.0 are equal, but must be written back as they were.
        forms.setdefault(str(value) if number is None else str(number), Counter())[type(value), value] += 1
    return {label: counts.most_common(1)[0][0][1] for label, counts in forms.items()}


def _checked_numbers(values: Sequence[object], class_names: tuple[str, ...], column: str) -> tuple[str, ...]:
    for row, value in enumerate(values):
        if isinstance(value, int) and not -1 <= value < len(class_names):
            raise DataError(f"column {column!r}, row {row}: {value} is not one of {len(class_names)} classes.")
    return class_names
