"""Contest: the given label against its strongest challenger, held only where it can still change the outcome."""

from __future__ import annotations

from errata.tools.inference.candidates import NOBODY
from errata.tools.inference.posterior import Posteriors
from errata.tools.inference.suspects import CLEARLY_RIGHT


def challenger(table: Posteriors, idx: int) -> str | None:
    """The label to hold against the given one; None where that clearly holds, or nothing stands against it."""
    if table.given_N[idx] == NOBODY or table.given_holds_N[idx] >= CLEARLY_RIGHT:
        return None
    best = table.cand_NC[idx, table.best_other_N[idx]]
    return None if best == NOBODY else table.space.names[best]
