"""Votes as people keep them: lists in a column, one column for each annotator, or a table of its own."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from errata.errors import DataError, SetupError, nearest
from errata.settings import is_votes_file
from errata.tools.data.formats import read_table
from errata.tools.data.table import Table

UNKNOWN = "(unknown)"
"""Stands for all annotators whose name is not known: their votes count as those of one."""
HEADS = {
    "item": ("item_id", "item", "id", "task"),
    "annotator": ("annotator", "annotator_id", "worker", "worker_id", "coder", "rater"),
    "label": ("label", "vote", "answer"),
}
"""What the columns of a table of votes, or the keys of a vote, may be called."""


class Ballot(NamedTuple):
    """One vote as it is stored: on the item in this row of the data."""

    row: int
    annotator: str
    value: object

    @property
    def place(self) -> str:
        return f"row {self.row}, annotator {self.annotator!r}"


@dataclass(frozen=True, slots=True)
class Ballots:
    """The votes in order, those of each annotator as they were given. ``class_names``: those of numbered classes;
    ``of_text``: the format has no other type. ``remarks``: lines that a person should read first."""

    cast: tuple[Ballot, ...]
    class_names: tuple[str, ...] | None = None
    of_text: bool = False
    remarks: tuple[str, ...] = ()


def read_ballots(
    table: Table,
    columns: Sequence[str],
    item_ids: Sequence[str],
    annotators: str | None = None,
    separator: str | None = None,
) -> Ballots:
    """The votes in ``columns``: one that holds lists, several that each hold one annotator's votes, or a file.

    ``annotators``: a column with the names, in the order of the votes of its row. ``separator``: what stands between
    the votes in text. Raises DataError, naming the row, for votes that cannot be read, for one annotator's two votes on
    one item, and for votes on items that are not there.
    """
    first, *others = columns
    class_names, of_text = None, table.format == "csv"
    if is_votes_file(first) or any(map(is_votes_file, others)):
        if others or annotators:
            raise SetupError("A file of votes holds them all, and who gave them: name it alone (--votes FILE).")
        cast, of_text = _of_file(Path(first), item_ids)
    elif others:
        if annotators:
            raise SetupError("Each column of votes is one annotator's, so --annotators has nothing to name: drop it.")
        cast = [Ballot(row, name, value) for name in columns for row, value in enumerate(table.cells(name))]
        class_names = table.class_names(first)
    else:
        names = None if annotators is None else _lists(table, annotators, separator)
        cast = list(_of_lists(_lists(table, first, separator), names, first))
    known = tuple(one for one in cast if not _is_nothing(one.value))
    _check(known, columns)
    return Ballots(known, class_names, of_text, tuple(_remarks(known, len(table))))


def _lists(table: Table, column: str, separator: str | None) -> list[Sequence[object]]:
    return [_as_list(value, column, row, separator) for row, value in enumerate(table.cells(column))]


def _as_list(value: object, column: str, row: int, separator: str | None) -> Sequence[object]:
    if value is None:
        return ()
    if isinstance(value, str) and separator is not None:
        return [word.strip() for word in value.split(separator.strip() or separator)]
    found = _json_list(value) if isinstance(value, str) else value
    if isinstance(found, list | tuple):
        return found
    raise DataError(
        f"column {column!r}, row {row}, holds {value!r:.60}, which is no list. Pass --separator CHAR for what stands "
        "between the votes, repeat --votes COL for each annotator's own column, or name a file of votes."
    )


def _json_list(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _of_lists(
    votes: Sequence[Sequence[object]], names: Sequence[Sequence[object]] | None, column: str
) -> Iterator[Ballot]:
    for row, values in enumerate(votes):
        if names is not None and len(names[row]) != len(values):
            raise DataError(f"row {row} has {len(values)} votes by {len(names[row])} annotators. Name one for each.")
        for n, value in enumerate(values):
            if isinstance(value, Mapping):
                yield Ballot(row, _name(_of(value, "annotator", column, row)), _of(value, "label", column, row))
            else:
                yield Ballot(row, _name(None if names is None else names[row][n]), value)


def _of(vote: Mapping[str, object], head: str, column: str, row: int) -> object:
    key = _head(list(vote), head)
    if key is None:
        raise DataError(f"column {column!r}, row {row}: the vote {dict(vote)!r:.60} has no {head}. Give it one.")
    return vote[key]


def _name(value: object) -> str:
    return UNKNOWN if _is_nothing(value) else str(value).strip()


def _is_nothing(value: object) -> bool:
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def _head(names: Iterable[str], head: str) -> str | None:
    """The name among these that means the item, the annotator, or the label."""
    by_form = {name.strip().casefold(): name for name in reversed(list(names))}
    return next((by_form[form] for form in HEADS[head] if form in by_form), None)


def _of_file(path: Path, item_ids: Sequence[str]) -> tuple[list[Ballot], bool]:
    if not path.is_file():
        raise SetupError(f"There is no file {path}. --votes takes columns, or a table of votes.")
    table = read_table(path)
    heads = {head: _head(table.names, head) for head in HEADS}
    missing = [head for head, name in heads.items() if name is None]
    if missing:
        raise DataError(
            f"{path} has no column for the {missing[0]} of a vote: it needs item_id, annotator, and label, and has "
            f"{', '.join(table.names)}."
        )
    items, annotators, labels = (table.cells(str(name)) for name in heads.values())
    row_of = {item_id: row for row, item_id in enumerate(item_ids)}
    cast = []
    for n, (item, annotator, label) in enumerate(zip(items, annotators, labels, strict=True)):
        if str(item) not in row_of:
            raise DataError(
                f"{path}, row {n}: the data has no item {str(item)!r}{nearest(str(item), item_ids)}. "
                "Which column holds the items' ids? Pass --id COL."
            )
        cast.append(Ballot(row_of[str(item)], _name(annotator), label))
    return cast, table.format == "csv"


def _check(cast: Sequence[Ballot], columns: Sequence[str]) -> None:
    if not cast:
        raise DataError(f"there is no vote in {', '.join(columns)}: name the columns that hold them.")
    wrong = next((one for one in cast if not isinstance(one.value, str | int | float)), None)
    if wrong is not None:
        raise DataError(f"{wrong.place}: the vote {wrong.value!r:.60} is no label. Store words or numbers.")
    times = Counter((one.row, one.annotator) for one in cast if one.annotator != UNKNOWN)
    twice = next(((row, name) for (row, name), n in times.items() if n > 1), None)
    if twice is not None:
        votes = ", ".join(repr(one.value) for one in cast if (one.row, one.annotator) == twice)
        count = sum(n > 1 for n in times.values())
        raise DataError(
            f"row {twice[0]}: annotator {twice[1]!r} voted more than once ({votes}; {count:,} such cases). "
            "Keep one vote of each annotator on each item."
        )


def _remarks(cast: Sequence[Ballot], rows: int) -> Iterator[str]:
    per_row = Counter(one.row for one in cast)
    if len(per_row) < rows:
        yield f"{rows - len(per_row):,} of {rows:,} rows have no vote."
    if max(per_row.values()) < 2:
        yield "No row has two votes: how far annotators agree cannot be measured."
    unknown = sum(one.annotator == UNKNOWN for one in cast)
    if unknown == len(cast):
        yield "Nobody knows who gave the votes, so all count the same. Pass --annotators COL for their names."
    elif unknown:
        yield f"{unknown:,} of {len(cast):,} votes do not say whose they are: they count as those of one annotator."
