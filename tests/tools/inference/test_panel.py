"""Several judges together, and whether asking another can still change anything."""

from __future__ import annotations

import math

import numpy as np
import pytest

from errata.settings import Costs, Pool
from errata.tools.detectors.confident.channel_quality import even_noise
from errata.tools.inference.escalation import undecided
from errata.tools.inference.label_noise import LabelNoise
from errata.tools.inference.posterior import Posteriors, weigh
from errata.tools.inference.verdict_columns import VerdictColumns
from errata.types import LabelSpace, PromptRef, Verdict

SPACE = LabelSpace(("a", "b", "c"))
COSTS = Costs()


def said(judge: str, idx: int = 0, protocol: str = "blind_choice", **probs: float) -> Verdict:
    """A verdict with these probabilities; all other answers share the rest."""
    names = ["a", "b", "c", "several", "none_of_these", "cannot_tell"]
    rest = (1 - sum(probs.values())) / (len(names) - len(probs))
    logs = {name: math.log(probs.get(name, rest)) for name in names}
    return Verdict(idx, judge, protocol, PromptRef(protocol, "v1", "s"), logs, "", ())


def table(rows: list[list[float]], verdicts: list[Verdict], pool: Pool = "mean") -> Posteriors:
    noise = LabelNoise(even_noise(0.1, 3), 1.0)
    return weigh(
        np.zeros(len(rows), np.int64), [np.array(rows, np.float32)], noise, VerdictColumns.of(verdicts, SPACE), pool
    )


def change(pool: Pool, *verdicts: Verdict) -> float:
    """The log-odds of b over the given label a."""
    posterior = table([[0.4, 0.4, 0.2]], list(verdicts), pool).item(0)
    return math.log(posterior.labels["b"] / posterior.labels["a"])


@pytest.mark.parametrize("pool", ["mean", "worst_case", "uncertainty_weighted"])
def test_judges_that_agree_count_alike_however_they_are_pooled(pool: Pool) -> None:
    one, two = said("small", b=0.9), said("large", b=0.9)
    assert change(pool, one, two) == pytest.approx(change("mean", one))


def test_the_worst_case_takes_the_judge_that_favors_a_change_least() -> None:
    doubting, sure = said("small", b=0.6, a=0.3), said("large", b=0.95)
    assert change("worst_case", doubting, sure) == pytest.approx(change("mean", doubting))
    assert change("worst_case", doubting, sure) < change("mean", doubting, sure) < change("mean", sure)


def test_disagreement_costs_a_change_half_its_variance() -> None:
    one, two = said("small", b=0.6, a=0.3), said("large", b=0.9, a=0.05)
    lost = change("mean", one, two) - change("uncertainty_weighted", one, two)
    odds = [change("mean", verdict) for verdict in (one, two)]
    assert lost == pytest.approx(0.5 * np.var(odds))


def test_a_judge_asked_twice_is_one_judge() -> None:
    twice = [said("small", b=0.9), said("small", protocol="contest", b=0.9)]
    assert change("mean", *twice, said("large", a=0.9)) == pytest.approx(change("mean", twice[0], said("large", a=0.9)))


def test_items_that_only_one_judge_saw_are_not_held_against_anyone() -> None:
    seen = table([[0.4, 0.4, 0.2]] * 2, [said("small", 0, b=0.9), said("large", 1, b=0.9)], "worst_case")
    assert seen.probs_NS[0] == pytest.approx(seen.probs_NS[1])


def test_one_more_judge_is_worth_asking_only_if_it_can_change_the_outcome() -> None:
    rows = [[0.999, 0.0005, 0.0005], [0.5, 0.45, 0.05], [0.01, 0.98, 0.01]]
    verdicts = [said("small", 0, a=0.99), said("small", 1, b=0.7, a=0.2), said("small", 2, b=0.995)]
    assert undecided(table(rows, verdicts), COSTS).tolist() == [False, True, False]


def test_before_anybody_was_asked_doubtful_items_are_open() -> None:
    assert undecided(table([[0.3, 0.6, 0.1], [0.999, 0.0005, 0.0005]], []), COSTS).tolist() == [True, False]
