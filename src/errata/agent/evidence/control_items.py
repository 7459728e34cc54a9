"""Control items: a few items whose labels are almost certainly right, shown next to suspects to see whether the
suspects steer a judge."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from errata.agent.evidence.view import View
from errata.tools.detectors.neighbors import copies
from errata.tools.inference import held_back
from errata.tools.inference.scan import Scan
from errata.tools.inference.suspects import CLEARLY_RIGHT
from errata.tools.judging.protocol import Control
from errata.tools.judging.registry import controls
from errata.tools.judging.task import ControlItem
from errata.tools.store.store import ItemRow
from errata.types import Int, LabelSpace, Verdict

ROUNDING = 1e-9
MOST, PER_LABEL, ENOUGH = 12, 2, 6


def draw(given_N: Int, holds_N: np.ndarray, scan: Scan, before: Sequence[int] = ()) -> list[int]:
    """Choose the items whose given labels the scan is surest of: a few per label, spread out, so that no two are
    neighbors of each other. None has a copy in the data and no two are copies of each other, since near copies of the
    surest items would otherwise fill the sample. Copies, and then neighbors, are used only if there are fewer than
    ENOUGH others.

    ``holds_N`` f64[N], low = bad; NaN if an item may not be used. Items in ``before``, drawn by an earlier run, come
    first, since judges have already answered about them.
    """
    copies_N = np.full(len(given_N), copies.ALONE) if scan.copies_N is None else np.asarray(scan.copies_N)
    surest = np.argsort(-np.nan_to_num(holds_N, nan=-1.0), kind="stable")
    ranked = dict.fromkeys([*(idx for idx in before if holds_N[idx] >= CLEARLY_RIGHT), *map(int, surest)])
    usable = [idx for idx in ranked if not math.isnan(holds_N[idx])]
    found: list[int] = []
    taken: Counter[int] = Counter()
    for with_copies, with_neighbors in ((False, False), (True, False), (True, True)):
        for idx in usable:
            label, group = int(given_N[idx]), copies_N[idx]
            full = taken[label] >= PER_LABEL or len(found) >= (ENOUGH if with_copies else MOST)
            if full or idx in found or (group != copies.ALONE and (not with_copies or group in copies_N[found])):
                continue
            if with_neighbors or not _near(scan, idx, found):
                taken[label] += 1
                found.append(idx)
    return found


def _near(scan: Scan, idx: int, others: Sequence[int]) -> bool:
    """Whether either is a neighbor of the other."""
    near_Nk = scan.neighbors_Nk
    return near_Nk is not None and bool(np.isin(near_Nk[idx], others).any() or (near_Nk[others] == idx).any())


def usable(view: View, judge: str, control: Control) -> list[ControlItem]:
    """The control items about which this judge, shown each alone, decisively gave the given label, and which do not
    move its answers about other control items."""
    steers = {v.idx for v in _of(control, view.control_verdicts, judge) if held_back.moved(v)}
    agreed = _agreed(view.verdicts, _drawn(view), view.space, judge, control)
    return [ControlItem(i, agreed[i.idx]) for i in view.control_items if i.idx in agreed and i.idx not in steers]


def control_works(view: View, judge: str, control: Control) -> bool:
    """Whether control items usually leave this judge's answers about each other unmoved."""
    return _works(view.verdicts, view.control_verdicts, _drawn(view), view.space, judge, control)


def reads_beyond_names(view: View, judge: str, control: Control) -> bool:
    """Whether this judge still gives most control items their label with that label's name blanked out."""
    return _works(view.verdicts, view.control_verdicts, _drawn(view), view.space, judge, control, held_back.NAMED)


def is_watched(view: View, judge: str) -> bool:
    """Whether a control can tell if an item steers this judge. False if no control is among the protocols or none
    works; True if the judge has not judged any other item yet."""
    drawn = _drawn(view)
    known = {row.idx for row in drawn}
    if not any(v.judge == judge and v.readable and v.idx not in known for v in view.verdicts):
        return True

    def works(control: Control) -> bool:
        begun = any((v.judge, v.protocol) == (judge, control.alone) and v.idx in known for v in view.verdicts)
        return (bool(drawn) and not begun) or control_works(view, judge, control)

    return any(map(works, controls(view.settings.protocols).values()))


def can_still_work(view: View, judge: str, control: Control) -> bool:
    """Whether this control may still be used with this judge: it works, or not all questions that show that have been
    asked."""
    drawn = [row.idx for row in _drawn(view)]
    if any((judge, control.alone, idx) not in view.asked for idx in drawn):
        return True
    unchecked = any((judge, control.name, idx) not in view.asked for idx in drawn)
    return control_works(view, judge, control) or (unchecked and bool(usable(view, judge, control)))


def _is_decisive(verdict: Verdict) -> bool:
    """Whether the judge is sure. Without log-probabilities, it is if it gives the same answer in every order of the
    options."""
    best, orders = max(verdict.log_probs.values()), len(verdict.call_keys)
    unanimous = (orders + 1 / len(verdict.log_probs)) / (orders + 1)  # as ``combine`` counts it
    without = orders > 1 and verdict.position_bias is None
    return best >= math.log(min(held_back.DECISIVE, unanimous) if without else held_back.DECISIVE) - ROUNDING


def _drawn(view: View) -> list[ItemRow]:
    return [view.rows[item.idx] for item in view.control_items]


def _works(
    verdicts: Sequence[Verdict],
    of_controls: Sequence[Verdict],
    drawn: Sequence[ItemRow],
    space: LabelSpace,
    judge: str,
    control: Control,
    how: str = held_back.MOVED,
) -> bool:
    agreed = _agreed(verdicts, drawn, space, judge, control)
    return held_back.control_works([v for v in _of(control, of_controls, judge) if v.idx in agreed], how)


def _of(control: Control, of_controls: Sequence[Verdict], judge: str) -> list[Verdict]:
    return [v for v in of_controls if (v.judge, v.protocol) == (judge, control.name)]


def _agreed(
    verdicts: Sequence[Verdict], drawn: Sequence[ItemRow], space: LabelSpace, judge: str, control: Control
) -> dict[int, str]:
    """idx -> the judge's answer, for each control item about which it, shown it alone, decisively gave the given
    label."""
    answers = {
        v.idx: max(v.log_probs, key=v.log_probs.__getitem__)
        for v in verdicts
        if v.judge == judge and v.protocol == control.alone and v.readable and _is_decisive(v)
    }
    return {
        row.idx: answers[row.idx]
        for row in drawn
        if row.idx in answers and space.same(answers[row.idx], row.given_label)
    }
