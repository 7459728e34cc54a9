"""One item with all its evidence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from errata import words
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.workspace import Workspace
from errata.agent.views.history import history_of, in_words
from errata.agent.views.results import result_row
from errata.tools.judging.registry import title_of
from errata.tools.visible import one_line
from errata.types import ITEM, Place

TEXT_SHOWN, SAID_SHOWN = 2000, 500
BAR = "  | "
"""Prefixes every line of the item's text, so that no text can pass for errata's own output."""


def evidence_of(workspace: Workspace, item_id: str, place: Place | None = None) -> dict[str, Any]:
    """JSON-plain; DataError if the run has no such item, or if it has several labels and no ``place`` is named."""
    row, snapshot = workspace.item(item_id, place), Snapshot.of(workspace)
    proposal = workspace.store.proposal(workspace.run.run_id, row.idx)
    found = result_row(snapshot, row, proposal)
    found["reason"] = proposal.reason if proposal else row.problem or "not scanned yet"
    found["evidence"] = list(proposal.evidence) if proposal else []
    found["texts"] = {part.name: (part.text or "")[:TEXT_SHOWN] for part in workspace.texts(row.row)}
    found["history"] = history_of(workspace, item_id, row.place)
    if proposal and row.problem is None:
        posterior = snapshot.posterior_of(row)
        found["probabilities"] = dict(posterior.labels) | {
            "several": posterior.several,
            "none_of_these": posterior.none_of_these,
        }
        found["detectors"] = {
            name: float(np.asarray(workspace.arrays.load(f"{name}.quality"))[row.idx]) for name in snapshot.detectors
        }
    found["verdicts"] = [
        {
            "judge": verdict.judge,
            "protocol": verdict.protocol,
            "prompt": f"{verdict.prompt.id}/{verdict.prompt.version}",
            "said": verdict.said,
            "probabilities": {name: math.exp(value) for name, value in verdict.log_probs.items()},
            "position_bias": verdict.position_bias,
        }
        for verdict in (*snapshot.verdicts_of(row.idx), *snapshot.verdicts_of(row.idx, controls=True))
    ]
    return found


def describe(found: dict[str, Any]) -> str:
    """Text for a terminal. Only the item's own text has several lines, each prefixed with a bar."""
    which = one_line(words.spot(found["item_id"], found.get("place", ITEM)))
    lines = [f"{which}   labeled {one_line(str(found['given_label']))}   {found['status']}"]
    # Split at every Unicode line end, since a terminal or a program it is pasted into may break there too.
    for name, text in found["texts"].items():
        lines += [f"  {one_line(name)}"] * (len(found["texts"]) > 1)
        lines += [BAR + one_line(line) for line in text.splitlines()]
    if found["outcome"]:
        lines.append(f"  {_outcome(found)}")
    if found["reason"]:
        lines.append(f"  {one_line(found['reason'])}")
    if "probabilities" in found:
        ranked = sorted(found["probabilities"].items(), key=lambda pair: -pair[1])
        lines.append("  " + ", ".join(f"{one_line(words.answer(name))} {p:.3f}" for name, p in ranked[:6]))
        lines += [f"  {one_line(name)}: quality {quality:.3f}" for name, quality in found["detectors"].items()]
    lines += ["  " + _answer(verdict) for verdict in found["verdicts"]]
    lines += [in_words(entry) for entry in found["history"]]
    return "\n".join(lines)


def _answer(verdict: dict[str, Any]) -> str:
    """The judge's name and words come from its server."""
    judge, said = one_line(verdict["judge"]), one_line(verdict["said"], SAID_SHOWN)
    return f"{judge}, {title_of(verdict['protocol'])} ({verdict['prompt']}) said: {said}"


def _outcome(found: dict[str, Any]) -> str:
    """What is proposed, and how sure that is; without a confidence if the item is ambiguous."""
    given, best_other = one_line(str(found["given_label"])), one_line(str(found["best_other_label"]))
    said = words.proposal(one_line(str(found["outcome"])), given, best_other)
    return said if found["confidence"] is None else f"{said}   confidence {found['confidence']:.2f}"
