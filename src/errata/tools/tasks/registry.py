"""Tasks by name: errata's own and those of other packages (entry points of ``errata.tasks``)."""

from __future__ import annotations

import shlex
from collections import Counter

from errata.errors import DataError
from errata.tools.plugins import named
from errata.tools.tasks.task import Column, LabelOptions, Task

GROUP = "errata.tasks"
SEPARATORS, FEWEST, LONGEST = "|;,", 2, 40
"""Marks of one cell are recognized by so many different cells whose parts, of at most so many characters, all occur in
other cells too."""


def task_of(column: Column, options: LabelOptions) -> Task:
    """The task of a column whose user named none: marks if a separator was named or its values are lists, ordered
    labels if an order was."""
    first = next((value for value in column.values if value is not None), None)
    if options.separator is not None or isinstance(first, list | tuple):
        return task_named("multi")
    if options.order:
        return task_named("ordered")
    _refuse_what_may_be_marks(column)
    return task_named("single")


def _refuse_what_may_be_marks(column: Column) -> None:
    """DataError if labels look like several in one cell: only the user can say what they are."""
    labels = {value for value in column.values if isinstance(value, str)}
    for separator in SEPARATORS:
        parts = {label: [part.strip() for part in label.split(separator)] for label in labels}
        times = Counter(part for of_label in parts.values() for part in set(of_label))
        several = [of for label, of in parts.items() if len(of) > 1 and all(of) and max(map(len, of)) <= LONGEST]
        again = [of for of in several if all(times[part] > 1 for part in of)]
        if len(again) >= FEWEST and 2 * len(again) >= len(several):
            example = next(label for label, of in parts.items() if of == again[0])
            raise DataError(
                f"column {column.name!r} holds labels such as {example!r}, which may be several marks in one cell. "
                f"If they are, pass --separator {shlex.quote(separator)}; if each is one label, pass --task single."
            )


def task_named(name: str) -> Task:
    """SetupError, suggesting the nearest name, if there is no such task."""
    return named(GROUP, Task, name)
