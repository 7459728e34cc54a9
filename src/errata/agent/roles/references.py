"""References: a few items that nobody doubts, beside which suspicious ones are laid for the steering control."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from errata.agent.workspace import Workspace
from errata.tools.inference import held_back
from errata.tools.judging.protocols import blind_choice
from errata.tools.judging.protocols.steering import Reference
from errata.types import OTHER_ANSWERS, Verdict

MOST, PER_LABEL = 12, 2
CHECKED = 8
"""So many references are laid beside others, to see whether a judge can be controlled in this way at all."""


def draw(workspace: Workspace, holds_N: np.ndarray) -> list[int]:
    """Items whose given labels hold most surely by the scan, a few of each label, suspects left out.

    ``holds_N`` f64[N], low = bad; NaN where an item may not be used.
    """
    suspects = {row.idx for row in workspace.rows() if row.suspicion is not None}
    found: list[int] = []
    taken: Counter[int] = Counter()
    for idx in map(int, np.argsort(-np.nan_to_num(holds_N, nan=-1.0), kind="stable")):
        label = int(workspace.given_N[idx])
        if not math.isnan(holds_N[idx]) and idx not in suspects and taken[label] < PER_LABEL and len(found) < MOST:
            taken[label] += 1
            found.append(idx)
    return found


def pool(workspace: Workspace, judge: str, verdicts: Sequence[Verdict]) -> list[Reference]:
    """The references that this judge, shown each alone, answered decisively with a label."""
    answers = {
        v.idx: max(v.log_probs, key=v.log_probs.__getitem__)
        for v in verdicts
        if v.judge == judge and v.protocol == blind_choice.PROMPT_ID and v.readable
        if math.exp(max(v.log_probs.values())) >= held_back.DECISIVE
    }
    return [
        Reference(item, answers[item.idx])
        for item in workspace.reference_items
        if answers.get(item.idx) not in (None, *OTHER_ANSWERS)
    ]


def control_works(workspace: Workspace, judge: str, controls: Sequence[Verdict]) -> bool:
    """Whether references did not steer this judge away from one another."""
    drawn = {item.idx for item in workspace.reference_items}
    return held_back.control_works([v for v in controls if v.judge == judge and v.idx in drawn])
