"""Controls: a judge that says yes to everything is not used, and one that errs occasionally still counts."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

import pytest

from errata.errors import ModelError
from errata.testing import Answer, FakeChat, MemoryCalls
from errata.tools.judging.bank.bank import by_rule
from errata.tools.judging.bank.control_questions import (
    PER_LABEL,
    ControlQuestion,
    Tally,
    ask_control_questions,
    draw_control_questions,
    tally,
    without_disabled,
)
from errata.tools.judging.calibration.content_free import content_free
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.door import Door
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.protocols import blind_choice, contest
from errata.tools.judging.reading.reading import favorite
from errata.types import CANNOT_TELL, Item, LabelSpace, PromptRef, Verdict

SPACE = LabelSpace(("cat", "dog"))
BANK = by_rule(SPACE, {})
CATS = [Item.of(i, str(i), f"cat {i}", "cat", f"it purrs {i}") for i in range(8)]
DOGS = [Item.of(i, str(i), f"dog {i}", "dog", f"it barks {i}") for i in range(8)]
FREE = content_free([*CATS, *DOGS], count=8)
ASKED = draw_control_questions(FREE, {"cat": CATS, "dog": DOGS})


def text_of(request: ChatRequest) -> str:
    return str(request.messages[-1]["content"][-1]["text"])


def saying(word_for: Callable[[str], str]) -> FakeChat:
    """A judge that picks the option beginning with the word that ``word_for`` returns for its prompt."""

    def answer(request: ChatRequest) -> Answer:
        lines = text_of(request).splitlines()
        word = word_for(text_of(request))
        return next(line[0] for line in lines if line[1:3] == ") " and line[3:].startswith(word))

    return FakeChat(answer)


def tallies(model: FakeChat) -> dict[str, Tally]:
    async def main() -> tuple[Tally, ...]:
        door = Door(model, MemoryCalls(), Budget())
        try:
            return tally(await ask_control_questions(door, ASKED, BANK, SPACE))
        finally:
            await door.close()

    return {found.label: found for found in asyncio.run(main())}


def verdict(answers: dict[str, tuple[float, float]] | None = None, **probs: float) -> Verdict:
    logs = {key: math.log(p) for key, p in probs.items()}
    return Verdict(0, "j", "blind_choice", PromptRef("blind_choice", "v1", "s"), logs, "", (), answers=answers or {})


def test_controls_are_items_of_other_classes_and_items_without_content() -> None:
    assert len(ASKED) == 2 * 2 * PER_LABEL
    assert {control.item.given_label for control in ASKED if control.label == "cat"} == {None, "dog"}
    assert draw_control_questions(FREE, {"cat": CATS, "dog": DOGS}) == ASKED
    assert [c.item.given_label for c in draw_control_questions(FREE[:1], {"cat": CATS[:1], "dog": []}, 9)] == [
        None,
        None,
        "cat",
    ]


def test_a_judge_that_says_yes_to_everything_is_disabled_for_every_class() -> None:
    found = tallies(saying(lambda _: "yes"))
    assert found == {"cat": Tally("cat", 10, 10), "dog": Tally("dog", 10, 10)}
    assert all(one.disabled for one in found.values())


@pytest.mark.parametrize("word", ["no", "cannot tell"])
def test_a_judge_that_denies_or_cannot_tell_is_heard(word: str) -> None:
    assert {(one.yes, one.disabled) for one in tallies(saying(lambda _: word)).values()} == {(0, False)}


def test_a_judge_that_sees_cats_everywhere_is_disabled_for_cats_alone() -> None:
    found = tallies(saying(lambda text: "yes" if '"cat"' in text else "no"))
    assert found["cat"].disabled
    assert not found["dog"].disabled
    assert str(found["cat"]) == "cat: yes to 10 of 10 control questions, not used for it"


def test_unreadable_answers_are_no_yes_and_no_no_but_stop_a_judge() -> None:
    assert tallies(FakeChat(lambda _: "well...")) == {}

    async def main() -> Verdict:
        door = Door(FakeChat(lambda _: "well..."), MemoryCalls(), Budget())
        try:
            await ask_control_questions(door, ASKED, BANK, SPACE)
            return await blind_choice.ask(door, CATS[0], SPACE.names, SPACE)
        finally:
            await door.close()

    with pytest.raises(ModelError, match="20 of the first 20 answers of fake cannot be read"):
        asyncio.run(main())


@pytest.mark.parametrize(
    ("yes", "asked", "disabled"),
    [(0, 0, False), (1, 3, False), (3, 3, True), (4, 10, False), (5, 10, True), (20, 100, False), (28, 100, True)],
)
def test_few_answers_disable_no_judge(yes: int, asked: int, disabled: bool) -> None:
    assert Tally("cat", yes, asked).disabled is disabled


def test_a_judge_that_always_picks_the_first_option_decides_nothing() -> None:
    async def main() -> tuple[Verdict, Verdict]:
        door = Door(FakeChat(lambda r: {c: 0.96 if c == "A" else 0.01 for c in r.choices}), MemoryCalls(), Budget())
        try:
            return (
                await blind_choice.ask(door, CATS[0], SPACE.names, SPACE),
                await contest.ask(door, CATS[0], "cat", "dog", SPACE),
            )
        finally:
            await door.close()

    chosen, contested = asyncio.run(main())
    assert max(map(math.exp, chosen.log_probs.values())) < 0.5
    assert favorite(contested.log_probs) == CANNOT_TELL


def test_verdicts_for_a_disabled_class_are_ignored() -> None:
    said = verdict(cat=0.6, dog=0.3, cannot_tell=0.1)
    assert without_disabled(said, "dog", {"cat"}) is None
    assert without_disabled(said, "cat", {"cat"}) is None
    assert without_disabled(said, "dog", ()) is said
    left = without_disabled(said, "cow", {"dog"})
    assert left is not None
    assert {key: math.exp(value) for key, value in left.log_probs.items()} == pytest.approx(
        {"cat": 6 / 7, "cannot_tell": 1 / 7}
    )
    unreadable = verdict()
    assert without_disabled(unreadable, "cat", {"cat"}) is unreadable


def test_bank_answers_about_a_disabled_class_are_ignored() -> None:
    answers = {question.id: (0.9, 0.1) for question in BANK}
    left = without_disabled(verdict(answers, cat=0.7, dog=0.2, cannot_tell=0.1), None, {"dog"}, BANK)
    assert left is not None
    assert set(left.answers) == {question.id for question in BANK if question.label == "cat"}


def test_a_class_without_a_presence_question_is_not_asked_about() -> None:
    only_cats = tuple(question for question in BANK if question.label == "cat")

    async def main() -> tuple[Tally, ...]:
        door = Door(saying(lambda _: "no"), MemoryCalls(), Budget())
        try:
            drawn = [ControlQuestion(FREE[0], "dog"), ControlQuestion(FREE[0], "cat")]
            return tally(await ask_control_questions(door, drawn, only_cats, SPACE))
        finally:
            await door.close()

    assert asyncio.run(main()) == (Tally("cat", 0, 1),)
