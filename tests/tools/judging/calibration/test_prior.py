"""The prior: what a judge prefers on empty content is measured over the labels only, and removed from them only."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errata.errors import ModelError
from errata.testing import Answer, FakeChat, MemoryCalls
from errata.tools.judging.calibration.content_free import content_free
from errata.tools.judging.calibration.measure import choice_prior
from errata.tools.judging.calibration.prior import (
    FEWEST_FOR_A,
    Prior,
    debiased,
    fit_a,
    over_labels,
)
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.door import Door
from errata.tools.judging.pacing.budget import Budget
from errata.types import OTHER_ANSWERS, Item, LabelSpace, PromptRef, Verdict

SPACE = LabelSpace(("cat", "cow", "dog"))
ITEMS = content_free([Item.of(i, str(i), str(i), "cat", "it purrs at night and sleeps all day") for i in range(5)])
LEANS = {"cat": 0.6, "cow": 0.1, "dog": 0.1, "cannot": 0.16}


def shown(request: ChatRequest) -> dict[str, str]:
    lines = request.messages[-1]["content"][-1]["text"].splitlines()
    return {line[0]: line[3:] for line in lines if line[1:3] == ") "}


def leaning(leans: Mapping[str, float], first: float = 0.0) -> FakeChat:
    """A judge with these probabilities for any input, and a bonus for the first option."""

    def answer(request: ChatRequest) -> Answer:
        probs = {a: leans.get(words.split()[0], 0.02) + first * (a == "A") for a, words in shown(request).items()}
        return {alias: p / sum(probs.values()) for alias, p in probs.items()}

    return FakeChat(answer)


def verdict(probs: Mapping[str, float], answers: Mapping[str, tuple[float, float]] | None = None) -> Verdict:
    logs = {key: math.log(p) for key, p in probs.items()}
    return Verdict(0, "j", "blind_choice", PromptRef("blind_choice", "v1", "s"), logs, "", (), answers=answers or {})


def measured(model: FakeChat, sets: list[tuple[str, ...]]) -> tuple[Prior, MemoryCalls]:
    calls = MemoryCalls()

    async def main() -> Prior:
        door = Door(model, calls, Budget())
        try:
            await choice_prior(door, ITEMS, sets, SPACE)
            return (await choice_prior(door, ITEMS, sets, SPACE))[0]
        finally:
            await door.close()

    return asyncio.run(main()), calls


def test_the_prior_is_the_judges_lean_over_the_labels_and_its_calls_are_paid_once() -> None:
    model = leaning(LEANS)
    prior, calls = measured(model, [SPACE.names])
    assert {key: math.exp(value) for key, value in prior.log_prior.items()} == pytest.approx(
        {"cat": 0.75, "cow": 0.125, "dog": 0.125}
    )
    assert (prior.judge, prior.style, prior.items) == ("fake", "letters", 20)
    assert len(model.requests) == len(calls.calls) == 40
    assert Prior.from_json(json.loads(json.dumps(prior.as_json()))) == prior


def test_a_preference_for_the_first_option_is_averaged_out_of_the_prior() -> None:
    prior, _ = measured(leaning({"cat": 0.2, "cow": 0.2, "dog": 0.2}, first=0.3), [SPACE.names])
    assert max(prior.log_prior.values()) - min(prior.log_prior.values()) < 0.5


def test_sets_of_candidates_make_one_prior() -> None:
    prior, _ = measured(leaning(LEANS), [("cat", "cow"), ("cow", "dog"), ("cat", "dog")])
    log = prior.log_prior
    assert log["cat"] - log["cow"] == pytest.approx(math.log(6), abs=1e-3)
    assert log["cow"] - log["dog"] == pytest.approx(0, abs=1e-3)


def test_a_judge_that_answers_nothing_readable_is_stopped_before_it_has_a_prior() -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        measured(FakeChat(lambda _: "I would say it is a cat"), [SPACE.names])


def test_without_a_prior_nothing_is_taken_out() -> None:
    assert debiased({"cat": -0.1, "cannot_tell": -2.4}, {}) == {"cat": -0.1, "cannot_tell": -2.4}


def test_debiasing_undoes_the_lean_between_labels_and_leaves_the_other_answers() -> None:
    probs = {"cat": 0.6, "cow": 0.1, "dog": 0.1, "cannot_tell": 0.2}
    logs = {key: math.log(p) for key, p in probs.items()}
    prior = over_labels([verdict(probs)])
    even = {key: math.exp(value) for key, value in debiased(logs, prior).items()}
    assert even == pytest.approx({"cat": 0.8 / 3, "cow": 0.8 / 3, "dog": 0.8 / 3, "cannot_tell": 0.2})
    assert debiased(logs, prior, a=0.0) == pytest.approx(logs)


@given(
    st.lists(st.floats(-14, 0), min_size=5, max_size=5),
    st.lists(st.floats(-8, 0), min_size=2, max_size=2),
    st.floats(0, 1.2),
)
def test_debiased_rows_stay_normalized(values: list[float], leans: list[float], a: float) -> None:
    raw = np.array(values) - np.logaddexp.reduce(values)
    logs = dict(zip(("cat", "cow", *OTHER_ANSWERS), raw.tolist(), strict=True))
    after = debiased(logs, dict(zip(("cat", "unseen"), leans, strict=True)), a)
    assert sum(map(math.exp, after.values())) == pytest.approx(1)
    assert all(after[key] == logs[key] for key in OTHER_ANSWERS)


def test_a_is_fitted_only_with_enough_decided_items() -> None:
    draw = np.random.default_rng(0)
    prior = {"cat": math.log(0.9), "dog": math.log(0.1)}
    decided = []
    for _ in range(400):
        truth = draw.choice(["cat", "dog"])
        odds = 1.0 if truth == "cat" else -1.0
        odds += draw.normal() * math.sqrt(2)  # log-odds of a calibrated judge: mean +-1, variance 2
        biased = odds + 0.5 * (prior["cat"] - prior["dog"])
        decided.append(({"cat": -math.log1p(math.exp(-biased)), "dog": -math.log1p(math.exp(biased))}, str(truth)))
    assert fit_a(decided, prior) == pytest.approx(0.5, abs=0.15)
    assert fit_a(decided[: FEWEST_FOR_A - 1], prior) == 1.0
    assert fit_a(decided[: FEWEST_FOR_A - 1], prior, otherwise=0.3) == 0.3
    assert fit_a([(row, "cow") for row, _ in decided], prior) == 1.0
