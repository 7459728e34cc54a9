"""The store and its run folder."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from errata.agent.contributions import Judging, Queue
from errata.agent.run.inherit import inherit_verdicts
from errata.errors import RunLocked, SetupError, StoreError
from errata.tools.judging.calls import CallRecord
from errata.tools.judging.chat import TokenChoice
from errata.tools.store import RunInfo, Store
from errata.tools.store.database import Database, file_system
from errata.tools.store.run_folder import RunFolder, find_run, to_toml
from errata.tools.store.store import ItemRow
from errata.types import LabelSpace, PromptRef, Proposal, Verdict

HOLDER = """
import sys, time
from pathlib import Path
from errata.tools.store.run_folder import RunFolder
with RunFolder(Path(sys.argv[1])).lock():
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(RunFolder(tmp_path / "x.errata"))
    yield found
    found.close()


def start(store: Store, rows: list[ItemRow], data: str = "d1", settings: str = "s1", panel: str = "p1") -> RunInfo:
    return store.start_run(
        rows,
        data_path="x.csv",
        data_sha256=data,
        settings={"label": "y"},
        settings_sha=settings,
        label_space=LabelSpace(("a", "b"), {"a": "first"}),
        guideline_sha="g1",
        panel_sha=panel,
        guideline="as it was",
    )


def left(store: Store, run: RunInfo, stopped: str) -> None:
    """The store as a run leaves it after judging."""
    for author, one in (("triage", Queue(suspects=1)), ("judge", Judging(stopped=stopped))):
        store.contributions.add(run.run_id, author, {type(one).__name__: one.model_dump_json()})


def row(idx: int, sha: str, given: str | None = "a") -> ItemRow:
    return ItemRow(idx, f"id{idx}", sha, given, False, None, None, idx)


def verdict(idx: int, judge: str = "j") -> Verdict:
    return Verdict(idx, judge, "blind_choice", PromptRef("blind_choice", "v1", "sha"), {"a": -0.1}, "A", ("k",))


def call(key: str, made_at: str = "2030-01-01T00:00:00") -> CallRecord:
    return CallRecord(
        key,
        "m",
        "p",
        "v1",
        "s",
        "c",
        {},
        "A",
        (TokenChoice("A", {"A": -0.5}),),
        100,
        2,
        5.0,
        0.25,
        "m",
        made_at,
    )


def test_a_run_comes_back_as_it_was_stored(store: Store) -> None:
    run = start(store, [row(0, "x"), row(1, "y", None)])
    store.set_suspicion(run.run_id, [1])
    again = store.run(run.run_id)
    assert again.label_space == LabelSpace(("a", "b"), {"a": "first"})
    assert (again.guideline, again.turn) == ("as it was", 1)
    assert [r.suspicion for r in store.items(run.run_id)] == [None, 0]


def test_the_run_of_the_same_data_and_settings_continues_whatever_came_between(store: Store) -> None:
    first = start(store, [row(0, "x")])
    assert store.find_run("d2", "s1") is None
    start(store, [row(0, "x")], settings="s2")
    assert store.find_run("d1", "s1") == first


def test_verdicts_and_proposals_round_trip_and_a_verdict_is_stored_once(store: Store) -> None:
    run = start(store, [row(0, "x")])
    store.add_verdicts(run.run_id, [verdict(0)])
    store.add_verdicts(run.run_id, [verdict(0)])
    assert store.verdicts(run.run_id) == [verdict(0)]
    proposal = Proposal(0, "relabel", "b", 0.9, 0.1, "why", ("verdict:j",))
    store.set_proposals(run.run_id, [proposal])
    assert store.proposals(run.run_id) == {0: proposal}


def test_places_of_one_item_are_apart(store: Store) -> None:
    run = start(store, [row(0, "x")])
    said = [verdict(0), replace(verdict(0), place="12-17")]
    store.add_verdicts(run.run_id, said)
    assert store.verdicts(run.run_id) == said


def test_an_item_has_an_annotation_at_each_of_its_places(store: Store) -> None:
    run = start(store, [row(0, "x")])
    more = row(1, "x")._replace(item_id="id0", row=0, place="12-17")
    store.add_items(run.run_id, [more, row(1, "never twice")])
    assert store.annotations_of(run.run_id, "id0") == store.items(run.run_id) == [row(0, "x"), more]
    assert store.items_at(run.run_id, [1, 0, 1]) == [more, row(0, "x"), more]
    found = [Proposal(0, "relabel", "b", 0.9, 0.1, "why"), Proposal(1, "keep", "a", 0.8, 0.8, "", place="12-17")]
    store.set_proposals(run.run_id, found)
    assert [store.proposal(run.run_id, idx) for idx in (0, 1, 2)] == [*found, None]


def test_calls_are_found_again_and_what_a_run_paid_is_summed_whatever_a_clock_said(store: Store) -> None:
    first, second = start(store, [row(0, "x")]), start(store, [row(0, "x")], settings="s2")
    store.calls_of(first.run_id).record([call("k1"), call("k2", made_at="1970")])
    store.calls_of(second.run_id).record([call("k1"), call("k3")])
    assert store.calls.find(["k1", "nope"]) == {"k1": call("k1")}
    spent = store.calls_of(first.run_id).spent()
    assert (spent.calls, spent.tokens_in, spent.tokens_out, spent.usd) == (2, 200, 4, 0.5)
    assert store.calls_of(second.run_id).spent().calls == 1, "the first answer stands, and who paid for it"


