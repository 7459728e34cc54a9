"""How likely each label of an item is, as one cell of a table."""

from __future__ import annotations

import json

from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.workspace import Workspace
from errata.errors import SetupError
from errata.types import CANNOT_TELL, NONE_OF_THESE, SEVERAL, Posterior

DIGITS = 4
PASSED_ON = "passed_on"


def distributions(workspace: Workspace) -> list[str]:
    """For each row, as JSON: label -> its probability by all evidence, or 1 for what a person decided. ``several`` and
    ``none_of_these`` stand among the labels. SetupError before a scan, and where rows have several labels."""
    if not workspace.task.of_items:
        raise SetupError("--distribution is one value for each row, and here a row has several labels: leave it out.")
    snapshot = Snapshot.of(workspace)
    table, decisions = snapshot.view.posterior, snapshot.decisions
    found = []
    for row in snapshot.rows:
        decision = decisions.get(row.idx)
        if decision is None or decision.answer in (CANNOT_TELL, PASSED_ON):
            shares = _shares(table.item(row.idx))
        else:
            shares = {decision.label or decision.answer: 1.0}
        found.append(json.dumps(shares, ensure_ascii=False))
    return found


def _shares(posterior: Posterior) -> dict[str, float]:
    """Likeliest first, without what rounds to 0."""
    every = {**posterior.labels, SEVERAL: posterior.several, NONE_OF_THESE: posterior.none_of_these}
    rounded = {label: round(share, DIGITS) for label, share in every.items()}
    return dict(sorted(((label, share) for label, share in rounded.items() if share), key=lambda one: -one[1]))
