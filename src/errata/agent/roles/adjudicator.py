"""The adjudicator turns the evidence on each item into one proposal, with a reason that a person can check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from errata.agent.evidence.posterior import posteriors
from errata.agent.run.workspace import Workspace
from errata.tools.inference.candidates import NOBODY
from errata.tools.inference.held_back import held_back
from errata.tools.inference.outcome import outcomes
from errata.tools.inference.posterior import Posteriors
from errata.tools.judging.registry import protocols
from errata.tools.judging.untrusted.instructions import flags
from errata.tools.store.store import ItemRow
from errata.types import F32, Int, Outcome, Proposal, Verdict


def propose(workspace: Workspace) -> int:
    """Store a proposal for every item; how many are open for a person."""
    rows, verdicts = workspace.rows(), workspace.verdicts()
    table = posteriors(workspace, verdicts)
    words = outcomes(table, workspace.settings.costs)
    case = Case(workspace, table, rows, verdicts, workspace.controls())
    found = [case.proposal(row, words[row.idx]) for row in rows]
    workspace.store.set_proposals(workspace.run.run_id, found)
    decided = workspace.decisions(rows)
    return sum(p.outcome not in (None, "keep") and p.idx not in decided for p in found)


class Case:
    """All that can be said about the items of one run."""

    def __init__(
        self,
        workspace: Workspace,
        table: Posteriors,
        rows: Sequence[ItemRow],
        verdicts: Sequence[Verdict],
        controls: Sequence[Verdict],
    ) -> None:
        self._table, self._rows = table, rows
        self._verdicts: dict[int, list[Verdict]] = {}
        for verdict in verdicts:
            self._verdicts.setdefault(verdict.idx, []).append(verdict)
        # An answer that nobody can read is no look: such an item stands as the scan left it.
        self._looked_at = {verdict.idx for verdict in verdicts if verdict.readable}
        self._held_back = _held_back(workspace, verdicts, controls)
        facts, arrays = workspace.run.facts, workspace.arrays
        # On features that only show how images look, a scan ranks; it does not know enough to name a label.
        looks_only = facts.get("features", {}).get("strength") == "plain" and workspace.dataset.modality == "image"
        self._scan_may_propose = not looks_only
        flags_DN = np.stack([np.asarray(arrays.load(f"{name}.flag")) for name in facts["detectors"]])
        self._suspected_N = flags_DN.sum(axis=0) > len(flags_DN) / 2
        self._neighbors_NK: Int | None = arrays.load("neighbors") if arrays.has("neighbors") else None
        self._probs_NK: F32 = arrays.load("probs")
        self._scan_quality_N = workspace.scan_quality_N

    def proposal(self, row: ItemRow, word: Outcome) -> Proposal:
        if row.problem is not None or row.given_label is None:
            return Proposal(row.idx, None, None, 0.0, float("nan"), row.problem or "no given label")
        posterior = self._table.item(row.idx)
        holds = float(self._table.given_holds_N[row.idx])
        label = posterior.best_other(self._table.space.canonical(row.given_label))
        outcome: Outcome | None = word
        if row.idx not in self._looked_at:
            outcome = self._by_the_scan(row.idx, word)
        elif row.idx in self._held_back:
            outcome = "ambiguous"
        confidence = {
            "relabel": posterior.labels.get(label or "", 0.0),
            "several": posterior.several,
            "none_of_these": posterior.none_of_these,
            "ambiguous": posterior.labels.get(label or "", 0.0),
        }.get(outcome or "keep", holds)
        quality = holds if row.idx in self._looked_at else float(self._scan_quality_N[row.idx])
        if outcome is None and row.idx not in self._verdicts:
            return Proposal(row.idx, outcome, label, confidence, quality, "")
        return Proposal(row.idx, outcome, label, confidence, quality, *self._because(row, label))

    def _by_the_scan(self, idx: int, word: Outcome) -> Outcome | None:
        """Nothing for an item that neither the evidence together nor most detectors suspect."""
        if word == "keep":
            return "ambiguous" if self._suspected_N[idx] else None
        return word if self._scan_may_propose else "ambiguous"

    def _because(self, row: ItemRow, label: str | None) -> tuple[str, tuple[str, ...]]:
        space = self._table.space
        given = space.canonical(row.given_label)
        said = [f"held back: {self._held_back[row.idx]}"] if row.idx in self._held_back else []
        evidence: list[str] = []
        for verdict in self._verdicts.get(row.idx, ()):
            said.append(protocols()[verdict.protocol].in_words(verdict, given))
            evidence.append(f"verdict:{verdict.judge}:{verdict.protocol}")
        neighbors = self._neighbor_rows(row)
        if neighbors:
            votes = Counter(space.canonical(other.given_label) for other in neighbors)
            named = label if votes[label] >= votes[given] else given
            said.append(f"{votes[named]} of {len(neighbors)} neighbors are labeled {named}")
            evidence += [f"neighbor:{other.item_id}" for other in neighbors]
        best = int(np.argmax(self._probs_NK[row.idx]))
        said.append(
            f"a model trained on the other labels says {space.names[best]} ({self._probs_NK[row.idx, best]:.2f})"
        )
        return "; ".join(said), (*evidence, "detector:confident_learning")

    def _neighbor_rows(self, row: ItemRow) -> list[ItemRow]:
        if self._neighbors_NK is None:
            return []
        return [self._rows[j] for j in self._neighbors_NK[row.idx] if j != NOBODY]


def _held_back(workspace: Workspace, verdicts: Sequence[Verdict], controls: Sequence[Verdict]) -> dict[int, str]:
    """idx -> why no rule may accept what the judges said of the item: a person looks at it first."""
    references = {item.idx for item in workspace.reference_items}
    of_item: dict[int, list[Verdict]] = {}
    for verdict in (*verdicts, *(control for control in controls if control.idx not in references)):
        of_item.setdefault(verdict.idx, []).append(verdict)
    reasons = {idx: held_back(found) for idx, found in of_item.items()}
    for idx, text in zip(sorted(of_item), workspace.dataset.texts(sorted(of_item)), strict=True):
        flagged = flags(text, workspace.run.label_space.names) if text is not None else ()
        if flagged:
            reasons[idx] = f"its text reads like an instruction ({flagged[0]})"
    return {idx: reason for idx, reason in reasons.items() if reason}
