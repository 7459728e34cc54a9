"""What stands behind the changes that a rule made: a random check of that rule, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from errata import words
from errata.agent.evidence.checked import checked, of_unseen
from errata.agent.evidence.snapshot import Snapshot
from errata.tools.store.checks import RandomCheck
from errata.types import Decision

NO_CHECK = "no check was made"


@dataclass(frozen=True, slots=True)
class Ruled:
    """``changes`` that one rule made, and the ``checks`` behind them in words."""

    where: str
    changes: int
    checks: str

    @property
    def sentence(self) -> str:
        return f"{self.changes:,} change{'s' * (self.changes != 1)} by {words.rule(self.where)}: {self.checks}"


def ruled(snapshot: Snapshot) -> tuple[Ruled, ...]:
    """For each rule whose decisions change labels: how many, and what a random check of it says of them. The rule that
    was accepted first comes first."""
    made: dict[int, list[tuple[int, Decision]]] = {}
    for row in snapshot.rows if snapshot.decisions else ():
        decision = snapshot.decisions.get(row.idx)
        if decision is not None and decision.looked == "rule" and decision.changes_label and not row.protected:
            made.setdefault(decision.rule, []).append((row.idx, decision))
    where = {event.seq: str(event.body["where"]) for event in snapshot.workspace.store.events.read("rule")}
    return tuple(
        Ruled(where.get(rule, "(of an earlier version)"), len(by), _behind(snapshot, where.get(rule), rule, by))
        for rule, by in sorted(made.items())
    )


def _behind(snapshot: Snapshot, where: str | None, rule: int, made: Sequence[tuple[int, Decision]]) -> str:
    """The last check of just this rule that was drawn before it was accepted, and what it says of what it made. The
    check's upper limit on the wrong ones holds for any part of what it was drawn from."""
    check = next((c for c in reversed(snapshot.checks) if c.draw.where == where and c.event < rule), None)
    if check is None:
        return NO_CHECK
    unseen = _unseen(check, made)
    if not unseen:
        return NO_CHECK
    found = checked(check, snapshot)
    told = f"{of_unseen(found, unseen)}, from a random check of {found.sample:,}"
    told += f", {check.left:,} of them not answered" * bool(check.left)
    return told + f"; of the other {len(made) - unseen:,}, {NO_CHECK}" * (unseen < len(made))


def _unseen(check: RandomCheck, made: Sequence[tuple[int, Decision]]) -> int:
    """How many of these the check was drawn from as they were accepted, and did not draw."""
    drawn = set(check.draw.sample)
    return sum(
        check.proposed(idx) == (decision.answer, decision.label) and decision.spot not in drawn
        for idx, decision in made
    )
