"""A store written by an older errata opens with everything in it, and a copy of the original is kept."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from errata.agent.decisions.apply import apply, changes
from errata.agent.decisions.revert import revert
from errata.agent.run.workspace import Workspace, open_run
from errata.agent.views.history import history
from errata.agent.views.status import status_of
from errata.errors import StoreError
from errata.tools.store import Store
from errata.tools.store.run_folder import RunFolder
from errata.tools.store.schema import SCHEMA_VERSION, metadata
from errata.types import ITEM

WRITTEN = Path(__file__).parents[2] / "fixtures" / "written_by_7b23042"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project that the old errata left in /data/project, now moved elsewhere."""
    shutil.copytree(WRITTEN / "run", tmp_path / "mail.errata")
    shutil.copy(WRITTEN / "mail.csv", tmp_path / "mail.csv")
    shutil.copy(WRITTEN / "output.csv", tmp_path / "mail.relabeled.csv")
    return tmp_path


def opened(project: Path, label: str) -> Workspace:
    return open_run(RunFolder(project / "mail.errata"), label=label, notify=lambda line: None)


def test_every_decision_is_still_there_and_the_chain_intact(project: Path) -> None:
    old = sqlite3.connect(WRITTEN / "run" / "store.sqlite")
    hashes = [hash_ for (hash_,) in old.execute("SELECT hash FROM events ORDER BY seq")]
    calls = old.execute("SELECT count(*), sum(length(record)) FROM calls").fetchone()
    old.close()
    workspace = opened(project, "topic")
    assert workspace.store.events.verify() == hashes and len(hashes) == 10
    standing = {d.item_id: (d.answer, d.label, d.by, d.looked) for d in workspace.decisions().values()}
    assert standing == {
        "m0": ("label", "animals", "ann", "rule"),
        "m1": ("label", "food", "ann", "rule"),
        "m2": ("label", "travel", "ann", "rule"),
        "m3": ("label", "food", "ann", "rule"),
        "m4": ("label", "food", "bob", "item"),
    }
    workspace.close()
    with sqlite3.connect(project / "mail.errata" / "store.sqlite") as new:
        assert new.execute("SELECT count(*), sum(length(record)) FROM calls").fetchone() == calls
    new.close()


def test_a_decision_belongs_to_the_label_column_of_its_run(project: Path) -> None:
    workspace = opened(project, "urgent")
    assert {(line.item_id, line.old, line.new) for line in changes(workspace)} == {("m7", "no", "yes")}
    assert {decision.item_id for decision in workspace.decisions().values()} == {"m7"}
    workspace.close()


def test_the_moved_project_works_on_itself(project: Path) -> None:
    workspace = opened(project, "topic")
    source = (project / "mail.csv").read_bytes()
    assert workspace.data_path == project / "mail.csv"
    assert revert(workspace).output == project / "mail.relabeled.csv"
    assert (project / "mail.relabeled.csv").read_bytes() == source
    assert apply(workspace).output == project / "mail.relabeled.csv"
    assert (project / "mail.relabeled.csv").read_bytes() == (WRITTEN / "output.csv").read_bytes()
    assert history(workspace)[-1]["kind"] == "applied"
    workspace.close()


def test_a_copy_of_the_old_store_is_kept(project: Path) -> None:
    old = (project / "mail.errata" / "store.sqlite").read_bytes()
    Store(RunFolder(project / "mail.errata")).close()
    with sqlite3.connect(project / "mail.errata" / "store.version-2.sqlite") as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (2,)
        assert copy.execute("SELECT count(*) FROM events").fetchone() == (10,)
    copy.close()
    assert old != (project / "mail.errata" / "store.sqlite").read_bytes()


def test_an_upgrade_that_fails_leaves_the_old_store(project: Path) -> None:
    store = project / "mail.errata" / "store.sqlite"
    with sqlite3.connect(store) as connection:
        connection.execute("CREATE TABLE written (path TEXT)")  # in the way of the upgrade, after its first steps
    connection.close()
    with pytest.raises(StoreError):
        Store(RunFolder(project / "mail.errata"))
    with sqlite3.connect(store) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    assert "alembic_version" not in tables and "store" not in tables


def test_an_upgraded_store_has_the_tables_of_a_new_one(project: Path, tmp_path: Path) -> None:
    Store(RunFolder(tmp_path / "new.errata")).close()
    Store(RunFolder(project / "mail.errata")).close()
    for folder in (tmp_path / "new.errata", project / "mail.errata"):
        engine = create_engine(f"sqlite:///{folder / 'store.sqlite'}")
        with engine.connect() as connection:
            context = MigrationContext.configure(connection)
            assert compare_metadata(context, metadata) == []
            assert context.get_current_revision() == f"{SCHEMA_VERSION:04}"
            assert connection.exec_driver_sql("PRAGMA user_version").scalar() == SCHEMA_VERSION
            for table in metadata.tables.values():
                key = inspect(connection).get_pk_constraint(table.name)["constrained_columns"]
                assert key == [column.name for column in table.primary_key]
        engine.dispose()


def test_what_was_said_and_proposed_before_is_about_the_items_themselves(project: Path) -> None:
    old = sqlite3.connect(project / "mail.errata" / "store.sqlite")
    old.execute("UPDATE proposals SET reason = 'old' || idx")
    proposed = old.execute("SELECT run_id, idx, reason FROM proposals").fetchall()
    said = [json.loads(text) for (text,) in old.execute("SELECT verdict FROM verdicts ORDER BY run_id, idx")]
    old.commit()
    old.close()
    store = Store(RunFolder(project / "mail.errata"))
    runs = [run.run_id for run in store.all_runs()]
    now = [(run, p.idx, p.reason, p.place) for run in runs for p in store.proposals(run).values()]
    assert now == [(*row, ITEM) for row in sorted(proposed)] != []
    kept = [verdict for run in runs for verdict in store.verdicts(run)]
    assert [(v.idx, v.said, v.log_probs) for v in kept] == [(v["idx"], v["said"], v["log_probs"]) for v in said] != []
    assert {(v.place, *v.wording) for v in kept} == {(ITEM,)}
    store.close()


def test_arrays_of_an_upgraded_store_are_read(project: Path) -> None:
    workspace = opened(project, "topic")
    assert status_of(workspace)["open"] == 1
    workspace.close()
