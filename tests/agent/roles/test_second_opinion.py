"""The second opinion: alone, with a hand-made view, and in a run with two judges."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import closing
from math import log
from pathlib import Path
from typing import Any, Literal, NamedTuple, NoReturn, TypeVar

import numpy as np

from errata.agent.drive import drive
from errata.agent.evidence.next_questions import Question
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.evidence.view import View
from errata.agent.phases import roles_of
from errata.agent.roles.second_opinion import ROLE
from errata.agent.run.begin import begin
from errata.settings import Settings
from errata.tools.data.left_out import LeftOut
from errata.tools.inference.label_noise import LabelNoise
from errata.tools.inference.scan import Scan
from errata.tools.judging.door import Door
from errata.tools.store.store import ItemRow
from errata.types import NONE_OF_THESE, Item, LabelSpace, PromptRef, Verdict
from tests.conftest import stub_server
from tests.topics import write_topics

T = TypeVar("T")
SPACE = LabelSpace(("cat", "dog"))
SETTINGS = Settings(label="label", text=("text",), escalate=True, protocols=("blind_choice",))
SURE = 0.999


class NoContent:
    modality: Literal["text", "image"] = "text"
    left_out = LeftOut()
    remarks: tuple[str, ...] = ()

    def each(self, rows: Sequence[int]) -> Iterator[Item]:
        raise AssertionError("the role reads no item")

    def texts(self, rows: Sequence[int]) -> list[str | None]:
        raise AssertionError("the role reads no item")


def nobody(judge: str, ask: Callable[[Door], Coroutine[Any, Any, T]]) -> NoReturn:
    raise AssertionError("the role asks nobody itself")


def view(
    *said: Mapping[str, str],
    judges: Sequence[str] = ("small", "large"),
    settings: Settings = SETTINGS,
    suspects: bool = True,
    dog: float = 0.9,
) -> View:
    """Items labeled cat; ``dog`` is the scan's probability of the other label. ``said``: judge -> its answer, "" if it
    is unreadable."""
    number = len(said)
    rows = [ItemRow(i, f"m{i}", f"sha{i}", "cat", False, None, i if suspects else None, i) for i in range(number)]
    probs_NK = np.tile(np.array([1 - dog, dog], np.float32), (number, 1))
    scan = Scan(probs_NK, [probs_NK], {}, probs_NK[:, 0], LabelNoise(np.array([[0.8, 0.2], [0.2, 0.8]]), 1.0))
    verdicts = [verdict(i, judge, answer) for i, one in enumerate(said) for judge, answer in one.items()]
    return View(settings, SPACE, rows, NoContent(), judges=tuple(judges), scan=scan, verdicts=verdicts)


def verdict(idx: int, judge: str, answer: str) -> Verdict:
    others = [option for option in (*SPACE.names, NONE_OF_THESE) if option != answer]
    log_probs = {answer: log(SURE)} | {option: log((1 - SURE) / len(others)) for option in others}
    prompt = PromptRef("blind_choice", "1", "")
    return Verdict(idx, judge, "blind_choice", prompt, log_probs if answer else {}, answer, ())


def asked(seen: View) -> dict[int, str]:
    """Item -> the judge that the role wants to ask about it."""
    questions = ROLE.work(seen, nobody)
    assert all(isinstance(question, Question) for question in questions)
    return {question.idx: question.judge for question in questions if isinstance(question, Question)}


def test_a_change_that_one_judge_favors_goes_to_the_next() -> None:
    seen = view({"small": "dog"}, {"small": NONE_OF_THESE})
    assert seen.outcomes == ["relabel", "none_of_these"]
    assert asked(seen) == {0: "large", 1: "large"}


def test_what_is_kept_or_what_two_judges_favor_needs_no_more() -> None:
    seen = view({"small": "cat"}, {"small": "dog", "large": "dog"}, judges=("small", "large", "largest"))
    assert seen.outcomes == ["keep", "relabel"]
    assert asked(seen) == {}


def test_what_the_first_judge_has_not_said_yet_comes_first() -> None:
    seen = view({}, {"small": "dog"}, dog=0.999)
    assert seen.outcomes == ["relabel", "relabel"]
    assert asked(seen) == {1: "large"}


def test_an_unreadable_answer_is_not_an_opinion() -> None:
    seen = view({"small": "dog", "large": ""}, judges=("small", "large", "largest"))
    assert asked(seen) == {0: "largest"}


def test_if_no_judge_is_left_the_change_stays() -> None:
    assert asked(view({"small": "dog", "large": ""})) == {}


def test_an_item_that_is_no_suspect_is_left_alone() -> None:
    assert asked(view({"small": "dog"}, suspects=False)) == {}


def test_it_works_only_if_named_and_judges_are_asked_in_turn() -> None:
    assert ROLE not in roles_of("ask")
    assert [role.name for role in roles_of("ask", ("second_opinion",))] == ["examiner", "second_opinion"]
    assert ROLE.wanted(view())
    assert not ROLE.wanted(view(judges=("small",)))
    assert not ROLE.wanted(view(settings=SETTINGS.model_copy(update={"escalate": False})))


class Result(NamedTuple):
    """What a run asked each judge, and what it would change."""

    asked: dict[str, set[int]]
    changes: set[int]


def run(data: Path, *judges: str, roles: Sequence[str] = ()) -> Result:
    values = {"label": "topic", "text": "message", "id": "id", "embedder": "plain", "judge": judges, "escalate": True}
    more = {"protocols": ("blind_choice",), "costs": {"break_right": 1.0}, "roles": roles}
    with closing(begin(data, Settings.model_validate(values | more))) as workspace:
        drive(workspace, lambda step, done, total: None)
        snapshot = Snapshot.of(workspace)
        asked = {name: {v.idx for v in snapshot.verdicts if v.judge == name} for name in ("small", "large")}
        return Result(asked, {p.idx for p in snapshot.proposals.values() if p.outcome == "relabel"})


def test_in_a_run_the_second_judge_is_asked_about_changes_that_rest_on_the_first(tmp_path: Path) -> None:
    write_topics(tmp_path / "mail.csv")
    with (
        stub_server(tmp_path / "small.log", "--model", "small") as small,
        stub_server(tmp_path / "large.log", "--model", "large") as large,
    ):
        panel = [judge.spec.replace("stub@", f"{name}@") for name, judge in (("small", small), ("large", large))]
        off = run(tmp_path / "mail.csv", *panel)
        on = run(tmp_path / "mail.csv", *panel, roles=("second_opinion",))
    rest_on_one = (off.changes & off.asked["small"]) - off.asked["large"]
    assert rest_on_one
    assert on.asked["small"] == off.asked["small"]
    assert on.asked["large"] == off.asked["large"] | rest_on_one
