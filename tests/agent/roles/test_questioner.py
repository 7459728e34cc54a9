"""The questioner returns a bank of questions: those the judge wrote or the user's, plus rule-based ones."""

from __future__ import annotations

import json
from pathlib import Path

from errata.agent.contributions import Contributions, QuestionBank
from errata.agent.evidence.view import View
from errata.agent.roles.questioner import ROLE
from errata.testing import FakeAsk, FakeChat
from errata.tools.judging.bank.bank import Bank, BankQuestion
from tests.agent.roles.made import settings, silent, view

BANKED = settings(protocols=("question_bank",))


def bank(seen: View, judge: FakeChat) -> Bank:
    (left,) = ROLE.work(seen, FakeAsk(judge))
    assert isinstance(left, QuestionBank)
    return left.bank


def test_it_is_wanted_once_and_only_if_a_bank_is_used() -> None:
    assert ROLE.wanted(view(settings=BANKED))
    assert not ROLE.wanted(view())
    assert not ROLE.wanted(view(settings=BANKED, contributions=Contributions.made(QuestionBank())))


def test_the_first_judge_writes_for_every_label() -> None:
    written = {"attribute": ["Is it heard in a kennel?"], "discriminative": {}, "negative": []}
    judge = FakeChat(lambda request: json.dumps(written))
    found = bank(view(settings=BANKED, judges=("fake", "other")), judge)
    assert len(judge.requests) == 3
    own = [question.label for question in found if question.text == "Is it heard in a kennel?"]
    assert own == ["cat", "cow", "dog"]
    assert BankQuestion("cat", "presence", 'Is "cat" the right label for the item?') in found


def test_a_judge_that_cannot_write_leaves_the_questions_that_need_no_writing() -> None:
    found = bank(view(settings=BANKED, judges=("fake",)), FakeChat(lambda request: "I would rather not"))
    assert {question.label for question in found} == {"cat", "cow", "dog"}
    assert "attribute" not in {question.kind for question in found}


def test_a_bank_of_the_users_own_is_read_without_asking_a_judge(tmp_path: Path) -> None:
    file = tmp_path / "bank.json"
    file.write_text(json.dumps([{"label": "dog", "kind": "attribute", "text": "Does it guard?", "expects": "yes"}]))
    seen = view(settings=settings(protocols=("question_bank",), questions=file), judges=("fake",))
    assert BankQuestion("dog", "attribute", "Does it guard?") in bank(seen, silent())


def test_a_rehearsal_has_as_many_questions_as_any_judge_could_write() -> None:
    seen = view(settings=BANKED, judges=("fake",))
    many = {"attribute": [f"Is it number {n}?" for n in range(99)], "discriminative": {}, "negative": []}
    written = bank(seen, FakeChat(lambda request: json.dumps(many)))
    (left,) = ROLE.rehearse(seen, FakeAsk(FakeChat(lambda request: "I would rather not")))
    assert isinstance(left, QuestionBank) and len(left.bank) == len(written)


def test_a_rehearsal_with_a_bank_of_the_user_s_own_has_just_that(tmp_path: Path) -> None:
    file = tmp_path / "bank.json"
    file.write_text(json.dumps([{"label": "dog", "kind": "attribute", "text": "Does it guard?", "expects": "yes"}]))
    seen = view(settings=settings(protocols=("question_bank",), questions=file), judges=("fake",))
    assert ROLE.rehearse(seen, FakeAsk(silent())) == ROLE.work(seen, FakeAsk(silent()))
