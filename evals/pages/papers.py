"""The papers that errata started from, and what it takes from each: the rows of docs/methods.md."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal, NamedTuple

Runs = Literal["default", "option", "python", "rule", "later", "dropped"]
"""When it runs: always; if an option of ``errata run`` asks for it; as a function that no command calls yet; as a rule
that other code follows; or it is not built yet, or was tried and dropped."""


class Paper(NamedTuple):
    """``takes``: what errata uses of it (if not built: what it would use). ``test`` is ``path::name``, empty if nothing
    is built. ``measured`` names figures of ``measured.figures`` in braces."""

    number: int
    title: str
    system: str
    kind: str
    takes: str
    file: str = ""
    test: str = ""
    runs: Runs = "later"
    measured: str = ""


_READ = tomllib.loads((Path(__file__).parent / "papers.toml").read_text(encoding="utf-8"))

PAPERS = tuple(Paper(**row) for row in _READ["paper"])
"""Those with something to build, test, or guard against."""

NOTHING_TO_BUILD: dict[int, str] = {int(number): title for number, title in _READ["nothing_to_build"].items()}
