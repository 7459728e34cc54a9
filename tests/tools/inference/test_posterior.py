"""Candidates, posterior, outcome and suspects."""

from __future__ import annotations

import math

import numpy as np
import pytest

from errata.settings import Costs
from errata.tools.detectors.confident.channel_quality import even_noise
from errata.tools.inference.candidates import candidates
from errata.tools.inference.label_noise import LabelNoise
from errata.tools.inference.outcome import cheapest
from errata.tools.inference.posterior import Posteriors, weigh
from errata.tools.inference.suspects import rank_suspects
from errata.tools.inference.verdict_columns import VerdictColumns
from errata.types import LabelSpace, PromptRef, Verdict

SPACE = LabelSpace(("a", "b", "c"))
NOISE = LabelNoise(even_noise(0.1, 3), 1.0)


def said(idx: int, **probs: float) -> Verdict:
    """A verdict with these probabilities; what is missing to 1 is shared by all other answers."""
    names = ["a", "b", "c", "several", "none_of_these", "cannot_tell"]
    rest = (1 - sum(probs.values())) / (len(names) - len(probs))
    logs = {name: math.log(probs.get(name, rest)) for name in names}
    return Verdict(idx, "j", "blind_choice", PromptRef("blind_choice", "v1", "s"), logs, "", ())


def table(given: list[int], rows: list[list[float]], verdicts: list[Verdict] | None = None) -> Posteriors:
    probs = np.array(rows, np.float32)
    return weigh(np.array(given), [probs], NOISE, VerdictColumns.of(verdicts or [], SPACE))


def test_candidates_start_with_the_given_label_and_never_repeat() -> None:
    probs = np.array([[0.1, 0.7, 0.2], [0.8, 0.1, 0.1]], np.float32)
    found = candidates(np.array([2, 0]), [probs, probs], {1: [1]})
    assert found[:, 0].tolist() == [2, 0]
    for labels in found:
        used = [label for label in labels if label >= 0]
        assert len(used) == len(set(used))
    assert set(found[0]) >= {0, 1, 2}


def test_probabilities_sum_to_one_with_and_without_a_judge() -> None:
    found = table([0, 1], [[0.2, 0.7, 0.1], [0.1, 0.8, 0.1]], [said(0, b=0.9)])
    assert found.probs_NS.sum(axis=1) == pytest.approx([1, 1])


def test_a_judge_moves_the_posterior_toward_what_it_said() -> None:
    rows = [[0.4, 0.4, 0.2]]
    before, after = table([0], rows), table([0], rows, [said(0, b=0.95)])
    assert after.given_holds_N[0] < before.given_holds_N[0]
    assert after.challengers == ["b"]


def test_a_judge_that_cannot_tell_changes_little_and_an_unreadable_one_nothing() -> None:
    rows = [[0.3, 0.6, 0.1]]
    silent = Verdict(0, "j", "blind_choice", PromptRef("p", "v1", "s"), {}, "???", ())
    before, unsure, unread = table([0], rows), table([0], rows, [said(0, cannot_tell=0.97)]), table([0], rows, [silent])
    assert unread.probs_NS.tolist() == before.probs_NS.tolist()
    labels, total = unsure.item(0).labels, sum(unsure.item(0).labels.values())
    assert {name: p / total for name, p in labels.items()} == pytest.approx(dict(before.item(0).labels), abs=0.02)


def test_one_sure_wrong_answer_of_a_judge_cannot_overrule_everything() -> None:
    found = table([0], [[0.98, 0.01, 0.01]], [said(0, b=1 - 5e-9)])
    assert found.given_holds_N[0] > 0.5


def test_detectors_keep_their_power_once_a_judge_has_looked() -> None:
    given, probs, heard = np.array([0, 0]), np.array([[0.05, 0.6, 0.35]] * 2, np.float32), [said(1, a=0.7)]
    sharp, plain = (
        weigh(given, [probs], NOISE._replace(power=p), VerdictColumns.of(heard, SPACE)).given_holds_N
        for p in (3.0, 1.0)
    )
    assert (sharp < plain - 0.1).all() and (plain[1] > plain[0], sharp[1] > sharp[0]) == (True, True)


