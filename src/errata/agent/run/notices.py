"""What the person beside a command is shown while it works: lines beside its output, and how far it is."""

from __future__ import annotations

import sys
from collections.abc import Callable

from errata.tools.visible import one_line

Notify = Callable[[str], None]
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and of how many."""


def print_notice(line: str) -> None:
    """Which run was taken, what will lapse, what was left out."""
    sys.stderr.write(f"errata: {one_line(line)}\n")
    sys.stderr.flush()


def no_progress(step: str, done: int, total: int) -> None:
    """The Progress where none is shown."""
