"""Tasks by name: errata's own and those of other packages (entry points of ``errata.tasks``)."""

from __future__ import annotations

from errata.tools.plugins import named
from errata.tools.tasks.task import Column, LabelOptions, Task

GROUP = "errata.tasks"


def task_of(column: Column, options: LabelOptions) -> Task:
    """The task of a column whose user named none: marks if a separator was named or its values are lists, ordered
    labels if an order was."""
    first = next((value for value in column.values if value is not None), None)
    if options.separator is not None or isinstance(first, list | tuple):
        return task_named("multi")
    return task_named("ordered" if options.order else "single")


def task_named(name: str) -> Task:
    """SetupError, suggesting the nearest name, if there is no such task."""
    return named(GROUP, Task, name)
