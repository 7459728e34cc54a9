"""Text prototypes: independent evidence, class-balanced matches, and keeping the label is considered first."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from errata.errors import DataError
from errata.tools.detectors.tasks.text_prototypes import DROPPED, detect, keep_or_change, pseudo_labels, witness
from errata.types import F32, Int, Probs
from tests.tools.detectors.made import distribution


def blobs(per_class: int = 80, classes: int = 3, seed: int = 0) -> tuple[F32, Int, F32]:
    """Items, their classes, and text vectors roughly in the direction of each class, plus a component that no item
    has."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), per_class)
    vectors = (4 * np.eye(classes, 8)[labels] + rng.normal(size=(len(labels), 8))).astype(np.float32)
    texts = np.eye(classes, 8) + 0.3 * rng.normal(size=(classes, 8)) + 0.8 * np.eye(8)[7]
    return vectors, labels, texts.astype(np.float32)


def units(rows: Probs) -> Probs:
    scaled: Probs = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled


def test_planted_flips_are_found_and_their_true_label_is_named() -> None:
    vectors, labels, texts = blobs()
    rng = np.random.default_rng(0)
    wrong = rng.random(240) < 0.4
    given = np.where(wrong, (labels + rng.integers(1, 3, 240)) % 3, labels)
    scores = detect(vectors, texts, given)
    assert roc_auc_score(wrong, -scores.quality) > 0.95
    assert (distribution(scores).argmax(axis=1) == labels).mean() > 0.95
    assert (scores.flag == wrong).mean() > 0.9


def test_labels_that_are_wrong_everywhere_in_a_class_do_not_mislead_it() -> None:
    vectors, labels, texts = blobs()
    given = np.where((labels == 0) & (np.arange(240) % 10 > 0), 1, labels)
    assert roc_auc_score(given != labels, -detect(vectors, texts, given).quality) > 0.95


def test_given_labels_set_how_sharp_the_witness_is_and_never_which_class_leads() -> None:
    vectors, labels, texts = blobs()
    shuffled = np.random.default_rng(0).permutation(labels)
    leads = [witness(units(vectors), units(texts), given).argmax(axis=1) for given in (labels, np.roll(labels, 7))]
    assert (leads[0] == leads[1]).mean() > 0.97
    blunt, sharp = (witness(units(vectors), units(texts), given).max(axis=1).mean() for given in (shuffled, labels))
    assert blunt < 0.5 < sharp


def test_every_class_has_as_many_matches() -> None:
    # The text of class 0 matches everything best, as a word like "other" would.
    items = units(np.random.default_rng(0).normal(size=(300, 4)) + 2 * np.eye(4)[0]).astype(np.float32)
    counts = np.bincount(pseudo_labels(items, np.eye(3, 4, dtype=np.float32)) + 1, minlength=4)
    assert counts[1:].sum() > 25
    assert counts[1:].min() > 5


def test_what_is_near_every_text_matches_none() -> None:
    both, one, other = (units(np.array([direction], np.float32)) for direction in ([1, 0.99, 0], [1, 0, 1], [0, 1, 1]))
    items = np.concatenate([both.repeat(20, axis=0), one.repeat(10, axis=0), other.repeat(10, axis=0)])
    assert pseudo_labels(items, np.eye(2, 3, dtype=np.float32)).tolist() == [-1] * 20 + [0] * 10 + [1] * 10


def test_a_match_of_two_classes_belongs_to_the_better() -> None:
    items = units(np.array([[1, 0.9], [0.9, 1], [1, 0], [0, 1]], np.float32))
    assert pseudo_labels(items, np.eye(2, dtype=np.float32)).tolist() == [0, 1, 0, 1]


def test_a_label_is_kept_before_it_is_changed_and_dropped_if_nothing_is_sure() -> None:
    probs = np.array([[0.35, 0.65, 0], [0.3, 0.7, 0], [0.2, 0.45, 0.35]])
    assert keep_or_change(probs, np.zeros(3, np.int64)).tolist() == [0, 1, DROPPED]


def test_permuted_class_ids_permute_the_probabilities() -> None:
    vectors, labels, texts = blobs()
    order = np.array([2, 0, 1])
    permuted = distribution(detect(vectors, texts[order], np.argsort(order)[labels]))
    np.testing.assert_allclose(permuted, distribution(detect(vectors, texts, labels))[:, order], atol=1e-4)


@pytest.mark.parametrize(
    ("vectors", "labels", "classes"),
    [
        (np.zeros((6, 3)), [0, 0, 1, 1, 2, 2], 3),
        (np.ones((6, 3), np.float16), [0, 0, 1, 1, 1, 2], 9),
        (np.eye(1), [0], 1),
        (np.eye(5), [0, 0, 0, 0, 0], 1),
        (np.eye(5), [0, 1, 2, 3, 4], 12),
    ],
)
def test_degenerate_input_gives_finite_distributions(vectors: NDArray[Any], labels: list[int], classes: int) -> None:
    texts = np.ones((classes, vectors.shape[1]))
    probs = distribution(detect(vectors, texts, np.array(labels)))
    assert np.isfinite(probs).all()
    np.testing.assert_allclose(probs.sum(axis=1), 1, rtol=1e-5)


def test_embeddings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match="width 2, classes of 3"):
        detect(np.eye(2), np.eye(3), np.array([0, 1]))
    with pytest.raises(DataError, match="Row 1"):
        detect(np.eye(2), np.array([[0, 1], [np.nan, 1]]), np.array([0, 1]))
