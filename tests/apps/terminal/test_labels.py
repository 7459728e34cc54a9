"""The labels on a card: a few always keep their place, many are found by name."""

from __future__ import annotations

from errata.apps.terminal.labels import matching, offered


def test_few_labels_are_all_offered_in_their_own_order() -> None:
    assert offered(["b", "a", "c"], lambda: ["c"]) == {"1": "b", "2": "a", "3": "c"}


def test_of_many_labels_the_first_ten_likely_ones_are_offered() -> None:
    names = [f"n{i}" for i in range(30)]
    assert offered(names, lambda: ["n7", "n3"]) == {"1": "n7", "2": "n3"}
    assert list(offered(names, lambda: names)) == list("1234567890")


def test_labels_that_are_digits_are_their_own_keys() -> None:
    assert offered(["3", "0"], list) == {"3": "3", "0": "0"}
    assert offered(["1", "2", "12"], list) == {"1": "1", "2": "2", "3": "12"}


def test_a_whole_name_is_found_before_a_beginning_and_a_beginning_before_a_part() -> None:
    assert matching(["rec.Sport", "sports", "other", "SPORT"], "sport") == ["SPORT", "sports", "rec.Sport"]
