"""Undo decisions: of any kind, by anyone, with a message that says what was undone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from errata.agent.actions.deciding import UNDO
from errata.agent.actions.perform import perform
from errata.agent.decisions.apply import apply, changes
from errata.agent.decisions.approval import decide
from errata.agent.decisions.by_rule import decide_where
from errata.agent.decisions.undo import Undone, in_words, undo
from errata.agent.views.history import history, history_of
from errata.errors import SetupError
from tests.by_hand import ROWS, decided, make_run, session_of, somebody


def numbers(undone: Undone) -> list[int]:
    return [event.seq for event in undone.events]


def test_the_last_decision_is_taken_back_whoever_made_it_and_its_maker_is_named(tmp_path: Path) -> None:
    workspace = make_run(tmp_path)
    decide(workspace, somebody(workspace), "a", "label", "cat")
    decide(workspace, somebody(workspace, "bob"), "b", "several")
    undone = undo(workspace, somebody(workspace))
    assert decided(workspace) == {"a": ("label", "cat")}
    assert "1 decision taken back (by bob): item b, cat: several labels" in in_words(undone)
    assert "by ann" in in_words(undo(workspace, somebody(workspace, "bob")))
    assert decided(workspace) == {}


def test_all_that_a_rule_decided_at_once_is_one_decision(tmp_path: Path) -> None:
    workspace = make_run(tmp_path)
    decide_where(workspace, somebody(workspace), True, "item_id == 'd'")
    decide_where(workspace, somebody(workspace), True, "item_id in ['a', 'b', 'c']")
    undone = undo(workspace, somebody(workspace))
    assert numbers(undone) == [4, 5, 6] and list(decided(workspace)) == ["d"]
    assert "3 decisions taken back (by ann by rule): cat -> dog (2), dog -> cat" in in_words(undone)


def test_decisions_one_by_one_are_taken_back_one_by_one(tmp_path: Path) -> None:
    workspace = make_run(tmp_path)
    workspace.store.events.clock = lambda: "2026-01-31T18:00:00.000+00:00"
    for item in "abc":
        decide(workspace, somebody(workspace), item, "several")
    assert numbers(undo(workspace, somebody(workspace))) == [3]


def test_events_are_named_by_number_and_by_range(tmp_path: Path) -> None:
    workspace = make_run(tmp_path)
    decide_where(workspace, somebody(workspace), True, "quality < 1")
    assert numbers(undo(workspace, somebody(workspace), events=[3])) == [3]
    assert numbers(undo(workspace, somebody(workspace), events=[range(3, 10**14), 2])) == [2, 4, 5]
    for number, words in ((1, "Event 1 is no decision"), (99, "no decision"), (3, "taken back already, by ann")):
        with pytest.raises(SetupError, match=words):
            undo(workspace, somebody(workspace), events=[number])


def test_a_condition_opens_the_items_that_match_however_often_they_were_decided(tmp_path: Path) -> None:
    workspace = make_run(tmp_path, columns={"source": ["web", "web", "mail", "web"]})
    decide_where(workspace, somebody(workspace), True, "quality < 1")
    decide(workspace, somebody(workspace, "bob"), "a", "several")
    undone = undo(workspace, somebody(workspace), where="data.source == 'web' and item_id != 'd'")
    assert numbers(undone) == [2, 3, 6] and sorted(decided(workspace)) == ["c", "d"]
    assert "(2 by ann by rule, 1 by bob)" in in_words(undone)


def test_what_was_decided_since_a_moment_is_taken_back(tmp_path: Path) -> None:
    workspace = make_run(tmp_path)
    hours = iter((8, 12, 14, 20, 21))
    workspace.store.events.clock = lambda: f"2026-01-31T{next(hours):02}:00:00.000+00:00"
    for item in "abc":
        decide(workspace, somebody(workspace), item, "several")
    east = datetime.fromisoformat("2026-01-31T15:00:00+03:00")
    assert numbers(undo(workspace, somebody(workspace), since=east)) == [2, 3]
    assert numbers(undo(workspace, somebody(workspace), since=datetime.now(UTC) + timedelta(days=99_999))) == []


def test_an_earlier_decision_on_the_same_item_is_in_effect_again_and_reported(tmp_path: Path) -> None:
    workspace = make_run(tmp_path)
    decide_where(workspace, somebody(workspace), True, "item_id == 'a'")
    decide(workspace, somebody(workspace, "bob"), "a", "several")
    undone = undo(workspace, somebody(workspace))
    assert decided(workspace) == {"a": ("label", "cat")}
    assert "1 of these items stands as decided before" in in_words(undone)


def test_what_was_applied_stays_applied_and_that_is_said(tmp_path: Path) -> None:
    workspace = make_run(tmp_path)
    decide_where(workspace, somebody(workspace), True, "item_id in ['a', 'b']")
    apply(workspace)
    decide(workspace, somebody(workspace), "c", "label", "dog")
    assert "applied" not in in_words(undo(workspace, somebody(workspace)))
    undone = undo(workspace, somebody(workspace))
    assert "2 of these are applied in" in in_words(undone) and "d.relabeled.csv: errata revert" in in_words(undone)
    assert changes(workspace) == []


def test_an_undone_decision_stays_in_the_history_and_can_be_made_again(tmp_path: Path) -> None:
    workspace = make_run(tmp_path)
    decide_where(workspace, somebody(workspace), True, "item_id == 'a'")
    undo(workspace, somebody(workspace, "bob"))
    again = decide_where(workspace, somebody(workspace), False, "item_id == 'a'")
    assert again.decided == 1 and decided(workspace) == {"a": ("label", "dog")}
    assert [entry["kind"] for entry in history(workspace)] == ["rule", "decision", "undo", "rule", "decision"]
    assert [entry["by"] for entry in history_of(workspace, "a")] == ["ann", "bob", "ann"]


def test_nothing_to_take_back_is_said(tmp_path: Path) -> None:
    workspace = make_run(tmp_path)
    assert "nothing to take back" in in_words(undo(workspace, somebody(workspace)))
    decide(workspace, somebody(workspace), "a", "several")
    assert "nothing to take back" in in_words(undo(workspace, somebody(workspace), where="item_id == 'b'"))
    assert list(decided(workspace)) == ["a"]


def test_a_decision_inherited_from_an_earlier_run_is_taken_back_too(tmp_path: Path) -> None:
    first = make_run(tmp_path)
    decide(first, somebody(first), "a", "label", "cat")
    first.close()
    second = make_run(tmp_path, [("new", "a neigh", "dog"), *ROWS], (None,) * 5)
    assert second.run.run_id != first.run.run_id and list(decided(second)) == ["a"]
    assert numbers(undo(second, somebody(second), where="item_id == 'a'")) == [1]
    assert decided(second) == {}


def test_a_wrong_token_takes_nothing_back(tmp_path: Path) -> None:
    workspace = make_run(tmp_path)
    decide(workspace, somebody(workspace), "a", "several")
    with pytest.raises(SetupError, match="token"):
        perform(UNDO, session_of(workspace, "model", "made up"))
    assert list(decided(workspace)) == ["a"]


def test_names_and_labels_cannot_forge_a_line(tmp_path: Path) -> None:
    rows = [("a\x1b[2J\nb", "x", "dog\n  0 decisions"), ("c", "y", "cat"), ("d", "z", "cat")]
    workspace = make_run(tmp_path, rows, ("relabel", "relabel", None))
    for condition in ("item_id != 'c'", "quality < 1"):
        decide_where(workspace, somebody(workspace, "ann\nbob"), True, condition)
        words = in_words(undo(workspace, somebody(workspace)))
        assert len(words.splitlines()) == 2 and "\x1b" not in words
