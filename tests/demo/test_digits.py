"""The demo's digits: two fixed halves, a known number of planted errors, files that never contain the answers."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_digits

from errata.demo.digits import LOOK_ALIKES, demo_half, picture, plant, read_key, training_half, write_digits
from errata.errors import DataError


def _rows(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_halves_share_no_digit_and_hold_all_of_them() -> None:
    training, demo = training_half(), demo_half()
    assert len(training.labels) == 898
    assert len(demo.labels) == 899
    together = np.concatenate([training.pixels, demo.pixels])
    everything = load_digits().images
    assert sorted(map(bytes, together)) == sorted(map(bytes, everything.astype(np.float32)))


def test_each_class_is_split_evenly() -> None:
    counts = [np.bincount(half.labels, minlength=10) for half in (training_half(), demo_half())]
    assert np.abs(counts[0] - counts[1]).max() <= 1


def test_a_tenth_of_the_labels_is_wrong_and_the_key_names_each() -> None:
    truth = demo_half().labels
    spoiled, key = plant(truth, seed=0)
    wrong = np.flatnonzero(spoiled != truth)
    assert len(wrong) == 90
    assert key == {int(row): int(truth[row]) for row in wrong}


def test_at_least_half_of_the_wrong_labels_are_look_alikes() -> None:
    truth = demo_half().labels
    spoiled, key = plant(truth, seed=3)
    pairs = {frozenset(pair) for pair in LOOK_ALIKES}
    alike = sum(frozenset((int(spoiled[row]), label)) in pairs for row, label in key.items())
    assert 45 <= alike < 75  # the half drawn uniformly is sometimes a look-alike too


def test_classes_without_look_alikes_cannot_be_spoiled_as_asked() -> None:
    with pytest.raises(DataError, match="too few rows"):
        plant(np.zeros(100, dtype=np.int64), seed=0)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0.0, 0.5))
def test_planting_keeps_to_its_number_and_to_the_classes(seed: int, share: float) -> None:
    truth = np.arange(200) % 10
    spoiled, key = plant(truth, seed, share)
    assert (spoiled != truth).sum() == len(key) == round(share * 200)
    assert set(spoiled.tolist()) <= set(range(10))


def test_planting_leaves_its_input_alone() -> None:
    truth = demo_half().labels
    before = truth.copy()
    plant(truth, seed=1)
    assert (truth == before).all()


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    one, two = (write_digits(tmp_path / name, seed=7).parent for name in ("one", "two"))
    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert len(files) == 900
    assert all((one / path).read_bytes() == (two / path).read_bytes() for path in files)


def test_another_seed_writes_other_labels(tmp_path: Path) -> None:
    one, two = (write_digits(tmp_path / str(seed), seed=seed) for seed in (0, 1))
    assert one.read_bytes() != two.read_bytes()


def test_the_key_is_written_only_to_the_requested_path(tmp_path: Path) -> None:
    key = tmp_path / "locked" / "key.csv"
    key.parent.mkdir()
    table = write_digits(tmp_path / "digits", seed=0, key=key)
    rows = {row["id"]: row for row in _rows(table)}
    answers = read_key(key)
    assert len(answers) == 90
    assert all(rows[item_id]["label"] != label for item_id, label in answers.items())
    assert {path.name for path in table.parent.iterdir()} == {"digits.csv", "images"}


def test_a_table_row_points_at_the_picture_of_its_digit(tmp_path: Path) -> None:
    key = tmp_path / "key.csv"
    table = write_digits(tmp_path / "digits", seed=2, key=key)
    answers = read_key(key)
    demo = demo_half()
    truth_of = {picture(digit): str(label) for digit, label in zip(demo.pixels, demo.labels, strict=True)}
    for row in _rows(table):
        truth = truth_of[(table.parent / row["image"]).read_bytes()]
        assert truth == answers.get(row["id"], row["label"])


def test_a_picture_shows_each_pixel_as_a_block_of_four_by_four() -> None:
    digit = np.zeros((8, 8), dtype=np.float32)
    digit[0, 1], digit[7, 7] = 16, 8
    gray = np.asarray(Image.open(io.BytesIO(picture(digit))))
    assert gray.shape == (32, 32)
    assert (gray[:4, 4:8] == 255).all()
    assert (gray[28:, 28:] == 128).all()
    assert gray.sum() == 16 * (255 + 128)
