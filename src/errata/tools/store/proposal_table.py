"""The proposals of a run as columns; a Proposal is made on request, since every item has one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from pydantic_core import from_json

from errata.errors import StoreError
from errata.tools.store.database import DAMAGED
from errata.types import Basis, Outcome, Proposal

FIELDS = tuple(field.name for field in fields(Proposal))
EVIDENCE = FIELDS.index("evidence")


class ProposalColumns(NamedTuple):
    """Of what is proposed for each item, that which can be counted: far quicker to read than whole proposals."""

    idx: Sequence[int] = ()
    outcome: Sequence[Outcome | None] = ()
    proposed_label: Sequence[str | None] = ()
    confidence: Sequence[float] = ()
    quality: Sequence[float | None] = ()
    basis: Sequence[Basis] = ()


class ProposalTable(Mapping[int, Proposal]):
    """idx -> what is proposed for the item."""

    def __init__(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """``rows``: values of FIELDS, evidence as JSON, one for each item, by idx."""
        self._rows = rows
        self._place = {row[0]: n for n, row in enumerate(rows)}

    def __getitem__(self, idx: int) -> Proposal:
        row = self._rows[self._place[idx]]
        try:
            evidence = tuple(from_json(row[EVIDENCE]))
        except (ValueError, TypeError) as error:
            raise StoreError(f"The evidence of item {idx} in the run's store is damaged: {error}. {DAMAGED}") from None
        values: tuple[Any, ...] = (*row[:EVIDENCE], evidence, *row[EVIDENCE + 1 :])
        return Proposal(*values)

    def __iter__(self) -> Iterator[int]:
        return iter(self._place)

    def __len__(self) -> int:
        return len(self._rows)
