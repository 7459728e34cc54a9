"""Several models' label quality: equal to cleanlab's under every weighing, and it hears the better model."""

import numpy as np
import pytest
from cleanlab.rank import get_label_quality_ensemble_scores

from errata.errors import DataError, SetupError
from errata.tools.detectors.confident.label_quality import label_quality
from errata.tools.detectors.confident.label_quality_ensemble import ensemble_quality

SCORES = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")


def models(dtype=np.float64):
    """Three models, from a good one to one that guesses."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 4, 300)
    logits = [rng.normal(size=(300, 4)) + skill * np.eye(4)[labels] for skill in (3, 1, 0)]
    probs = [(np.exp(one) / np.exp(one).sum(axis=1, keepdims=True)).astype(dtype) for one in logits]
    probs[1][:5] = np.eye(4)[(labels[:5] + 1) % 4]  # sure of another label
    return labels, probs


@pytest.mark.filterwarnings("ignore:The y_prob values")
@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("weigh_by", ["accuracy", "uniform", "log_loss_search"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_equal_cleanlabs(score, weigh_by, dtype):
    labels, probs = models(dtype)
    expected = get_label_quality_ensemble_scores(
        labels, probs, method=score, weight_ensemble_members_by=weigh_by, verbose=False
    )
    np.testing.assert_allclose(ensemble_quality(labels, probs, score, weigh_by=weigh_by), expected, rtol=1e-5)


def test_custom_weights_and_adjusted_probabilities_equal_cleanlabs():
    labels, probs = models()
    weights = np.array([0.5, 0.3, 0.2])
    expected = get_label_quality_ensemble_scores(
        labels,
        probs,
        weight_ensemble_members_by="custom",
        custom_weights=weights,
        adjust_pred_probs=True,
        verbose=False,
    )
    found = ensemble_quality(labels, probs, weigh_by="custom", weights_M=weights, adjust=True)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_the_search_hears_the_best_model_more_than_accuracy_does():
    labels, probs = models()
    best = label_quality(labels, probs[0])
    apart = [
        np.abs(ensemble_quality(labels, probs, weigh_by=by) - best).mean()
        for by in ("log_loss_search", "accuracy", "uniform")
    ]
    assert apart == sorted(apart)
    assert apart[0] < apart[2] / 2


def test_one_model_is_scored_as_by_itself():
    labels, probs = models()
    for by in ("accuracy", "uniform", "log_loss_search"):
        np.testing.assert_allclose(ensemble_quality(labels, probs[:1], weigh_by=by), label_quality(labels, probs[0]))


def test_models_that_are_never_right_are_heard_alike():
    assert ensemble_quality([0], [[[0.4, 0.6]], [[0.2, 0.8]]]).tolist() == pytest.approx([0.3])


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"weigh_by": "votes"}, SetupError, "log_loss_search"),
        ({"weigh_by": "custom"}, SetupError, "goes with weights"),
        ({"weights_M": [1, 0, 0]}, SetupError, "custom"),
        ({"weigh_by": "custom", "weights_M": [1, 0]}, DataError, "3 models"),
        ({"score": "margin"}, SetupError, "normalized_margin"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, error, says):
    labels, probs = models()
    with pytest.raises(error, match=says):
        ensemble_quality(labels, probs, **options)


def test_no_model_is_refused():
    with pytest.raises(DataError, match="at least one"):
        ensemble_quality([0], [])
