"""The user's data as roles see it, opened only when a role reads it: looking at a run needs no data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from errata.agent.run.workspace import Workspace
from errata.tools.data.left_out import LeftOut
from errata.types import Item


@dataclass(frozen=True)
class Source:
    """Implements ``Content`` of a View."""

    workspace: Workspace

    @property
    def modality(self) -> Literal["text", "image"]:
        return self.workspace.dataset.modality

    @property
    def left_out(self) -> LeftOut:
        return self.workspace.dataset.left_out

    @property
    def remarks(self) -> tuple[str, ...]:
        return self.workspace.dataset.remarks

    def each(self, rows: Sequence[int]) -> Iterator[Item]:
        return self.workspace.each(rows)

    def texts(self, rows: Sequence[int]) -> list[str | None]:
        return self.workspace.texts_of(rows)
