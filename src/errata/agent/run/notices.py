"""What a command shows while it works: lines besides its output, and its progress."""

from __future__ import annotations

import sys
from collections.abc import Callable

from errata.tools.visible import one_line

Notify = Callable[[str], None]
Progress = Callable[[str, int, int], None]
"""Called with the current step, how many parts of it are done, and the total."""


def print_notice(line: str) -> None:
    """Prints which run is used, what will lapse, what was left out."""
    sys.stderr.write(f"errata: {one_line(line)}\n")
    sys.stderr.flush()


def no_progress(step: str, done: int, total: int) -> None:
    """The Progress that shows nothing."""
