"""The calibrator returns a profile of the judge about to be asked, together with those of the others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from errata.agent.contributions import Contributions, JudgeProfile, JudgeProfiles, QuestionBank, Queue
from errata.agent.evidence.judge_cards import card_of
from errata.agent.evidence.view import View
from errata.agent.roles.calibrator import ROLE
from errata.errors import ModelRefused
from errata.testing import FakeAsk, FakeChat
from errata.tools.inference.trusted_items import TrustedItem
from errata.tools.judging.bank.bank import by_rule
from errata.tools.judging.chat import ChatRequest
from errata.types import Item
from tests.agent.roles.made import GIVEN, SPACE, TEXTS, settings, view
from tests.tools.judging.protocols.asking import says, text_of

SURE = [Item.of(idx, str(idx), f"sha{idx}", GIVEN[idx], TEXTS[idx]) for idx in (1, 2, 3)]


def profiles(seen: View, judge: FakeChat) -> dict[str, JudgeProfile]:
    (left,) = ROLE.work(seen, FakeAsk(judge))
    assert isinstance(left, JudgeProfiles)
    return left.judges


def calibrating(**more: object) -> View:
    return view(settings=settings(calibrate=True), judges=("fake",), judge="fake", control_items=SURE, **more)


def test_each_judge_is_calibrated_once_and_only_on_request() -> None:
    known = JudgeProfiles(judges={"fake": JudgeProfile(prior={}, anchor_bias=(0.0, 0.0, 0))})
    assert ROLE.wanted(calibrating())
    assert not ROLE.wanted(view(settings=settings(calibrate=False), judge="fake"))
    assert not ROLE.wanted(calibrating(contributions=Contributions.made(known)))


def test_what_a_judge_prefers_where_there_is_nothing_to_see_is_its_prior() -> None:
    found = profiles(calibrating(), says("cow"))["fake"].prior
    assert max(found["log_prior"], key=found["log_prior"].__getitem__) == "cow"


def test_a_judge_that_takes_over_the_label_that_it_is_shown_has_an_anchor_bias() -> None:
    def led(request: ChatRequest) -> dict[str, float]:
        shown = next((name for name in SPACE.names if f'The dataset says: "{name}"' in text_of(request)), "dog")
        return {choice: 0.9 if choice == shown else 0.02 for choice in request.choices}

    judge = FakeChat(led)
    mean, _, items = profiles(calibrating(), judge)["fake"].anchor_bias
    texts = [text_of(request) for request in judge.requests]
    assert not [text for text in texts if '"it meows"' in text and 'The dataset says: "cat"' in text], "not its own"
    assert (items, mean > 1) == (3, True)
    assert profiles(calibrating(), says("dog"))["fake"].anchor_bias[0] == pytest.approx(0)


def test_a_judge_that_says_yes_to_everything_is_not_heard_and_the_others_profiles_stay() -> None:
    other = JudgeProfile(prior={}, anchor_bias=(0.0, 0.0, 0))
    left = Contributions.made(JudgeProfiles(judges={"other": other}), QuestionBank.of(by_rule(SPACE, {})))
    banked = settings(calibrate=True, protocols=("question_bank",))
    seen = view(settings=banked, judges=("fake",), judge="fake", control_items=SURE, contributions=left)
    found = profiles(seen, says("yes"))
    assert found["other"] == other
    assert found["fake"].disabled == SPACE.names
    assert profiles(seen, says("no"))["fake"].disabled == ()


def test_what_it_could_not_read_of_what_it_asked_is_kept_and_stands_on_the_card() -> None:
    queue = Queue(suspects=1, trusted=tuple(TrustedItem(idx, 1.0, 0.0) for idx in range(1, 6)))
    seen = calibrating(contributions=Contributions.made(queue))
    refusing = FakeChat(lambda request: ModelRefused("no") if "meows" in text_of(request) else request.choices[0])
    known = profiles(seen, refusing)
    assert known["fake"].answering.refused and not known["fake"].answering.unreadable
    asked = len([request for request in refusing.requests if "meows" not in text_of(request)])
    assert known["fake"].answering.answers <= asked
    mumbling = FakeChat(lambda request: "hm" if "meows" in text_of(request) else request.choices[0])
    mumbled = profiles(seen, mumbling)
    unread = mumbled["fake"].answering.unreadable
    assert unread == known["fake"].answering.refused > 0
    card = card_of(calibrating(contributions=Contributions.made(JudgeProfiles(judges=mumbled))), "fake")
    assert (card.unreadable, card.refused) == (unread, 0)
    assert f"{unread} of {mumbled['fake'].answering.answers} answers could not be read" in card.lines


@pytest.mark.parametrize(
    ("answer", "unreadable", "refused"), [("hm", True, False), (ModelRefused("no"), False, True), ("no", False, False)]
)
def test_what_it_could_not_answer_of_the_control_questions_stands_on_the_card(
    answer: str | ModelRefused, unreadable: bool, refused: bool
) -> None:
    left = Contributions.made(QuestionBank.of(by_rule(SPACE, {})))
    banked = settings(calibrate=True, protocols=("question_bank",))
    seen = view(settings=banked, judges=("fake",), judge="fake", control_items=SURE, contributions=left)
    judge = FakeChat(lambda request: answer if "yes" in request.choices else request.choices[0])
    known = profiles(seen, judge)
    controls = sum("yes" in request.choices for request in judge.requests)
    assert controls > len(SPACE.names)
    card = card_of(replace(seen, contributions=Contributions.made(JudgeProfiles(judges=known))), "fake")
    assert (card.unreadable, card.refused) == (controls * unreadable, controls * refused)
    blind = 2 * len(SURE)  # each in two orders, counted where a control asks for them
    assert known["fake"].answering.answers == len(judge.requests) - blind - controls * refused
