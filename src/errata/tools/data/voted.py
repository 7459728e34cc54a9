"""Votes in the label space of a dataset, and the labels that they amount to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from errata.errors import DataError, nearest
from errata.tools.data.ballots import Ballots
from errata.tools.data.labels import label_codec
from errata.tools.data.spelling import fold
from errata.tools.data.table import StoredLabel
from errata.tools.tasks.task import Codec, Column, Labels
from errata.types import LabelSpace

if TYPE_CHECKING:
    from errata.tools.detectors.annotators.votes import Votes


@dataclass(frozen=True, slots=True)
class Voted:
    """``annotators``: the names behind the numbers in ``votes``, whose labels are columns of the label space."""

    annotators: tuple[str, ...]
    votes: Votes


class InWords:
    """Labels as the label space names them."""

    def label(self, value: object) -> str | None:
        return None if value is None else str(value)

    def stored(self, label: str | None) -> StoredLabel:
        return label


def column_of(ballots: Ballots, name: str) -> Column:
    """All votes as if they stood in one column, to be read like other labels."""
    return Column(
        name,
        [one.value for one in ballots.cast],
        ballots.class_names,
        of_text=ballots.of_text,
        places=[one.place for one in ballots.cast],
    )


def beside(ballots: Ballots, name: str, no_label: Sequence[str], labels: Labels, rows: int) -> Voted:
    """Votes that stand beside a column of labels. DataError for one that is no label of that column."""
    column = column_of(ballots, name)
    codec = label_codec(column.values, column.class_names, name, of_text=column.of_text, no_label=no_label)
    return _voted(ballots, [codec.label(value) for value in column.values], labels.space, rows)


def instead(ballots: Ballots, labels: Labels, rows: int) -> tuple[Voted, Labels]:
    """Votes without a column of labels: the labels are their consensus. ``labels``: the votes, read as labels."""
    from errata.tools.detectors.annotators.consensus import consensus  # imported late: detectors read data

    voted = _voted(ballots, labels.cells, labels.space, rows)
    names = labels.space.names
    cells = tuple(None if k < 0 else names[k] for k in consensus(voted.votes).tolist())
    return voted, Labels(cells, _codec(labels, ballots), labels.space, labels.remarks)


def _codec(labels: Labels, ballots: Ballots) -> Codec:
    """A new column holds whole numbers if the votes do; class numbers mean nothing without the names beside them."""
    try:
        stored: list[Any] = [labels.codec.stored(name) for name in labels.space.names]
    except DataError:  # the label file calls them something else
        return InWords()
    return InWords() if ballots.class_names or any(isinstance(one, float) for one in stored) else labels.codec


def _voted(ballots: Ballots, words: Sequence[str | None], space: LabelSpace, rows: int) -> Voted:
    from errata.tools.detectors.annotators.votes import Votes

    column_of_word = _columns(space, {word for word in words if word is not None})
    cast = [(one, column_of_word[word]) for one, word in zip(ballots.cast, words, strict=True) if word is not None]
    wrong = next(((one, word) for (one, k), word in zip(cast, filter(None, words), strict=True) if k is None), None)
    if wrong is not None:
        raise DataError(
            f"{wrong[0].place}: the vote {wrong[1]!r} is no label of this data{nearest(wrong[1], space.names)}. "
            "List every label in a labels.toml (--labels), with what the votes call it as a former name: was = [...]."
        )
    names = tuple(sorted({one.annotator for one, _ in cast}))
    number = {name: m for m, name in enumerate(names)}
    votes = Votes.from_triples(
        np.array([one.row for one, _ in cast], np.int64),
        np.array([number[one.annotator] for one, _ in cast], np.int64),
        np.array([k for _, k in cast], np.int64),
        num_items=rows,
        num_annotators=len(names),
        num_classes=len(space.names),
    )
    return Voted(names, votes)


def _columns(space: LabelSpace, words: Iterable[str]) -> dict[str, int | None]:
    """Each word's column in the label space: by its name, its former name, or one that differs only in form."""
    index = space.index()
    index |= {old: index[new] for old, new in space.renames.items()}
    by_form = {fold(name): k for name, k in index.items()}
    return {word: index.get(word, by_form.get(fold(word))) for word in words}
