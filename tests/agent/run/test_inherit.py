"""What a new run inherits: other labels being added, removed, renamed, or respelled invalidates nothing."""

from __future__ import annotations

import math
from dataclasses import replace

from errata.agent.run.inherit import carried_over
from errata.tools.guideline import Guideline, Rewording
from errata.types import LabelSpace, PromptRef, Verdict

THEN = LabelSpace(("cat", "cow", "dog"), {"dog": "barks"})


def verdict(**probs: float) -> Verdict:
    logs = {option: math.log(p) for option, p in probs.items()}
    return Verdict(0, "j", "blind_choice", PromptRef("blind_choice", "v1", "sha"), logs, "A", ("k",))


def carried(said: Verdict, now: LabelSpace, given: str = "cat") -> Verdict | None:
    return carried_over(said, given, Rewording(Guideline("", THEN), Guideline("", now)))


def probs(found: Verdict | None) -> dict[str, float] | None:
    return None if found is None else {option: round(math.exp(p), 6) for option, p in found.log_probs.items()}


def test_a_new_class_elsewhere_voids_no_verdict() -> None:
    said = verdict(cat=0.7, cow=0.1, dog=0.1, several=0.1)
    now = LabelSpace(("cat", "cow", "dog", "emu"), {"dog": "barks"})
    assert carried(said, now) == Guideline("", now).worded(said, "cat")


def test_a_removed_class_loses_its_share() -> None:
    said = verdict(cat=0.6, cow=0.2, dog=0.2)
    assert probs(carried(said, LabelSpace(("cat", "dog"), {"dog": "barks"}))) == {"cat": 0.75, "dog": 0.25}


def test_a_verdict_for_a_removed_class_is_void() -> None:
    assert carried(verdict(cat=0.1, cow=0.9), LabelSpace(("cat", "dog"), {"dog": "barks"})) is None


def test_a_renamed_class_and_another_spelling_keep_the_verdict() -> None:
    now = LabelSpace(("Cat", "cow", "hound"), {"hound": "barks"}, spellings={"cat": "Cat"}, renames={"dog": "hound"})
    assert probs(carried(verdict(cat=0.5, dog=0.5), now)) == {"Cat": 0.5, "hound": 0.5}


def test_another_definition_is_another_option() -> None:
    assert carried(verdict(cat=0.5, dog=0.5), LabelSpace(("cat", "cow", "dog"), {"dog": "howls"})) is None


def test_a_definition_that_a_verdict_does_not_rest_on_may_change() -> None:
    now = LabelSpace(("cat", "cow", "dog"), {"dog": "howls"})
    said = verdict(cat=0.98, cow=0.01, dog=0.01)
    assert carried(said, now) is not None
    assert carried(said, now, given="dog") is None


def test_what_a_verdict_recorded_is_what_counts() -> None:
    """A verdict that an earlier run inherited may rest on other guideline text than that run's."""
    now = LabelSpace(("cat", "cow", "dog"), {"dog": "howls"})
    said = Guideline("", now).worded(verdict(cat=0.5, dog=0.5), "cat")
    assert list(said.wording) == ['["dog"]'] and carried(said, now) == said
    assert carried(replace(said, wording={'["dog"]': "0" * 16}), now) is None


def test_a_steering_control_is_about_no_label() -> None:
    said = verdict(moved=0.1, unmoved=0.9)
    assert carried(said, LabelSpace(("cat", "emu"))) == said
