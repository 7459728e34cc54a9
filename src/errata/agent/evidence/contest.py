"""Contest: the given label against its strongest challenger, held only where it can still change the outcome."""

from __future__ import annotations

from errata.tools.inference.candidates import NOBODY
from errata.tools.inference.posterior import Posteriors
from errata.tools.inference.suspects import CLEARLY_RIGHT


def rivals(table: Posteriors, idx: int) -> tuple[str, str] | None:
    """The given label and the one to hold against it; None where the given one clearly holds, or nothing stands
    against it."""
    if table.given_N[idx] == NOBODY or table.given_holds_N[idx] >= CLEARLY_RIGHT:
        return None
    best = table.cand_NC[idx, table.best_other_N[idx]]
    names = table.space.names
    return None if best == NOBODY else (names[table.given_N[idx]], names[best])
