"""Regions: label maps and connected places by hand, a transport plan with the right sums and the right patches."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from errata.errors import DataError
from errata.tools.detectors.tasks.patch_regions import detect, label_map, patch_regions, support, transport
from errata.types import F64
from tests.tools.detectors.made import distribution

CLASSES = np.eye(4, 6, dtype=np.float32)


def image(rows: list[str]) -> F64:
    """Patch vectors of a drawing with one character per patch: the digit of its class, or a dot for no known class."""
    return np.stack([np.eye(6)[5] if mark == "." else np.eye(6)[int(mark)] for mark in "".join(rows)])


DOG_AND_CAT = image(["00..", "00..", "...1", "...1"])


def test_the_map_of_a_hand_computed_patch() -> None:
    patch, classes = [[1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0], [0.99, np.sqrt(1 - 0.99**2)]]
    assert label_map(patch, classes)[0].tolist() == pytest.approx([np.e / (np.e + 1), 0, 1 / (np.e + 1)], abs=1e-4)


def test_each_connected_place_of_a_label_is_a_region_with_its_box() -> None:
    probs = label_map(image(["00..", "00..", "...1", "0..1"]), CLASSES)
    assert [(r.label, r.area, r.box) for r in patch_regions(probs, (4, 4))] == [
        (0, 4 / 16, (0, 0, 0.5, 0.5)),
        (1, 2 / 16, (0.5, 0.75, 1, 1)),
        (0, 1 / 16, (0.75, 0, 1, 0.25)),
    ]


def test_a_place_below_the_smallest_area_is_no_region() -> None:
    probs = np.full((100, 2), 0.5, np.float32)
    probs[7] = [0.9, 0.1]
    assert patch_regions(probs, (10, 10)) == []
    probs[8] = [0.8, 0.2]
    [region] = patch_regions(probs, (10, 10))
    assert region.label == 0 and region.probability == pytest.approx(0.9)


def test_a_label_that_no_patch_shows_is_flagged_with_low_quality() -> None:
    scores = detect([DOG_AND_CAT] * 3, CLASSES, [0, 1, 2], (4, 4))
    assert scores.flag.tolist() == [False, False, True]
    assert scores.quality[:2].min() > 0.9 > 0.3 > scores.quality[2]
    np.testing.assert_allclose(distribution(scores).sum(axis=1), 1, rtol=1e-5)


def test_an_image_that_shows_nothing_with_a_name_is_not_flagged() -> None:
    assert not detect([image(["..", ".."])], CLASSES, [0], (2, 2)).flag.any()


def test_the_plan_has_the_sums_it_must_have() -> None:
    weights = [0.5, 0.3, 0.1, 0.1]
    plan = transport(np.random.default_rng(0).normal(size=(16, 6)), CLASSES, weights)
    np.testing.assert_allclose(plan.sum(axis=1), 1 / 16, rtol=1e-2)
    np.testing.assert_allclose(plan.sum(axis=0), weights, rtol=1e-5)


def test_the_plan_moves_patches_to_the_label_that_they_show() -> None:
    plan = transport(image(["0011"]), CLASSES[:2])
    assert plan.argmax(axis=1).tolist() == [0, 0, 1, 1]
    assert plan.max(axis=1).tolist() == pytest.approx([0.25] * 4, rel=1e-4)


def test_a_marked_label_that_is_not_there_has_no_support() -> None:
    marked = CLASSES[:3]
    found = support(transport(DOG_AND_CAT, marked), DOG_AND_CAT, marked)
    assert found[0] > found[2] + 0.2
    assert found[1] > found[2] + 0.2
    assert found[2] < 0.05


def test_permuted_classes_permute_the_result() -> None:
    order, labels = [2, 0, 3, 1], np.array([0, 1, 2])
    base = detect([DOG_AND_CAT] * 3, CLASSES, labels, (4, 4))
    permuted = detect([DOG_AND_CAT] * 3, CLASSES[order], np.argsort(order)[labels], (4, 4))
    np.testing.assert_allclose(distribution(permuted), distribution(base)[:, order], rtol=1e-5)
    assert permuted.flag.tolist() == base.flag.tolist()


@pytest.mark.parametrize("patches", [np.zeros((4, 6)), np.ones((4, 6), np.float16), np.eye(6)[::-1][:4]])
def test_degenerate_patches_give_finite_scores(patches: NDArray[Any]) -> None:
    patches = np.asfortranarray(patches)
    patches.flags.writeable = False
    assert np.isfinite(distribution(detect(patches[None], CLASSES, [3], (2, 2)))).all()
    assert np.isfinite(transport(patches, CLASSES)).all()


def test_invalid_input_is_refused() -> None:
    with pytest.raises(DataError, match="grid of 3 x 3"):
        detect([DOG_AND_CAT], CLASSES, [0], (3, 3))
    with pytest.raises(DataError, match=r"\(2, patches, width\)"):
        detect([DOG_AND_CAT], CLASSES, [0, 1], (4, 4))
    with pytest.raises(DataError, match="Row 0"):
        label_map([[np.nan] * 6], CLASSES)
    with pytest.raises(DataError, match="1 or more, 6"):
        label_map(np.eye(3), CLASSES)
    with pytest.raises(DataError, match="sum to 1"):
        transport(DOG_AND_CAT, CLASSES, [1, 1, 1, 1])
