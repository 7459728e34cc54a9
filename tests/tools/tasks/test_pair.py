"""Pairs with and without a label column: how they are read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from errata.errors import DataError, SetupError
from errata.tools.data import Columns, open_dataset
from errata.tools.tasks.match import MATCH
from errata.tools.tasks.pair import FIT, NAMES, TASK
from errata.tools.tasks.registry import task_named
from errata.tools.tasks.task import Column, LabelOptions, Vectors


def names(*values: object, order: tuple[str, ...] = (), file: Path | None = None) -> tuple[str, ...]:
    return MATCH.read(Column("m", values * 2), LabelOptions(order=order, file=file)).space.names


def test_every_row_claims_that_it_fits_and_nothing_is_a_label(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("one,other\na,b\nc,d\n", encoding="utf-8")
    dataset = open_dataset(tmp_path / "a.csv", Columns(None, ("one", "other")), task=TASK)
    assert dataset.cells == (FIT, FIT) and dataset.label_space.names == NAMES and not dataset.labels_stored
    with pytest.raises(SetupError, match=r"Which column of .* holds the labels"):
        open_dataset(tmp_path / "a.csv", Columns(None, ("one", "other")))


@pytest.mark.parametrize("values", [("1", "0"), ("no", "Yes"), ("entailed", "not_entailed"), ("match", "mismatch")])
def test_a_word_says_which_label_is_the_match(values: tuple[str, str]) -> None:
    assert names(*values)[0] in {"1", "Yes", "entailed", "match"}


def test_otherwise_the_last_of_an_order_or_of_a_file_is_the_match(tmp_path: Path) -> None:
    assert names("bad", "good", order=("bad", "good")) == ("good", "bad")
    (tmp_path / "labels.toml").write_text("[labels.good]\n[labels.bad]\n", encoding="utf-8")
    assert names("bad", "good", file=tmp_path / "labels.toml") == ("bad", "good")
    with pytest.raises(DataError, match="Which label of column 'm' says that the parts match"):
        names("bad", "good")
    with pytest.raises(DataError, match="--order must name the labels"):
        names("bad", "good", order=("bad", "fine"))


def test_three_labels_are_no_matches() -> None:
    with pytest.raises(DataError, match="has 3 labels, and pairs either match or not"):
        names("yes", "no", "maybe")


def test_a_label_column_makes_pairs_matches_and_their_protocols_are_those_of_their_parts() -> None:
    assert TASK.labeled() is MATCH and MATCH.labeled() is MATCH and task_named("match") is MATCH
    assert TASK.asks(("a", "b"), ()) == ("pair_fits",) and TASK.asks(("a",), ("b",)) == ("image_text_pair",)


def test_features_that_are_not_of_two_parts_tell_nothing() -> None:
    with pytest.raises(SetupError, match="Leave --embeddings out"):
        TASK.scan(Vectors(np.eye(3, dtype=np.float32)), (FIT,) * 3, np.ones(3, bool))
