"""Control items: a few that nobody doubts, beside which suspicious ones are laid for a control."""

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
    """Items whose given labels hold most surely by the scan, a few of each label, from several places: no two are
    neighbors of each other. None has a copy in the data, and from no group of copies comes more than one: a few near
    copies of the surest items would be most of those that are drawn. Only where there are not ENOUGH others are copies
    taken, and at last neighbors.

    ``holds_N`` f64[N], low = bad; NaN where an item may not be used. Those that an earlier run drew come ``before`` the
    others: what judges said of them need not be asked again.
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
    """Whether one of the others is a neighbor of the item, or the other way round."""
    near_Nk = scan.neighbors_Nk
    return near_Nk is not None and bool(np.isin(near_Nk[idx], others).any() or (near_Nk[others] == idx).any())


def usable(view: View, judge: str, control: Control) -> list[ControlItem]:
    """The control items that this judge, shown each alone, decisively called as they are labeled. One that moves its
    answers about other control items is none."""
    steers = {v.idx for v in _of(control, view.control_verdicts, judge) if held_back.moved(v)}
    agreed = _agreed(view.verdicts, _drawn(view), view.space, judge, control)
    return [ControlItem(i, agreed[i.idx]) for i in view.control_items if i.idx in agreed and i.idx not in steers]


def control_works(view: View, judge: str, control: Control) -> bool:
    """Whether control items do not, as a rule, move this judge's answers about one another."""
    return _works(view.verdicts, view.control_verdicts, _drawn(view), view.space, judge, control)


def reads_beyond_names(view: View, judge: str, control: Control) -> bool:
    """Whether this judge still calls most control items as they are labeled where that label's name is blanked out."""
    return _works(view.verdicts, view.control_verdicts, _drawn(view), view.space, judge, control, held_back.NAMED)


def is_watched(view: View, judge: str) -> bool:
    """Whether a control tells, of this judge whose answers about items count, whether an item steers it: not where none
    was chosen, or where it does not work. One that nothing was put to yet counts as working."""
    drawn = _drawn(view)
    known = {row.idx for row in drawn}
    if not any(v.judge == judge and v.readable and v.idx not in known for v in view.verdicts):
        return True

    def works(control: Control) -> bool:
        begun = any((v.judge, v.protocol) == (judge, control.alone) and v.idx in known for v in view.verdicts)
        return (bool(drawn) and not begun) or control_works(view, judge, control)

    return any(map(works, controls(view.settings.protocols).values()))


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
    """idx -> the judge's answer, for each control item that it, shown it alone, decisively called as it is labeled."""
    answers = {
        v.idx: max(v.log_probs, key=v.log_probs.__getitem__)
        for v in verdicts
        if v.judge == judge and v.protocol == control.alone and v.readable
        if max(v.log_probs.values()) >= math.log(held_back.DECISIVE) - ROUNDING
    }
    return {
        row.idx: answers[row.idx]
        for row in drawn
        if row.idx in answers and space.same(answers[row.idx], row.given_label)
    }
