"""Control items: a few that nobody doubts, beside which suspicious ones are laid for a control."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from errata.agent.evidence.view import View
from errata.tools.inference import held_back
from errata.tools.inference.suspects import CLEARLY_RIGHT
from errata.tools.judging.protocol import Control
from errata.tools.judging.task import ControlItem
from errata.types import Int, Verdict

MOST, PER_LABEL = 12, 2


def draw(given_N: Int, holds_N: np.ndarray, before: Sequence[int] = ()) -> list[int]:
    """Items whose given labels hold most surely by the scan, a few of each label.

    ``holds_N`` f64[N], low = bad; NaN where an item may not be used. Those that an earlier run drew come ``before`` the
    others: what judges said of them need not be asked again.
    """
    found: list[int] = []
    taken: Counter[int] = Counter()
    surest = map(int, np.argsort(-np.nan_to_num(holds_N, nan=-1.0), kind="stable"))
    for idx in dict.fromkeys([*(idx for idx in before if holds_N[idx] >= CLEARLY_RIGHT), *surest]):
        label = int(given_N[idx])
        if not math.isnan(holds_N[idx]) and taken[label] < PER_LABEL and len(found) < MOST:
            taken[label] += 1
            found.append(idx)
    return found


def usable(view: View, judge: str, control: Control) -> list[ControlItem]:
    """The control items that this judge, shown each alone, decisively called as they are labeled. One that moves its
    answers about other control items is none."""
    steers = {v.idx for v in _of(control, view, judge) if held_back.held_back((), [v])}
    return [reference for reference in _agreed(view, judge, control) if reference.item.idx not in steers]


def control_works(view: View, judge: str, control: Control) -> bool:
    """Whether control items do not, as a rule, move this judge's answers about one another."""
    agreed = {reference.item.idx for reference in _agreed(view, judge, control)}
    return held_back.control_works([v for v in _of(control, view, judge) if v.idx in agreed])


def _of(control: Control, view: View, judge: str) -> list[Verdict]:
    return [v for v in view.control_verdicts if (v.judge, v.protocol) == (judge, control.name)]


def _agreed(view: View, judge: str, control: Control) -> list[ControlItem]:
    answers = {
        v.idx: max(v.log_probs, key=v.log_probs.__getitem__)
        for v in view.verdicts
        if v.judge == judge and v.protocol == control.alone and v.readable
        if math.exp(max(v.log_probs.values())) >= held_back.DECISIVE
    }
    return [
        ControlItem(item, answers[item.idx])
        for item in view.control_items
        if item.idx in answers and view.space.same(answers[item.idx], item.given_label)
    ]