def test_calls_from_before_they_were_counted_by_run_count_from_its_start(store: Store) -> None:
    run = start(store, [row(0, "x")])
    store.calls.record([call("k1", made_at="9999"), call("k2", made_at="1970")])
    assert store.calls_of(run.run_id).spent().calls == 1


def test_an_unchanged_item_is_settled_and_brings_its_verdicts_along(store: Store) -> None:
    old = start(store, [row(0, "x"), row(1, "y"), row(2, "z")])
    store.set_suspicion(old.run_id, [0])
    store.add_verdicts(old.run_id, [verdict(0)])
    left(store, old, "")
    new_rows = [row(0, "new"), row(1, "x"), row(2, "y"), row(3, "z", "b")]
    new = start(store, new_rows, data="d2")
    assert inherit_verdicts(store, new, new_rows, [None] * 4) == {1, 2}
    assert [v.idx for v in store.verdicts(new.run_id)] == [1]


def test_what_a_stopped_run_left_in_its_queue_is_open_again(store: Store) -> None:
    old = start(store, [row(0, "x"), row(1, "y")])
    store.set_suspicion(old.run_id, [0])
    left(store, old, "budget")
    new = start(store, [row(0, "x"), row(1, "y")], data="d2")
    assert inherit_verdicts(store, new, store.items(new.run_id), [None] * 2) == {1}


def test_another_panel_inherits_nothing(store: Store) -> None:
    old = start(store, [row(0, "x")])
    left(store, old, "")
    new = start(store, [row(0, "x")], data="d2", panel="p2")
    assert inherit_verdicts(store, new, store.items(new.run_id), [None]) == set()


def test_a_store_of_a_newer_errata_is_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "x.errata")
    Store(folder).close()
    with sqlite3.connect(folder.store) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="newer errata"):
        Store(folder)


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "x.errata")
    folder.create()
    folder.store.write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreError, match="not a database"):
        Store(folder)


def test_a_network_file_system_is_refused(tmp_path: Path) -> None:
    here = file_system(tmp_path)
    assert here is not None
    with pytest.raises(StoreError, match="network file system"):
        Database(tmp_path / "x.db", {here})


def test_two_commands_on_one_folder_exclude_each_other(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "x.errata")
    folder.create()
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder.path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None and holder.stdout.readline() == "held\n"
    with pytest.raises(RunLocked, match="Another errata command"), folder.lock():
        pass
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with folder.lock():  # the system releases the lock when the process ends
        pass


def test_the_token_is_private_and_checked(store: Store) -> None:
    assert (store.folder.path / "token").stat().st_mode & 0o777 == 0o600
    assert store.folder.check_token(store.folder.own_token())
    with pytest.raises(SetupError, match="token"):
        store.folder.check_token("guessed")


def test_a_run_is_found_by_folder_by_data_or_as_the_newest_here(tmp_path: Path) -> None:
    data = tmp_path / "x.csv"
    data.write_text("a")
    older, newer = RunFolder(tmp_path / "x.errata"), RunFolder(tmp_path / "y.errata")
    for folder in (older, newer):
        Store(folder).close()
    os.utime(older.store, (1, 1))
    assert find_run(str(older.path), tmp_path) == (older, None)
    assert find_run(str(data), tmp_path) == (older, data)
    assert find_run(None, tmp_path).folder.path.name == "y.errata"
    with pytest.raises(SetupError, match="neither"):
        find_run("nothing", tmp_path)


@pytest.mark.parametrize("content", [b"x=[", b"\xff"])
def test_a_damaged_run_toml_is_explained(tmp_path: Path, content: bytes) -> None:
    folder = RunFolder(tmp_path)
    folder.settings.write_bytes(content)
    with pytest.raises(StoreError, match=r"run\.toml cannot be read"):
        folder.frozen_settings()


def test_settings_survive_toml(tmp_path: Path) -> None:
    values = {"label": 'a "quoted"\n label', "judge": ["m@u"], "seed": 0, "text": None, "costs": {"look": 0.3}}
    folder = RunFolder(tmp_path / "x.errata")
    folder.create()
    folder.settings.write_text(to_toml(values), encoding="utf-8")
    assert folder.frozen_settings() == {k: v for k, v in values.items() if v is not None}


@pytest.mark.parametrize(
    "odd", [*map(chr, range(32)), "\x7f", "\x85", "\u2028", "\ufeff", '"', "'", "\\", "\\u0041", '"""', "#", "."]
)
def test_a_name_of_any_character_survives_run_toml(tmp_path: Path, odd: str) -> None:
    name = f"na{odd}me"
    values = {"text": name, "judge": [name, odd], "definitions": {name: odd}}
    folder = RunFolder(tmp_path)
    folder.settings.write_bytes(to_toml(values).encode())
    assert folder.frozen_settings() == values
