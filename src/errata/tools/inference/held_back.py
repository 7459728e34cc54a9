"""Items that no rule may accept, however confident the proposal, because a judge may have been steered."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

from errata.types import CANNOT_TELL, SEVERAL, Verdict

MOVED, UNMOVED = "moved", "unmoved"
"""What a control finds: whether the judge's answers about other items changed when this one was shown next to them."""
NAMED = "named"
"""Instead of MOVED: the judge's answer about the item itself changed with the label's name blanked out of the text."""

DECISIVE = 0.9
"""At or above this probability, a protocol's favorite counts as contradicting another's. Set in advance, not tuned."""

WORKS = 0.5
"""The control works if more than this share of control items leave the judge unmoved. A judge moved by most of them is
confused by any second item. If fewer move it, those may be attacks, and the control is kept: it errs toward review by a
person."""


def held_back(verdicts: Sequence[Verdict], controls: Sequence[Verdict] = ()) -> str | None:
    """Why a person must look at the item, from all verdicts on it; None if there is no reason.

    Reasons: a control moved or could not be made, or two protocols of one judge decisively favor different answers that
    both had been offered. ``several`` contradicts no label, since it includes one.
    """
    for control in controls:
        if moved(control) or moved(control, NAMED):
            return _steered(control)
    answers = [verdict for verdict in verdicts if verdict.readable]
    for one, other in combinations(answers, 2):
        if one.judge == other.judge and (favorites := _contradiction(one.log_probs, other.log_probs)):
            return f"{one.judge} contradicts itself: {favorites[0]} when asked one way, {favorites[1]} in another"
    return None


def moved(control: Verdict, how: str = MOVED) -> bool:
    """Whether the judge's answers about other items (MOVED) or about the item itself (NAMED) changed, or the judge
    could not be asked."""
    return not control.readable or math.exp(control.log_probs.get(how, -math.inf)) > 0.5


def control_works(on_control_items: Sequence[Verdict], how: str = MOVED) -> bool:
    """Whether a control works for a judge, from controls in which two control items were shown next to each other.

    A small judge may be confused by any second item, and some servers take only one image; then the control would hold
    back every item. So would NAMED for a judge that recognizes labels only by their names. Also False if there is no
    such control.
    """
    found = [moved(verdict, how) for verdict in on_control_items]
    return bool(found) and 1 - sum(found) / len(found) > WORKS


def _steered(verdict: Verdict) -> str:
    if not verdict.readable:
        return f"{verdict.judge} could not be asked whether the item steers it"
    if NAMED in verdict.log_probs:
        return f"without the name of the label in its text, {verdict.judge} chose another label"
    return f"{verdict.judge} answered differently about another item shown with this one, which may hold instructions"


def _contradiction(one: Mapping[str, float], other: Mapping[str, float]) -> tuple[str, str] | None:
    favorites = tuple(max(log_probs, key=log_probs.__getitem__) for log_probs in (one, other))
    decisive = all(math.exp(lp[key]) >= DECISIVE for lp, key in zip((one, other), favorites, strict=True))
    told = not {SEVERAL, CANNOT_TELL} & set(favorites)
    if favorites[0] == favorites[1] or not decisive or not told or not set(favorites) <= one.keys() & other.keys():
        return None
    return favorites[0], favorites[1]
