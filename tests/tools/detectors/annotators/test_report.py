"""Reports on annotators: honest intervals, different habits distinguished, and no one named without reason."""

import numpy as np
import pytest

from errata.errors import DataError
from errata.tools.detectors.annotators import Votes, annotator_reports
from errata.tools.detectors.annotators.confusions import expected_counts, standing_out
from errata.tools.detectors.annotators.dawid_skene import dawid_skene
from errata.tools.detectors.annotators.history import agreement
from errata.tools.detectors.annotators.report import AnnotatorReport
from errata.types import Bool, Int
from tests.tools.detectors.annotators.crowd import crowd, votes_of


def reports(votes: Votes) -> list[AnnotatorReport]:
    return annotator_reports(votes, dawid_skene(votes).label_probs_NK)


def with_labels(votes: Votes, where: Bool, label: int | Int) -> Votes:
    labels = np.where(where, label, votes.label_V)
    return votes_of(votes.item_V, votes.annotator_V, labels, votes.num_items, votes.num_annotators, votes.num_classes)


def test_figures_of_a_hand_computed_case() -> None:
    table = np.array([[0, 0, 0], [1, 1, 0], [1, -1, -1]])
    certain = np.array([[1, 0], [0, 1], [0, 1]], np.float32)
    first, _, third = annotator_reports(Votes.from_table(table, 2), certain)
    assert (first.votes, first.agreement) == (3, 1)
    assert first.accuracy == pytest.approx(3.5 / 4)
    assert (third.votes, third.agreement, third.recent_agreement) == (2, 0.5, 0)
    # Jeffreys' interval of 1 right in 2, as tables have it.
    assert third.accuracy_95 == pytest.approx((0.0609, 0.9391), abs=1e-4)


def test_a_lone_annotator_agrees_with_no_one() -> None:
    lonely = reports(Votes.from_table([[0, 0, -1], [-1, -1, 1]], 2))[2]
    assert lonely.agreement is None
    assert lonely.recent_agreement is None
    assert lonely.accuracy_95[0] < lonely.accuracy < lonely.accuracy_95[1]


def test_intervals_hold_the_true_accuracy_nineteen_times_in_twenty() -> None:
    held = []
    for seed in range(5):
        votes, _ = crowd(items=500, annotators=60, classes=3, per_item=3, accuracy=0.75, seed=seed)
        held += [low <= 0.75 <= high for low, high in (report.accuracy_95 for report in reports(votes))]
    assert 0.9 < np.mean(held) < 0.99


def test_doubt_about_the_truth_widens_the_interval() -> None:
    votes, _ = crowd(per_item=3)
    sure = np.eye(3, dtype=np.float32)[np.zeros(400, np.int64)]
    width = [np.diff(r.accuracy_95)[0] for r in annotator_reports(votes, sure)]
    unsure = np.full((400, 3), 1 / 3, np.float32)
    assert min(np.diff(r.accuracy_95)[0] for r in annotator_reports(votes, unsure)) > max(width)


@pytest.mark.parametrize("classes", [2, 4])
def test_no_one_is_named_if_all_err_alike(classes: int) -> None:
    named = [
        report.history
        for seed in range(10)
        for report in reports(crowd(600, 20, classes, seed=seed)[0])
        if report.history != "steady"
    ]
    assert len(named) <= 2


def test_careless_now_biased_and_always_careless_are_told_apart() -> None:
    votes, truth = crowd(items=2000, annotators=20, classes=4, accuracy=0.85)
    rng = np.random.default_rng(1)
    guess = rng.integers(0, 4, len(votes.label_V))
    lately = np.zeros(len(guess), np.bool_)
    lately[np.flatnonzero(votes.annotator_V == 1)[-80:]] = True
    votes = with_labels(votes, lately | (votes.annotator_V == 2), guess)
    mixes_up = (votes.annotator_V == 0) & (truth[votes.item_V] == 2) & (rng.random(len(guess)) < 0.5)
    biased, careless, guesser, *rest = reports(with_labels(votes, mixes_up, 3))
    assert biased.history == "systematically_biased"
    assert [(c.true, c.given) for c in biased.confusions] == [(2, 3)]
    assert biased.confusions[0].share == pytest.approx(0.5, abs=0.15)
    assert careless.history == "careless_now"
    assert careless.recent_agreement is not None and careless.agreement is not None
    assert careless.recent_agreement < 0.5 < careless.agreement
    assert guesser.accuracy < 0.35
    assert guesser.confusions == ()
    assert {report.history for report in rest} == {"steady"}


def test_a_confusion_that_all_share_does_not_stand_out() -> None:
    counts = np.array([[90.0, 10], [40, 60]])
    assert standing_out(counts, 20 * counts, 0.05) == ()
    assert [(c.true, c.given, c.share) for c in standing_out(counts, 20 * counts.T, 0.05)] == [(1, 0, 0.4)]


def test_an_annotator_is_held_against_the_others_alone() -> None:
    truth = np.tile([0, 1], 200)
    busy = np.where(np.arange(400) % 10 == 1, 0, truth)
    table = np.stack([busy, *([np.where(np.arange(400) < 40, truth, -1)] * 3)], axis=1)
    found = annotator_reports(Votes.from_table(table, 2), np.eye(2, dtype=np.float32)[truth])
    assert [(c.true, c.given, c.count) for c in found[0].confusions] == [(1, 0, 40)]


def test_expected_counts_are_shared_out_over_the_true_classes() -> None:
    probs = np.array([[1, 0], [0.25, 0.75]], np.float32)
    assert expected_counts(probs, np.array([0, 0])).tolist() == [[1.25, 0], [0.75, 0]]


def test_the_short_history_is_the_end_of_each_annotators_own_votes() -> None:
    # Two annotators, 8 shared items, the second wrong on the last two of them: a quarter is two votes.
    table = np.stack([np.zeros(8, np.int64), np.repeat([0, 1], [6, 2])], axis=1)
    found = agreement(Votes.from_table(table, 2), np.zeros(8, np.int64), level=0.05)
    assert found.overall_M.tolist() == [1, 0.75]
    assert found.recent_M.tolist() == [1, 0]
    # Both of 2 misses among the last 2 of 8 votes: 1 in 28.
    assert found.fell_M.tolist() == [False, True]
    assert not agreement(Votes.from_table(table, 2), np.zeros(8, np.int64), level=1 / 29).fell_M.any()


@pytest.mark.parametrize(("table", "classes"), [([[0]], 1), ([[0, -1], [0, 0]], 2), ([[7, 7, 7]] * 30, 50)])
def test_degenerate_votes_are_reported_on(table: list[list[int]], classes: int) -> None:
    for report in reports(Votes.from_table(table, classes)):
        low, high = report.accuracy_95
        assert 0 <= low <= report.accuracy <= high <= 1
        assert report.history == "steady"


def test_annotators_without_votes_have_no_report_and_unfit_probabilities_are_refused() -> None:
    votes = votes_of([0], [1], [0], 1, 3, 2)
    assert [report.annotator for report in reports(votes)] == [1]
    with pytest.raises(DataError, match="1 x 2"):
        annotator_reports(votes, np.full((1, 3), 1 / 3, np.float32))
