"""Marks: an item has any number of labels. Each mark is an annotation, and so is each that seems to be missing.

The place of an annotation is the name of its mark, and its label says whether the item is marked with it. What is not
marked is unknown rather than absent: only marks that the other items' marks speak for become annotations.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from errata.errors import DataError
from errata.tools.data.label_file import read_label_space
from errata.tools.data.label_space import check_classes, check_encodable, check_used
from errata.tools.data.spelling import alike, fold
from errata.tools.data.table import StoredLabel
from errata.tools.detectors.tasks.multi_label import true_probs
from errata.tools.tasks.task import Annotation, Column, Found, LabelOptions, Labels, Task, Vectors
from errata.types import F32, Bool, Int, LabelSpace, Place

MARKED, UNMARKED = "marked", "not marked"
NAMES = (MARKED, UNMARKED)
LIKELY = 0.25
"""A mark is missing, as far as anybody should look, if it holds with at least this probability."""
ABSENT = 200
"""So many of the marks that items do not have, and should not, become annotations too: on them a judge can show that it
does not see every mark everywhere."""


@dataclass(frozen=True, slots=True)
class MarksCodec:
    """How a column stores the marks of a row: as a list, of names or of class numbers; as text with a ``separator``
    between them; or as a JSON list in text. A missing list says nothing of any mark; an empty text, of which CSV has no
    other form, that there is none. A cell is a JSON list of names, in the stored order."""

    form: Literal["list", "text", "json"]
    separator: str = ""
    class_names: tuple[str, ...] = ()
    no_label: frozenset[str] = frozenset()

    def label(self, value: object) -> str | None:
        if value is None and self.form == "list":
            return None
        return json.dumps([] if value is None else self._marks(value), ensure_ascii=False)

    def stored(self, label: str | None) -> StoredLabel:
        if label is None:
            return None
        marks = marks_of(label)
        if self.form == "text":
            return self._joined(marks)
        if self.form == "json":
            return label
        if not self.class_names:
            return marks
        for mark in marks:
            if mark not in self.class_names:
                raise DataError(f"{mark!r} is not a class of the label column.")
        return [self.class_names.index(mark) for mark in marks]

    def _marks(self, value: object) -> list[str]:
        if self.form == "text":
            words = [word.strip() for word in str(value).split(self.separator.strip() or self.separator)]
        elif self.form == "json":
            words = [str(word) for word in json.loads(str(value))]
        else:
            stored: Sequence[Any] = value if isinstance(value, list | tuple) else [value]
            words = [self.class_names[word] if self.class_names else str(word) for word in stored]
        return list(dict.fromkeys(word for word in words if fold(word) not in {"", *self.no_label}))

    def _joined(self, marks: Sequence[str]) -> str:
        for mark in marks:
            if (self.separator.strip() or self.separator) in mark:
                raise DataError(f"the mark {mark!r} holds the separator {self.separator!r}: it cannot be written.")
        return self.separator.join(marks)


class Multi(Task):
    name = "multi"
    adds = "any number of marks for each item"
    protocols: ClassVar[tuple[str, ...]] = ("holds",)
    asked_as: ClassVar[str] = "multi"
    detectors: ClassVar[tuple[str, ...]] = ("marks",)
    of_items: ClassVar[bool] = False
    own_scan: ClassVar[bool] = True

    def read(self, column: Column, options: LabelOptions) -> Labels:
        codec = _codec(column, options)
        cells = tuple(map(codec.label, column.values))
        counts = Counter(mark for cell in cells if cell is not None for mark in marks_of(cell))
        if not options.allow_one_label:
            check_used(counts, f"column {column.name!r} is marked with")
        for mark in counts:
            check_encodable(mark, f"a mark in column {column.name!r}")
        if not (options.many_labels or options.file or options.allow_one_label):
            check_classes(counts.elements(), column.name)
        if options.file:
            listed = read_label_space(options.file, list(counts))
            space = LabelSpace(NAMES, listed.definitions, task=self.name, marks=listed.names)
        else:
            space = LabelSpace(NAMES, task=self.name, marks=tuple(sorted(counts)))
        return Labels(cells, codec, space, tuple(_remarks(counts, cells)))

    def annotations(self, cells: Sequence[str | None]) -> list[Annotation]:
        known = enumerate(cells)
        return [Annotation(row, mark, MARKED) for row, cell in known if cell is not None for mark in marks_of(cell)]

    def used(self, cells: Sequence[str | None], space: LabelSpace) -> set[str | None]:
        return {mark for cell in cells if cell is not None for mark in marks_of(cell)}

    def given(self, cell: str | None, place: Place) -> str | None:
        if not place:
            raise KeyError(place)
        return None if cell is None else MARKED if place in marks_of(cell) else UNMARKED

    def merged(self, cell: str | None, new: Mapping[Place, str | None]) -> str | None:
        marks = [mark for mark in marks_of(cell or "[]") if new.get(mark, MARKED) == MARKED]
        marks += [mark for mark, label in new.items() if label == MARKED and mark not in marks]
        return json.dumps(marks, ensure_ascii=False)

    def scan(self, vectors: Vectors, cells: Sequence[str | None], readable_N: Bool) -> Found:
        """Rows without any marks column value (null) are unknown in all marks, and not learned from."""
        of_row = [None if cell is None else marks_of(cell) for cell in cells]
        rows = np.flatnonzero(readable_N & np.array([marks is not None for marks in of_row], bool))
        names = sorted({mark for marks in of_row if marks is not None for mark in marks})
        column = {name: k for k, name in enumerate(names)}
        marked_nK = np.zeros((len(rows), len(names)), bool)
        for n, row in enumerate(rows):
            marked_nK[n, [column[mark] for mark in of_row[row] or ()]] = True
        true_nK = true_probs(vectors.all_ND[rows], marked_nK)
        place_n = {int(row): n for n, row in enumerate(rows)}
        given = [(place_n.get(one.row), column[one.place]) for one in self.annotations(cells)]
        given_A = np.array([0.5 if n is None else true_nK[n, k] for n, k in given], np.float32)
        more = _unmarked(true_nK, marked_nK)
        missing = tuple(Annotation(int(rows[n]), names[k], UNMARKED) for n, k in more)
        true_A = np.concatenate([given_A, true_nK[more[:, 0], more[:, 1]]])
        return Found(missing, np.stack([true_A, 1 - true_A], axis=1).astype(np.float32))


def _unmarked(true_nK: F32, marked_nK: Bool) -> Int:
    """int[M, 2], rows and columns in order: the marks that may be missing, and some of the others."""
    likely_nK = ~marked_nK & (true_nK >= LIKELY)
    absent = np.flatnonzero(~marked_nK & ~likely_nK)
    drawn = np.random.default_rng(0).choice(absent, min(ABSENT, len(absent)), replace=False)
    more: Int = np.argwhere(likely_nK | np.isin(np.arange(true_nK.size), drawn).reshape(true_nK.shape))
    return more


def marks_of(cell: str) -> list[str]:
    """The marks in a cell, in the stored order."""
    marks: list[str] = json.loads(cell)
    return marks


def _codec(column: Column, options: LabelOptions) -> MarksCodec:
    nothing = frozenset(map(fold, options.no_label))
    values = [(row, value) for row, value in enumerate(column.values) if value is not None]
    lists = [isinstance(value, list | tuple) for _, value in values]
    if values and all(lists):
        _check_lists(values, column)
        return MarksCodec("list", class_names=column.class_names or (), no_label=nothing)
    wrong = next(((row, value) for row, value in values if not isinstance(value, str)), None)
    if wrong is not None:
        row, value = wrong
        raise DataError(
            f"column {column.name!r}, row {row}, holds {value!r:.60}, which is no list of marks. Store lists, or text "
            "with a separator between the marks (--separator CHAR)."
        )
    if options.separator is not None:
        texts = [str(value) for _, value in values]
        return MarksCodec("text", _as_written(options.separator, texts), no_label=nothing)
    for row, value in values:
        if not _is_json_list(str(value)):
            raise DataError(
                f"column {column.name!r}, row {row}, holds {value!r:.60}, which is no list of marks. What stands "
                "between the marks? Pass --separator CHAR."
            )
    return MarksCodec("json", no_label=nothing)


def _check_lists(values: Iterable[tuple[int, Any]], column: Column) -> None:
    numbers = column.class_names is not None
    for row, marks in values:
        for mark in marks:
            fits = isinstance(mark, int) if numbers else isinstance(mark, str | int) and not isinstance(mark, bool)
            if not fits:
                raise DataError(f"column {column.name!r}, row {row}: the mark {mark!r:.60} is no name. Store names.")
            if column.class_names is not None and not 0 <= int(mark) < len(column.class_names):
                raise DataError(f"column {column.name!r}, row {row}: {mark} is not one of its classes.")


def _as_written(separator: str, texts: Sequence[str]) -> str:
    """The separator with the blanks that usually stand around it."""
    if not separator.strip():
        return separator
    around = re.compile(rf"[ \t]*{re.escape(separator.strip())}[ \t]*")
    found = Counter(match[0] for text in texts for match in around.finditer(text))
    return found.most_common(1)[0][0] if found else separator


def _is_json_list(text: str) -> bool:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, list) and all(isinstance(mark, str | int) for mark in found)


def _remarks(counts: Mapping[str, int], cells: Sequence[str | None]) -> Iterable[str]:
    same = alike(counts)
    if same:
        one, other = next(iter(same.items()))
        yield f"{one!r} and {other!r} differ only in case or blanks, and are two marks here ({len(same)} such marks)."
    unmarked = sum(cell is None for cell in cells)
    if unmarked:
        yield f"{unmarked:,} of {len(cells):,} rows have no value: none of their marks is known."


TASK = Multi()
