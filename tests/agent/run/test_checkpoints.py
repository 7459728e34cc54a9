"""Checkpoints may be damaged, of another version, or from elsewhere: nothing is lost, and nothing in them is
executed."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import ormsgpack
import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from errata.agent.decisions.approval import decide
from errata.agent.drive import drive, resume
from errata.agent.run.begin import begin
from errata.agent.run.workspace import Workspace
from errata.agent.views.results import result_rows
from errata.errors import StoreError
from errata.settings import Settings
from tests.by_hand import somebody
from tests.topics import write_topics

SETTINGS = Settings(label="topic", text=("message",), id="id", embedder="plain")


def silent(step: str, done: int, total: int) -> None:
    pass


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_topics(tmp_path / "mail.csv", rows=60)
    return tmp_path / "mail.csv"


def opened(data: Path) -> Workspace:
    return begin(data, SETTINGS)


def no_database(file: Path) -> None:
    file.write_bytes(b"not a database, but something else" * 100)


def torn_pages(file: Path) -> None:
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(os.urandom(8192))


def cut_short(file: Path) -> None:
    os.truncate(file, 5000)


def other_tables(file: Path) -> None:
    sql(file, "DROP TABLE checkpoints", "CREATE TABLE checkpoints (of_another INTEGER)")


def other_values(file: Path) -> None:
    sql(file, "UPDATE checkpoints SET checkpoint = x'c1c1c1'")


def sql(file: Path, *statements: str, values: tuple[bytes, ...] = ()) -> None:
    connection = sqlite3.connect(file)
    for statement in statements:
        connection.execute(statement, values)
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@pytest.mark.parametrize("damage", [no_database, torn_pages, cut_short, other_tables, other_values])
@pytest.mark.parametrize("after", ["a run", "an answer"])
def test_damaged_checkpoints_are_recreated_and_nothing_is_lost(
    data: Path, damage: Callable[[Path], None], after: str, caplog: pytest.LogCaptureFixture
) -> None:
    workspace = opened(data)
    drive(workspace, silent)
    expected = result_rows(workspace)
    decide(workspace, somebody(workspace), "m0", "label", "animals")
    damage(workspace.folder.checkpoints)
    if after == "a run":
        drive(workspace, silent)
        assert [row["outcome"] for row in result_rows(workspace)] == [row["outcome"] for row in expected]
    else:
        assert resume(workspace, True, silent)["changed"] == 1
    assert "made again, nothing is lost" in caplog.text
    workspace.close()


def test_a_file_that_cannot_be_used_is_a_clear_error(data: Path) -> None:
    workspace = opened(data)
    workspace.folder.checkpoints.mkdir()
    with pytest.raises(StoreError, match=r"checkpoints\.sqlite: unable to open"):
        drive(workspace, silent)
    workspace.close()


def test_what_a_checkpoint_names_is_not_called(data: Path, tmp_path: Path) -> None:
    """By default LangGraph imports and calls anything that a file names, which a run folder from elsewhere could
    abuse."""
    workspace = opened(data)
    drive(workspace, silent)
    workspace.close()
    folder = tmp_path / "made by a checkpoint"
    call = ormsgpack.Ext(0, ormsgpack.packb(("os", "mkdir", str(folder))))
    planted = ormsgpack.packb({"v": 4, "channel_values": {"phase": call}}, option=ormsgpack.OPT_NON_STR_KEYS)
    JsonPlusSerializer(allowed_msgpack_modules=True).loads_typed(("msgpack", planted))
    folder.rmdir()  # to prove that it would work
    sql(workspace.folder.checkpoints, "UPDATE checkpoints SET checkpoint = ?", values=(planted,))
    workspace = opened(data)
    drive(workspace, silent)
    assert not folder.exists()
    workspace.close()


def test_a_killed_run_that_was_copied_continues_in_the_copy(data: Path, tmp_path: Path) -> None:
    def killed(step: str, done: int, total: int) -> None:
        if step == "detect":
            raise KeyboardInterrupt

    workspace = opened(data)
    with pytest.raises(KeyboardInterrupt):
        drive(workspace, killed)
    workspace.close()
    before = snapshot(workspace.folder.path)
    shutil.copytree(tmp_path, copy := tmp_path.with_name(f"{tmp_path.name}-copy"))
    workspace = opened(copy / "mail.csv")
    drive(workspace, silent)
    assert any(row["outcome"] for row in result_rows(workspace))
    workspace.close()
    assert snapshot(tmp_path / "mail.errata") == before


def snapshot(folder: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
