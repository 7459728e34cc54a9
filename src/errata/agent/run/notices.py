"""Lines for the person beside a command's own output: which run was taken, what will lapse, what was left out."""

from __future__ import annotations

import sys
from collections.abc import Callable

from errata.tools.visible import one_line

Tell = Callable[[str], None]


def tell(line: str) -> None:
    sys.stderr.write(f"errata: {one_line(line)}\n")
    sys.stderr.flush()
