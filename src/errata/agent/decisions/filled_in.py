"""What a sheet that a person filled in says, whichever sheet it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from errata.agent.decisions.values import as_text
from errata.tools.data.plain import Plain, plain
from errata.tools.data.table import Table
from errata.types import Answer

ANSWERS: Mapping[str, Answer] = {answer: answer for answer in get_args(Answer)}


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a sheet says. ``sha256``: of the file. ``changed`` and ``kept`` decide on a label other than the given one,
    or on that one; ``others`` on several, none_of_these, or cannot_tell. ``already`` are recorded as they are in the
    sheet, and ``blank`` rows have no decision. ``not_taken``: item id, and why. ``in_check``: it is the sheet of a
    random check, of which nobody is told what it changes before all is answered."""

    sha256: str
    changed: int
    kept: int
    others: int
    already: int
    blank: int
    not_taken: tuple[tuple[str, str], ...]
    in_check: bool = False

    @property
    def decided(self) -> int:
        """How many decisions are to be recorded, or were."""
        return self.changed + self.kept + self.others

    def as_json(self) -> dict[str, Any]:
        counts = {name: getattr(self, name) for name in ("decided", "changed", "kept", "others", "already", "blank")}
        return counts | {"not_taken": [{"item_id": item, "why": why} for item, why in self.not_taken]}


def cells_of(table: Table, name: str) -> Iterator[str]:
    """A column of a sheet as the words that a person meant."""
    return map(_words, plain(table.cells(name), name))


def _words(value: Plain) -> str:
    """A cell as the word that a person meant: a program may have made a number of it."""
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    return (as_text(whole) or "").strip()
