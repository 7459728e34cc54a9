"""Someone who can write next to the data cannot rewrite the history that this user has seen."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from errata.errors import StoreError
from errata.tools.store import Store
from errata.tools.store.run_folder import RunFolder


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A run folder with three events, that this user has seen."""
    store = Store(RunFolder(tmp_path / "x.errata"))
    store.events.append("decision", [{"n": n} for n in range(3)])
    store.close()
    return store.folder


def check(folder: RunFolder) -> None:
    store = Store(folder)
    try:
        store.check_history()
    finally:
        store.close()


def edit(folder: RunFolder, statement: str) -> None:
    with sqlite3.connect(folder.store) as connection:
        connection.execute(statement)
    connection.close()


def test_a_history_that_continues_is_accepted(folder: RunFolder) -> None:
    check(folder)
    store = Store(folder)
    store.events.append("undo", [{"undoes": 1}])
    store.close()
    check(folder)


def test_an_edited_event_is_refused(folder: RunFolder) -> None:
    edit(folder, "UPDATE events SET body = '{\"n\": 9}' WHERE seq = 2")
    with pytest.raises(StoreError, match=r"event 2 .* the history was edited"):
        check(folder)


def test_an_older_state_is_refused(folder: RunFolder) -> None:
    edit(folder, "DELETE FROM events WHERE seq = 3")
    with pytest.raises(StoreError, match=r"holds 2 events, and 3 were seen here before.*errata trust"):
        check(folder)


def test_another_history_of_the_same_store_is_refused(folder: RunFolder, tmp_path: Path) -> None:
    shutil.copytree(folder.path, tmp_path / "copy.errata")
    edit(folder, "DELETE FROM events WHERE seq = 3")
    edit(RunFolder(tmp_path / "copy.errata"), "DELETE FROM events WHERE seq = 3")
    forked = Store(RunFolder(tmp_path / "copy.errata"))
    forked.events.append("decision", [{"n": "forged"}])
    forked.close()
    shutil.copy(tmp_path / "copy.errata" / "store.sqlite", folder.store)
    with pytest.raises(StoreError, match="another history"):
        check(folder)


def test_another_store_in_its_place_is_refused(folder: RunFolder, tmp_path: Path) -> None:
    Store(RunFolder(tmp_path / "forged.errata")).close()
    shutil.copy(tmp_path / "forged.errata" / "store.sqlite", folder.store)
    with pytest.raises(StoreError, match="is not the store that was seen here"):
        check(folder)


def test_a_folder_seen_for_the_first_time_is_accepted(folder: RunFolder, tmp_path: Path) -> None:
    shutil.copytree(folder.path, tmp_path / "copy.errata")
    check(RunFolder(tmp_path / "copy.errata"))


def test_a_store_recreated_in_the_same_place_is_accepted(folder: RunFolder) -> None:
    shutil.rmtree(folder.path)
    check(folder)


def test_events_appended_where_the_anchor_was_not_moved_are_accepted(folder: RunFolder, state_of_its_own: Path) -> None:
    # A crash can come between the store and the anchor.
    shutil.copytree(state_of_its_own, state_of_its_own.with_name("before"))
    store = Store(folder)
    store.events.append("decision", [{"n": 4}])
    store.close()
    shutil.rmtree(state_of_its_own)
    shutil.move(state_of_its_own.with_name("before"), state_of_its_own)
    check(folder)
