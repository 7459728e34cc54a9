"""The papers that errata was begun with, and what it takes from each: the rows of docs/methods.md."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal, NamedTuple

Runs = Literal["default", "option", "python", "rule", "later", "dropped"]
"""When it runs: always, where an option of ``errata run`` asks for it, as a function that no command calls yet, as a
rule that other code keeps; or it is not built yet, or was tried and left out."""


class Paper(NamedTuple):
    """``takes``: what errata has of it (of what is not built: what it would have). ``test`` is ``path::name``; it is
    empty where nothing is built. ``measured`` names figures of ``measured.figures`` in braces."""

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
"""Those with something to build, test or guard."""

NOTHING_TO_BUILD: dict[int, str] = {int(number): title for number, title in _READ["nothing_to_build"].items()}
