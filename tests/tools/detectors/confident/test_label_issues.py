"""The public function: cleanlab's masks and rankings under every option, and a clear error where cleanlab has none."""

import inspect
import os
from typing import Any

import numpy as np
import pytest
from cleanlab.filter import find_label_issues as reference
from hypothesis import given, settings
from hypothesis import strategies as st

import errata
from errata.errors import DataError, SetupError
from errata.tools.detectors.confident.confident_learning import FilterBy
from errata.tools.detectors.confident.label_issues import find_label_issues
from errata.tools.detectors.confident.label_quality import QualityScore
from errata.tools.detectors.confident.pruning import PruneBy
from errata.types import Bool, Int, Probs

PRUNING: tuple[PruneBy, ...] = ("prune_by_noise_rate", "prune_by_class", "both")
FILTERS: tuple[FilterBy, ...] = (
    *PRUNING,
    "confident_learning",
    "predicted_neq_given",
    "low_normalized_margin",
    "low_self_confidence",
)
SCORES: tuple[QualityScore, ...] = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")
LABELS, PROBS = np.array([0, 0, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.4, 0.6]])
WARNINGS = ("ignore:May not flag", "ignore:frac_noise", "ignore:The supplied", "ignore:invalid value", "ignore:divide")


@st.composite
def datasets(draw: st.DrawFn) -> tuple[Int, Probs]:
    """Labels and probabilities without ties: classes of any size, also of one item or none."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    classes, rows = draw(st.integers(2, 6)), draw(st.integers(12, 150))
    true = np.concatenate([np.arange(classes), rng.integers(0, classes, rows)])
    logits = rng.normal(size=(len(true), classes)) + draw(st.sampled_from([0.5, 2.5])) * np.eye(classes)[true]
    labels = np.where(rng.random(len(true)) < draw(st.floats(0, 0.6)), rng.integers(0, classes, len(true)), true)
    if classes > 2 and draw(st.booleans()):
        labels[labels == classes - 1] = 0
        labels[0] = classes - 1 if draw(st.booleans()) else 0
    labels[1:3] = 0, 1
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return labels, probs.astype(draw(st.sampled_from([np.float32, np.float64])))


@st.composite
def calls(draw: st.DrawFn) -> tuple[Int, Probs, dict[str, Any]]:
    labels, probs = draw(datasets())
    classes = probs.shape[1]
    counts = st.lists(st.integers(0, 8), min_size=classes, max_size=classes)
    filter_by = draw(st.sampled_from(FILTERS))
    options: dict[str, Any] = {
        "filter_by": filter_by,
        "frac_noise": draw(st.sampled_from([1.0, 0.3, 0.77])),
        "min_examples_per_class": draw(st.sampled_from([0, 1, 5, 20])),
        "return_indices_ranked_by": draw(st.sampled_from([None, *SCORES])),
    }
    if draw(st.booleans()):
        options["confident_joint"] = np.array(draw(st.lists(counts, min_size=classes, max_size=classes)))
        options["confident_joint"] += np.eye(classes, dtype=int)
    if filter_by in PRUNING and draw(st.booleans()):
        options["num_to_remove_per_class"] = draw(counts)
    if options["return_indices_ranked_by"] != "confidence_weighted_entropy" and draw(st.booleans()):
        options["rank_by_kwargs"] = {"adjust_pred_probs": True}
    return labels, probs, options


@pytest.mark.filterwarnings(*WARNINGS)
@settings(max_examples=300, deadline=None)
@given(call=calls())
def test_masks_and_rankings_equal_cleanlabs_under_every_option(call: tuple[Int, Probs, dict[str, Any]]) -> None:
    labels, probs, options = call
    expected = reference(labels, probs, n_jobs=1, **options)
    found = find_label_issues(labels, probs, **options)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.filterwarnings(*WARNINGS)
@pytest.mark.parametrize("filter_by", FILTERS)
@pytest.mark.parametrize("order", ["C", "F"])
def test_masks_equal_cleanlabs_with_many_classes_on_several_threads(
    monkeypatch: pytest.MonkeyPatch, filter_by: FilterBy, order: str
) -> None:
    # So many that most counts of a row are zero, and rounding has to choose among equal ones.
    rng = np.random.default_rng(0)
    true = rng.integers(0, 300, 6_000)
    logits = rng.normal(size=(6_000, 300)) + 7 * np.eye(300)[true] + 6 * np.eye(300)[rng.integers(0, 300, 6_000)]
    labels = np.where(rng.random(6_000) < 0.2, rng.integers(0, 300, 6_000), true)
    probs = (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).astype(np.float32, order=order)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    np.testing.assert_array_equal(
        find_label_issues(labels, probs, filter_by=filter_by), reference(labels, probs, filter_by=filter_by, n_jobs=1)
    )


@pytest.mark.parametrize("filter_by", FILTERS)
def test_as_many_as_cleanlabs_are_flagged_if_items_tie(filter_by: FilterBy) -> None:
    rng = np.random.default_rng(0)
    kinds = rng.dirichlet(np.ones(3), 12)
    labels, probs = rng.integers(0, 3, 200), kinds[rng.integers(0, 12, 200)]
    expected = reference(labels, probs, filter_by=filter_by, n_jobs=1)
    found = find_label_issues(labels, probs, filter_by=filter_by)

    def kinds_flagged(mask: Bool) -> list[tuple[int, float]]:
        return sorted(zip(labels[mask].tolist(), probs[mask, 0].tolist(), strict=True))

    if filter_by in ("prune_by_class", "confident_learning", "predicted_neq_given", "low_self_confidence"):
        assert kinds_flagged(found) == kinds_flagged(expected)
    else:
        # Which of equal items two cells share decides how many they flag together.
        assert set(kinds_flagged(found)) == set(kinds_flagged(expected))


@pytest.mark.filterwarnings("ignore:The multi_label", *WARNINGS)
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    filter_by=st.sampled_from(FILTERS),
    ranked_by=st.sampled_from([None, *SCORES]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_several_labels_per_item_equal_cleanlabs(
    seed: int, filter_by: FilterBy, ranked_by: QualityScore | None, dtype: type[np.floating[Any]]
) -> None:
    rng = np.random.default_rng(seed)
    probs = rng.random((80, 4)).astype(dtype)
    given_NK = (probs > 0.5) ^ (rng.random(probs.shape) < 0.2)
    given_NK[:2] = [[0] * 4, [1] * 4]
    labels = [np.flatnonzero(row).tolist() for row in given_NK]
    expected = reference(
        labels, probs, multi_label=True, n_jobs=1, filter_by=filter_by, return_indices_ranked_by=ranked_by
    )
    found = find_label_issues(labels, probs, multi_label=True, filter_by=filter_by, return_indices_ranked_by=ranked_by)
    if ranked_by is None or not filter_by.startswith("low_"):
        np.testing.assert_array_equal(found, expected)
    else:
        # cleanlab sorts these by the scores of other items.
        assert set(found) == set(expected)


def test_its_parameters_are_cleanlabs() -> None:
    ours, theirs = inspect.signature(errata.find_label_issues), inspect.signature(reference)
    assert [(p.name, p.kind, p.default) for p in ours.parameters.values()] == [
        (p.name, p.kind, p.default) for p in theirs.parameters.values()
    ]


def test_jobs_and_verbosity_have_no_effect(capsys: pytest.CaptureFixture[str]) -> None:
    plain = find_label_issues(LABELS, PROBS)
    np.testing.assert_array_equal(find_label_issues(LABELS, PROBS, n_jobs=3, verbose=True), plain)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"filter_by": "prune"}, SetupError, "prune_by_noise_rate"),
        ({"return_indices_ranked_by": "margin"}, SetupError, "normalized_margin"),
        ({"filter_by": "confident_learning", "num_to_remove_per_class": [1, 1]}, SetupError, "prune_by_class"),
        ({"rank_by_kwargs": {"adjust": True}}, SetupError, "adjust_pred_probs"),
        (
            {
                "return_indices_ranked_by": "confidence_weighted_entropy",
                "rank_by_kwargs": {"adjust_pred_probs": True},
            },
            SetupError,
            "another score",
        ),
        ({"num_to_remove_per_class": [1]}, DataError, r"shape \(2,\)"),
        ({"confident_joint": np.ones((3, 3))}, DataError, r"shape \(2, 2\)"),
        ({"confident_joint": [["a", "b"], ["c", "d"]]}, DataError, "numbers"),
    ],
)
def test_what_does_not_exist_or_fit_is_refused_with_what_there_is(
    options: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        find_label_issues(LABELS, PROBS, **options)


@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("bad", [[np.nan, 0.5], [-0.1, 1.1], [np.inf, 0.0], [1.2, 1.2], [-0.5, 0.5]])
def test_rows_that_are_no_distributions_are_refused_with_the_first_of_them(multi_label: bool, bad: list[float]) -> None:
    probs = np.array([*PROBS, bad, bad])
    labels = [[label] for label in (0, 0, 1, 1, 0, 1)] if multi_label else np.array([0, 0, 1, 1, 0, 1])
    with pytest.raises(DataError, match=r"Row 4 is no probability distribution \(2 such rows\)"):
        find_label_issues(labels, probs, multi_label=multi_label)


def test_rows_need_to_sum_to_one_if_classes_exclude_each_other() -> None:
    with pytest.raises(DataError, match=r"Row 0 .* sum to 1"):
        find_label_issues(LABELS, PROBS / 2)


def test_a_class_that_does_not_exist_is_refused_in_lists_too() -> None:
    with pytest.raises(DataError, match=r"Item 1 must list classes in 0..1"):
        find_label_issues([[0], [2]], PROBS[:2], multi_label=True)
