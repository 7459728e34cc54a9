"""What the annotations of a dataset are: how labels are read, what can be wrong with them, how a change is written.

A *cell* is what the label column holds for one row, as one word: for single labels the label itself. A task takes cells
apart into annotations, each at a place of its item, and puts changed annotations back into cells.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol

from errata.tools.data.table import StoredLabel
from errata.tools.features.part_vectors import PartVectors
from errata.types import F32, ITEM, Bool, Item, LabelSpace, Place


class Codec(Protocol):
    """How a label column stores its cells."""

    def label(self, value: object) -> str | None:
        """The cell of a stored value; None if nothing is labeled."""
        ...

    def stored(self, label: str | None) -> StoredLabel:
        """The stored value of a cell. Raises DataError if the column cannot hold it."""
        ...


@dataclass(frozen=True, slots=True)
class Column:
    """A label column as it was read. ``class_names`` are those of a column of class numbers; ``of_text``: the format
    has no other type. ``places``: where each value stands, in words, if not one in each row."""

    name: str
    values: Sequence[object]
    class_names: tuple[str, ...] | None = None
    of_text: bool = False
    places: Sequence[str] | None = None

    def place(self, number: int) -> str:
        """Where a value stands, in words."""
        return f"row {number}" if self.places is None else self.places[number]


@dataclass(frozen=True, slots=True)
class LabelOptions:
    """What the user said about the labels. ``no_label``: words that mean "no label"; ``many_labels``: most rows may
    have their own; ``file``: labels.toml; ``allow_one_label``: a patch may have left a single one; ``separator``: what
    stands between the marks of one cell; ``order``: the labels from the least to the most; ``hierarchy``: what stands
    between the nodes where a label is a path in a tree."""

    no_label: Sequence[str] = ()
    many_labels: bool = False
    file: Path | None = None
    allow_one_label: bool = False
    separator: str | None = None
    order: tuple[str, ...] = ()
    hierarchy: str | None = None


@dataclass(frozen=True, slots=True)
class Labels:
    """N cells, how they are stored, and the label space of the annotations in them. ``remarks``: lines that a person
    should read first."""

    cells: tuple[str | None, ...]
    codec: Codec
    space: LabelSpace
    remarks: tuple[str, ...] = ()


class Annotation(NamedTuple):
    """One label at one place of the item in this row."""

    row: int
    place: Place
    given: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a task's own scan found. ``more``: annotations that the data lacks, because they seem to be missing, or to
    show that they are not; they come after the given ones. ``probs_AK`` f32[A, K]: p(label | content and all that is
    labeled) of the given ones, then of ``more``; rows sum to 1."""

    more: tuple[Annotation, ...]
    probs_AK: F32


@dataclass(frozen=True, slots=True)
class Vectors:
    """The features of N items: of all that is looked at together, f32[N, D], and of each of their parts."""

    all_ND: F32
    parts: tuple[PartVectors, ...] = ()


class Task(ABC):
    """One kind of annotations. Other packages offer an instance as an entry point of the group ``errata.tasks``.

    ``adds`` says in one line what such data holds. ``protocols``: what judges are asked unless the user says otherwise.
    """

    name: ClassVar[str]
    adds: ClassVar[str]
    protocols: ClassVar[tuple[str, ...]] = ("blind_choice", "contest", "steering")
    asked_as: ClassVar[str] = "single"
    """Which kind of annotations these are to a judging protocol (``JudgingProtocol.tasks``)."""
    detectors: ClassVar[tuple[str, ...]] = ()
    """Which to run unless the user says otherwise; none: those that are on by default."""
    of_items: ClassVar[bool] = True
    """Whether each item has exactly one annotation."""
    into: ClassVar[str] = "adjudicated"
    """The new column that changes are written into where no column of the data holds the labels."""
    ordered: ClassVar[bool] = False
    """Whether the labels have an order, that of the label space."""
    own_scan: ClassVar[bool] = False
    """Whether ``scan`` gives the probabilities; the default detectors do not tell wrong labels from right ones then."""
    needs_labels: ClassVar[bool] = True
    """Whether a column of the data must hold the labels."""
    says: ClassVar[str] = "a model trained on the other labels says"
    """What the scan's probabilities are, before the label that they favor."""

    @abstractmethod
    def read(self, column: Column, options: LabelOptions) -> Labels:
        """Raises DataError, naming the row, for a column that does not hold such labels."""

    def annotations(self, cells: Sequence[str | None]) -> list[Annotation]:
        """The annotations in these cells, in order; by default each cell is one, about the item itself."""
        return [Annotation(row, ITEM, cell) for row, cell in enumerate(cells)]

    def used(self, cells: Sequence[str | None], space: LabelSpace) -> set[str | None]:
        """The names that occur in these cells."""
        return {space.canonical(cell) for cell in cells}

    def given(self, cell: str | None, place: Place) -> str | None:
        """The label that a cell has at a place. KeyError if there is no such place."""
        if place != ITEM:
            raise KeyError(place)
        return cell

    def merged(self, cell: str | None, new: Mapping[Place, str | None]) -> str | None:
        """The cell with new labels at these places."""
        return new[ITEM]

    def made_wrong(self, item: Item, other: Item) -> tuple[Item, str] | None:
        """An item made of two, with the label that it should have, where the data's own labels are all the same: on
        such items a judge shows that it does not say yes to everything."""
        return None

    def distances(self, space: LabelSpace) -> F32 | None:
        """f32[K, K]: how far apart labels are, 1 for an ordinary mistake; None if one mistake is as bad as another."""
        return None

    def labeled(self) -> Task:
        """The task of data in which a column holds the labels, if it also goes without."""
        return self

    def check_parts(self, texts: Sequence[str], images: Sequence[str]) -> None:  # noqa: B027
        """Raises SetupError if items of these parts cannot be labeled so; most can."""

    def asks(self, texts: Sequence[str], images: Sequence[str]) -> tuple[str, ...]:
        """The protocols for items of these parts, unless the user names others."""
        return self.protocols

    def scan(self, vectors: Vectors, cells: Sequence[str | None], readable_N: Bool) -> Found:
        """The task's own scan, if it has one (``own_scan``)."""
        raise NotImplementedError
