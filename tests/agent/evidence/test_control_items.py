"""Control items are sure, of several labels, spread out, and not copies of others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from errata.agent.evidence.control_items import can_still_work, draw, usable
from errata.tools.judging.protocols.steering import PROTOCOL as STEERING
from errata.tools.judging.reading.reading import Reading, combine
from errata.types import Item, PromptRef, Verdict
from tests.agent.roles.made import GIVEN as GIVEN_OF
from tests.agent.roles.made import TEXTS, scan, view

GIVEN = np.repeat([0, 1, 2, 3], 5)
HOLDS = np.tile([0.999, 0.998, 0.997, 0.996, 0.99], 4)


def test_copies_of_the_surest_are_not_drawn_while_there_are_others() -> None:
    copies = np.tile([0, 0, -1, -1, -1], 4) + np.repeat([0, 1, 2, 3], 5) * np.tile([1, 1, 0, 0, 0], 4)
    drawn = draw(GIVEN, HOLDS, replace(scan(), copies_N=copies), before=[0])
    assert sorted(drawn) == [2, 3, 7, 8, 12, 13, 17, 18]


def test_if_all_are_copies_each_group_gives_one() -> None:
    assert draw(GIVEN[:5], HOLDS[:5], replace(scan(), copies_N=np.array([0, 0, 0, 0, 1]))) == [0, 4]


def test_no_two_are_neighbors_while_there_are_others() -> None:
    near = np.full((20, 1), -1)
    near[1::5, 0] = [0, 5, 10, 15]
    assert sorted(draw(GIVEN, HOLDS, replace(scan(), neighbors_Nk=near))) == [0, 2, 5, 7, 10, 12, 15, 17]


def alone(*said: str) -> Verdict:
    """A blind choice about an item labeled cat, by a judge without log-probabilities: one answer for each order."""
    log_probs = combine([Reading(one, ("cat", "cow", "dog"), None) for one in said])
    return Verdict(1, "j", "blind_choice", PromptRef("", "", ""), log_probs, "", ("key",) * len(said))


def known(verdict: Verdict) -> list[str]:
    item = Item.of(1, "1", "sha", "cat", TEXTS[1])
    return [one.answer for one in usable(view(control_items=[item], verdicts=[verdict]), "j", STEERING)]


def test_a_judge_without_log_probabilities_is_decisive_where_all_its_orders_agree() -> None:
    assert known(alone("cat", "cat")) == ["cat"]
    assert known(alone("cat", "cat", "cat", "cat")) == ["cat"]
    assert known(alone("cat", "cat", "cat", "cow")) == []
    assert known(alone("cat")) == [], "one answer agrees with nothing"
    assert known(replace(alone("cat", "cat"), position_bias=0.1)) == [], (
        "this one gives log-probabilities, and is unsure"
    )


def test_a_control_can_work_while_what_shows_it_is_still_to_be_asked() -> None:
    items = [Item.of(idx, str(idx), "sha", GIVEN_OF[idx], TEXTS[idx]) for idx in (1, 2)]
    answered = [replace(alone("cat", "cat"), idx=1), replace(alone("cow", "cow"), idx=2)]
    unsure = [replace(one, position_bias=0.1) for one in answered]
    assert can_still_work(view(control_items=items), "j", STEERING)
    assert can_still_work(view(control_items=items, verdicts=answered), "j", STEERING)
    assert not can_still_work(view(control_items=items, verdicts=unsure), "j", STEERING)
    assert not can_still_work(view(), "j", STEERING), "without control items there is no control"
