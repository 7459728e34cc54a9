"""The examiner asks each judge the next question about each suspect."""

from __future__ import annotations

import math
from collections.abc import Mapping

from errata.agent.evidence.next_questions import Question
from errata.agent.evidence.view import View
from errata.agent.roles.examiner import ROLE
from errata.types import PromptRef, Verdict
from tests.agent.roles.made import SPACE, left_by, settings, view

CHOICE = settings(protocols=("blind_choice", "contest"))


def verdict(judge: str, protocol: str, probs: Mapping[str, float]) -> Verdict:
    return Verdict(
        0, judge, protocol, PromptRef(protocol, "v1", ""), {k: math.log(p) for k, p in probs.items()}, "", ()
    )


def asked(seen: View) -> list[Question]:
    return left_by(ROLE, seen, Question)


def test_without_a_judge_it_is_not_wanted() -> None:
    assert not ROLE.wanted(view()) and ROLE.wanted(view(judges=("small",)))


def test_only_suspects_are_asked_about_under_the_first_protocol_first() -> None:
    assert asked(view(settings=CHOICE, judges=("small",))) == [Question("small", 0, "blind_choice", SPACE.names)]


def test_what_was_asked_is_not_asked_again_and_a_contest_is_between_the_likeliest_two() -> None:
    said = verdict("small", "blind_choice", {"cat": 0.3, "cow": 0.1, "dog": 0.6})
    seen = view(settings=CHOICE, judges=("small",), verdicts=[said])
    assert asked(seen) == [Question("small", 0, "contest", ("cat", "dog"))]
    done = verdict("small", "contest", {"cat": 0.3, "dog": 0.7})
    assert asked(view(settings=CHOICE, judges=("small",), verdicts=[said, done])) == []


def test_every_judge_is_asked_and_with_escalation_a_later_one_waits() -> None:
    both = ("small", "large")
    assert [question.judge for question in asked(view(settings=CHOICE, judges=both))] == ["small", "large"]
    escalating = settings(protocols=("blind_choice",), escalate=True)
    assert [question.judge for question in asked(view(settings=escalating, judges=both))] == ["small"]
    unsure = verdict("small", "blind_choice", {"cat": 0.5, "cow": 0.01, "dog": 0.49})
    waited = view(settings=escalating, judges=both, verdicts=[unsure])
    assert [question.judge for question in asked(waited)] == ["large"]
