"""What is proposed to a person: the likeliest answer where it is clearly ahead."""

from __future__ import annotations

import numpy as np
import pytest

from errata.settings import Costs
from errata.tools.inference.outcome import proposed_outcomes
from errata.tools.inference.posterior import Posteriors
from errata.types import LabelSpace, Outcome

RATIO = 1.5


def proposed(*probs: float, judged: bool = False, judges_keep: bool = False) -> Outcome | None:
    """Of one item with the given label a, the others b and c, several, and none of these."""
    table = Posteriors(
        np.array([[0, 1, 2]]),
        np.array([probs]),
        np.array([int(judged)]),
        np.array([judges_keep]),
        np.array([0]),
        LabelSpace(("a", "b", "c")),
    )
    return proposed_outcomes(table, RATIO, Costs())[0]


@pytest.mark.parametrize(
    ("probs", "outcome"),
    [
        ((0.3, 0.6, 0.1, 0, 0), "relabel"),  # at any confidence
        ((0.2, 0.36, 0.22, 0, 0), "relabel"),
        ((0.45, 0.5, 0.05, 0, 0), "ambiguous"),
        ((0.1, 0.5, 0.4, 0, 0), "ambiguous"),
        ((0.5, 0.45, 0.05, 0, 0), None),  # close, and the given label is the likeliest
        ((0.99, 0.01, 0, 0, 0), None),
    ],
)
def test_a_scan_proposes_what_is_clearly_likelier(probs: tuple[float, ...], outcome: Outcome | None) -> None:
    assert proposed(*probs) == outcome


@pytest.mark.parametrize(
    ("probs", "outcome"),
    [
        ((0.9, 0.05, 0, 0.05, 0), "keep"),
        ((0.5, 0.45, 0.05, 0, 0), "ambiguous"),
        ((0.2, 0.1, 0, 0.7, 0), "several"),
        ((0.2, 0.1, 0, 0, 0.7), "none_of_these"),
        ((0.3, 0.2, 0, 0, 0.4), "ambiguous"),
        ((0.1, 0.8, 0, 0.1, 0), "relabel"),
    ],
)
def test_a_judged_item_is_kept_changed_or_ambiguous(probs: tuple[float, ...], outcome: Outcome) -> None:
    assert proposed(*probs, judged=True, judges_keep=outcome == "keep") == outcome


def test_no_label_is_kept_that_no_judge_favored() -> None:
    assert proposed(0.9, 0.1, 0, 0, 0, judged=True) is None
    assert proposed(0.69, 0.31, 0, 0, 0, judged=True) == "ambiguous", "a chance of .31 is worth a look, which costs .3"
