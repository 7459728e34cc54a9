"""What the person beside a command is shown while it works: lines beside its output, and how far it is."""

from __future__ import annotations

import sys
from collections.abc import Callable

from errata.tools.visible import one_line

Tell = Callable[[str], None]
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and of how many."""


def tell(line: str) -> None:
    """Which run was taken, what will lapse, what was left out."""
    sys.stderr.write(f"errata: {one_line(line)}\n")
    sys.stderr.flush()


def show_nothing(step: str, done: int, total: int) -> None:
    """The Progress of whoever shows none."""
