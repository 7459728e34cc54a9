"""One item with all its evidence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from errata.agent.evidence import posteriors
from errata.agent.history import history_of, in_words
from errata.agent.results import result_rows
from errata.agent.workspace import Workspace
from errata.tools.visible import one_line

TEXT_SHOWN = 2000


def evidence_of(workspace: Workspace, item_id: str) -> dict[str, Any]:
    """JSON-plain; DataError where the run has no such item."""
    row = workspace.item(item_id)
    found: dict[str, Any] = dict(result_rows(workspace)[row.idx])
    proposal = workspace.store.proposal(workspace.run.run_id, row.idx)
    found["reason"] = proposal.reason if proposal else row.problem or "not scanned yet"
    found["evidence"] = list(proposal.evidence) if proposal else []
    item = workspace.dataset.items([row.idx])[0]
    found["text"] = item.text[:TEXT_SHOWN] if item.text is not None else None
    found["history"] = history_of(workspace, item_id)
    if proposal and row.problem is None:
        posterior = posteriors(workspace).item(row.idx)
        found["probabilities"] = dict(posterior.labels) | {
            "several": posterior.several,
            "none_of_these": posterior.none_of_these,
        }
        found["detectors"] = {
            name: float(np.asarray(workspace.arrays.load(f"{name}.quality"))[row.idx])
            for name in workspace.run.facts["detectors"]
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
        for verdict in (*workspace.verdicts(), *workspace.controls())
        if verdict.idx == row.idx
    ]
    return found


def describe(found: dict[str, Any]) -> str:
    lines = [f"{one_line(found['item_id'])}   labeled {one_line(str(found['given_label']))}   {found['status']}"]
    if found["text"] is not None:
        lines.append(f"  {found['text']}")
    if found["outcome"]:
        lines.append(f"  {_outcome(found)}   confidence {found['confidence']:.2f}")
    lines.append(f"  {found['reason']}")
    if "probabilities" in found:
        ranked = sorted(found["probabilities"].items(), key=lambda pair: -pair[1])
        lines.append("  " + ", ".join(f"{name} {p:.3f}" for name, p in ranked[:6]))
        lines += [f"  {name}: quality {quality:.3f}" for name, quality in found["detectors"].items()]
    lines += [f"  {v['judge']}, {v['protocol']} ({v['prompt']}) said: {v['said']}" for v in found["verdicts"]]
    lines += [in_words(entry) for entry in found["history"]]
    return "\n".join(lines)


def _outcome(found: dict[str, Any]) -> str:
    """What is proposed; under ``keep`` the proposed label is only the best other one."""
    given, proposed = one_line(str(found["given_label"])), one_line(str(found["proposed_label"]))
    words = {
        "keep": f"keep {given}",
        "relabel": f"relabel: {proposed}",
        "ambiguous": f"ambiguous: {given} or {proposed}",
    }
    return words.get(found["outcome"]) or str(found["outcome"])