def test_a_verdict_moves_an_item_at_most_by_what_its_judge_was_measured_to_be_worth() -> None:
    heard = VerdictColumns.of([said(0, b=0.999)], SPACE)
    odds = []
    for ratio in (1.0, 4.0):
        table = weigh(
            np.array([0]), [np.array([[0.5, 0.3, 0.2]], np.float32)], NOISE, heard.as_measured(np.full(1, ratio))
        )
        labels = table.item(0).labels
        odds.append(math.log(labels["b"] / labels["a"]))
    assert 0.9 * math.log(4) < odds[1] - odds[0] <= math.log(4) + 1e-9


def test_permuting_the_classes_permutes_the_answer() -> None:
    rows = np.array([[0.5, 0.3, 0.2]], np.float32)
    order = [2, 0, 1]
    first = weigh(np.array([0]), [rows], NOISE, VerdictColumns.of([], SPACE)).item(0).labels
    swapped = LabelSpace(tuple(SPACE.names[k] for k in order))
    second = weigh(np.array([1]), [rows[:, order]], NOISE, VerdictColumns.of([], swapped)).item(0).labels
    assert second == pytest.approx(dict(first))


def test_an_item_without_a_given_label_has_no_quality_and_still_a_best_label() -> None:
    found = table([-1], [[0.1, 0.8, 0.1]])
    assert math.isnan(found.given_holds_N[0])
    assert found.challengers == ["b"]


def outcome_of(given: float, other: float, several: float = 0.0, none: float = 0.0) -> str:
    cand = np.array([[0, 1]])
    probs, one = np.array([[given, other, several, none]]), np.array([1])
    posteriors = Posteriors(cand, probs, one, one > 0, np.array([0]), SPACE)
    return cheapest(posteriors, Costs())[0]


def test_outcomes_follow_the_costs() -> None:
    # keep costs p(wrong), a look 0.3, a change 5 p(given right) + p(both wrong)
    assert outcome_of(0.71, 0.29) == "keep"
    assert outcome_of(0.69, 0.31) == "ambiguous"
    assert outcome_of(0.07, 0.93) == "ambiguous"
    assert outcome_of(0.05, 0.95) == "relabel"
    assert outcome_of(0.04, 0.80, none=0.16) == "ambiguous"
    assert outcome_of(0.1, 0.1, several=0.8) == "several"
    assert outcome_of(0.1, 0.1, none=0.8) == "none_of_these"


def test_the_queue_is_worst_first_then_a_random_few() -> None:
    holds = np.array([0.99, 0.2, np.nan, 0.5, 0.999, 0.98])
    flags = [np.array([False, False, True, False, False, True])]
    shas = ["ff" * 8, "00" * 8, "00" * 8, "00" * 8, "00" * 8, "ff" * 8]
    ranked = rank_suspects(holds, holds, flags, shas, share=0.5)
    assert ([*ranked.suspects.tolist()], ranked.drawn.tolist()) == ([1, 3, 5], [4])


def test_an_unreadable_item_is_never_drawn() -> None:
    nobody = rank_suspects(np.array([np.nan]), np.array([np.nan]), [], ["00" * 8], share=1.0)
    assert [len(part) for part in nobody] == [0, 0]


@pytest.mark.parametrize("keeps", [False, True])
def test_only_a_judge_that_is_right_more_often_than_not_closes_an_item(keeps: bool) -> None:
    heard = VerdictColumns.of([said(0, a=0.9)], SPACE).as_measured(np.array([9.0]), np.array([keeps]))
    found = weigh(np.array([0]), [np.array([[0.8, 0.1, 0.1]], np.float32)], NOISE, heard)
    assert found.judges_keep_N.tolist() == [keeps]
