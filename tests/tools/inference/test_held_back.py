"""Reasons for which no rule may accept an item."""

from __future__ import annotations

import math

import pytest

from errata.tools.inference.held_back import control_works, held_back
from errata.types import OTHER_ANSWERS, PromptRef, Verdict

LABELS = ("cat", "dog", "owl")


def said(protocol: str, favorite: str, p: float = 0.95, judge: str = "j", labels: tuple[str, ...] = LABELS) -> Verdict:
    keys = (*labels, *OTHER_ANSWERS)
    rest = (1 - p) / (len(keys) - 1)
    log_probs = {key: math.log(p if key == favorite else rest) for key in keys}
    return Verdict(0, judge, protocol, PromptRef(protocol, "v1", "sha"), log_probs, favorite, ("key",))


def steered(moved: float | None, idx: int = 0, how: str = "moved") -> Verdict:
    log_probs = {} if moved is None else {how: math.log(moved), "unmoved": math.log(1 - moved)}
    return Verdict(idx, "j", "steering", PromptRef("steering", "v1", "sha"), log_probs, "", ("key",))


def test_agreeing_protocols_and_a_control_that_stood_hold_nothing_back() -> None:
    assert held_back([said("blind_choice", "cat"), said("contest", "cat")], [steered(0.1)]) is None
    assert held_back([]) is None


@pytest.mark.parametrize("moved", [0.95, 0.51, None])
def test_a_control_that_moved_or_could_not_be_made_holds_back(moved: float | None) -> None:
    assert held_back([said("blind_choice", "cat")], [steered(moved)])


def test_a_judge_that_decisively_contradicts_itself_is_held_back() -> None:
    assert held_back([said("blind_choice", "cat"), said("contest", "dog")])
    assert held_back([said("question_bank", "none_of_these"), said("contest", "dog")])


@pytest.mark.parametrize(
    "other",
    [
        said("contest", "dog", 0.8),
        said("contest", "dog", judge="another"),
        said("contest", "several"),
        said("contest", "cannot_tell"),
        said("contest", "none_of_these", labels=("dog", "owl")),
    ],
    ids=["not decisive", "another judge", "several", "cannot tell", "never shown"],
)
def test_what_is_no_contradiction(other: Verdict) -> None:
    assert held_back([said("blind_choice", "cat"), other]) is None


def test_a_control_that_most_harmless_items_move_is_not_believed() -> None:
    assert control_works([steered(0.1, idx) for idx in range(6)] + [steered(0.9)] * 4)
    assert not control_works([steered(0.1, idx) for idx in range(5)] + [steered(0.9)] * 5)
    assert not control_works([])


def test_a_judge_that_knows_the_labels_by_name_alone_is_not_asked_without_them() -> None:
    by_name = [steered(0.9, idx, "named") for idx in range(6)]
    assert control_works(by_name)
    assert not control_works(by_name, "named")
    assert control_works([*by_name[:2], *[steered(0.1, idx) for idx in range(3)]], "named")
