"""Question bank: both polarities, evidence from reliability, and judges that give the same answer to everything."""

from __future__ import annotations

import math

import pytest

from errata.prompts.options import NO, YES
from errata.testing import Answer, FakeChat
from errata.tools.judging.bank.bank import Bank, by_rule
from errata.tools.judging.bank.reliability import LEAST_USEFUL, Reliability, learn, untested
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.protocols import question_bank
from errata.types import CANNOT_TELL, NONE_OF_THESE, OTHER_ANSWERS, SEVERAL, Item, LabelSpace, Verdict
from tests.tools.judging.protocols.asking import asked, text_of

SPACE = LabelSpace(("cat", "dog", "cow"), {"cat": "small and furry"})
BANK = by_rule(SPACE, {"cat": ("dog",), "dog": ("cat",)})
ITEM = Item.of(0, "0", "sha", "dog", "it says meow")


def honest(truth: str, bank: Bank = BANK) -> FakeChat:
    """A judge that knows that the item is a ``truth``, and answers yes and no with odds of nine to one."""
    right = {q.text: q.expects if q.label == truth else {YES: NO, NO: YES}[q.expects] for q in bank}
    # "Is X the right label" is asked about other labels too, with the answer no: what it is about decides.
    right |= {f'Is "{label}" the right label for the item?': YES if label == truth else NO for label in SPACE.names}

    def answer(request: ChatRequest) -> Answer:
        question = next(line for line in text_of(request).splitlines() if line.endswith(("?", '"')) and line in right)
        return {choice: 0.9 if choice == right[question] else 0.05 for choice in request.choices}

    return FakeChat(answer)


def verdict_of(model: FakeChat, labels: tuple[str, ...] = ("dog", "cat"), bank: Bank = BANK) -> Verdict:
    return asked(model, lambda door: question_bank.ask(door, ITEM, labels, bank, SPACE, style="names"))


def test_an_honest_judge_favors_the_true_label() -> None:
    verdict = verdict_of(honest("cat"))
    assert max(verdict.log_probs, key=verdict.log_probs.__getitem__) == "cat"
    assert set(verdict.log_probs) == {"cat", "dog", *OTHER_ANSWERS}
    assert sum(map(math.exp, verdict.log_probs.values())) == pytest.approx(1)
    assert len(verdict.call_keys) == sum(q.label in ("cat", "dog") for q in BANK)


def test_if_no_label_asked_about_is_right_none_of_these_is_favored() -> None:
    verdict = verdict_of(honest("cow"))
    assert max(verdict.log_probs, key=verdict.log_probs.__getitem__) == NONE_OF_THESE


@pytest.mark.parametrize("always", [YES, NO])
def test_a_judge_that_says_one_thing_to_everything_favors_no_label(always: str) -> None:
    model = FakeChat(lambda request: {choice: 0.98 if choice == always else 0.01 for choice in request.choices})
    verdict = verdict_of(model, bank=by_rule(LabelSpace(SPACE.names), {}))
    assert verdict.log_probs["cat"] == pytest.approx(verdict.log_probs["dog"])
    assert max(math.exp(verdict.log_probs[label]) for label in ("cat", "dog")) < 0.5


def test_cannot_tell_to_everything_is_cannot_tell() -> None:
    verdict = verdict_of(FakeChat(lambda request: {c: 0.98 if c == "cannot tell" else 0.01 for c in request.choices}))
    assert math.exp(verdict.log_probs[CANNOT_TELL]) == pytest.approx(0.98, abs=0.01)


def test_a_judge_that_answers_outside_the_options_is_unreadable() -> None:
    verdict = verdict_of(FakeChat(lambda _: "As a language model I would say yes."))
    assert (verdict.readable, verdict.answers) == (False, {})


def test_the_official_rule_counts_answers_as_expected() -> None:
    verdict = verdict_of(honest("cat"))
    assert question_bank.matched_share(BANK, "cat", verdict.answers) == 1
    assert question_bank.matched_share(BANK, "dog", verdict.answers) < 0.5
    assert math.isnan(question_bank.matched_share(BANK, "cow", {}))


def test_options_change_places_between_questions() -> None:
    orders = {question_bank.answer_order(ITEM, question) for question in BANK}
    assert len(orders) > 1


def test_people_teach_which_questions_to_believe() -> None:
    good, bad = BANK[0], BANK[1]
    assert {good.label, bad.label} == {"cat"}
    decided = [("cat", {good.id: (0.95, 0.05), bad.id: (0.1, 0.9)})] * 60
    decided += [("dog", {good.id: (0.05, 0.95), bad.id: (0.1, 0.9)})] * 60
    learned = learn(BANK, decided)
    assert learned[good.id].yes_if_right > untested(good).yes_if_right
    assert not learned[bad.id].useful
    assert learned[good.id].items == 120
    answers = {good.id: (0.95, 0.05), bad.id: (0.1, 0.9)}
    told = question_bank.weigh(BANK, ("cat",), answers, learned)
    assert told["cat"] > question_bank.weigh(BANK, ("cat",), answers, {})["cat"]


def test_evidence_is_bounded_by_reliability_and_cannot_tell_weighs_nothing() -> None:
    known = Reliability(0.9, 0.1)
    assert known.log_odds(1.0, 0.0) == pytest.approx(math.log(9))
    assert known.log_odds(0.5, 0.5) == pytest.approx(0)
    assert known.log_odds(0.0, 0.0) == 0
    assert abs(known.log_odds(0.2, 0.0)) < math.log(9) / 4
    assert not Reliability(0.5, 0.5 - LEAST_USEFUL / 2).useful


def test_two_labels_that_both_hold_are_several() -> None:
    bank = by_rule(LabelSpace(("cat", "dog")), {})
    both = [q for q in bank if q.kind == "presence"]
    model = FakeChat(lambda request: {c: 0.99 if c == "yes" else 0.005 for c in request.choices})
    verdict = asked(
        model, lambda door: question_bank.ask(door, ITEM, ("cat", "dog"), tuple(both), SPACE, style="names")
    )
    assert max(verdict.log_probs, key=verdict.log_probs.__getitem__) == SEVERAL
