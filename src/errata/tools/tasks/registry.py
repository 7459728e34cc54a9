"""Tasks by name: errata's own and those of other packages (entry points of ``errata.tasks``)."""

from __future__ import annotations

from errata.tools.plugins import named
from errata.tools.tasks.task import Task

GROUP = "errata.tasks"


def task_named(name: str) -> Task:
    """SetupError, suggesting the nearest name, if there is no such task."""
    return named(GROUP, Task, name)
