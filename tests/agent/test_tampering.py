"""errata checks its own history before relying on it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from errata.agent.actions.deciding import TRUST
from errata.agent.actions.perform import perform
from errata.agent.decisions.apply import apply
from errata.agent.decisions.revert import revert
from errata.agent.run.workspace import Workspace, open_run
from errata.errors import ErrataError
from errata.tools.store.run_folder import RunFolder
from tests.agent.test_same_folder import data, decide, run, silent
from tests.by_hand import session_of

__all__ = ["data"]


@pytest.fixture
def applied(data: Path) -> Path:
    """The run folder of a patch that is still applied."""
    workspace = run(data)
    decide(workspace, "m0", "animals")
    apply(workspace)
    workspace.close()
    return workspace.folder.path


def opened(folder: Path) -> Workspace:
    return open_run(RunFolder(folder), notify=silent)


def edit(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / "store.sqlite") as connection:
        connection.execute(statement)
    connection.close()


def test_an_edited_patch_is_not_reverted(applied: Path) -> None:
    file = applied / "patches" / "0001.jsonl"
    file.write_text(file.read_text(encoding="utf-8").replace('"old":"food"', '"old":"travel"'), encoding="utf-8")
    output = applied.with_name("mail.relabeled.csv")
    before = output.read_bytes()
    workspace = opened(applied)
    with pytest.raises(ErrataError, match=r"0001\.jsonl was edited"):
        revert(workspace)
    assert output.read_bytes() == before
    workspace.close()


@pytest.mark.parametrize("act", ["apply", "revert", "decide"])
def test_an_edited_history_stops_what_rests_on_it(applied: Path, act: str) -> None:
    edit(applied, "UPDATE events SET body = replace(body, '\"animals\"', '\"travel\"') WHERE kind = 'decision'")
    workspace = opened(applied)
    acts: dict[str, Callable[[Workspace], object]] = {
        "apply": apply,
        "revert": revert,
        "decide": lambda w: decide(w, "m1", "food"),
    }
    with pytest.raises(ErrataError, match="the history was edited"):
        acts[act](workspace)
    workspace.close()


def test_an_event_that_leads_elsewhere_is_not_followed(applied: Path) -> None:
    outside = applied.parent.parent / f"{applied.parent.name}-outside.csv"
    outside.write_bytes(applied.with_name("mail.relabeled.csv").read_bytes())
    workspace = opened(applied)
    (event,) = workspace.store.events.read("applied")
    workspace.store.events.append("applied", [dict(event.body) | {"output": str(outside)}])
    with pytest.raises(ErrataError, match="outside the data's folder"):
        revert(workspace)
    assert outside.read_bytes() == applied.with_name("mail.relabeled.csv").read_bytes()
    workspace.close()
    outside.unlink()


def test_a_place_elsewhere_that_the_user_named_is_reverted(
    data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    workspace = run(data)
    decide(workspace, "m0", "animals")
    out = tmp_path_factory.mktemp("elsewhere") / "out.csv"
    apply(workspace, out)
    assert revert(workspace).output == out and out.read_bytes() == data.read_bytes()
    workspace.close()


def test_a_label_that_the_data_does_not_have_reaches_no_file(applied: Path) -> None:
    workspace = opened(applied)
    (event,) = workspace.store.events.read("decision")
    workspace.store.events.append("decision", [dict(event.body) | {"label": "forged"}])
    with pytest.raises(ErrataError, match="'forged', which is no label"):
        apply(workspace)
    workspace.close()


def test_trust_needs_a_person_and_is_recorded(applied: Path) -> None:
    edit(applied, "DELETE FROM events WHERE seq = 2")
    workspace = opened(applied)
    with pytest.raises(ErrataError, match="errata trust"):
        revert(workspace)
    with pytest.raises(ErrataError, match="token"):
        perform(TRUST, session_of(workspace, "model", "guessed"))
    perform(TRUST, session_of(workspace))
    apply(workspace)
    kinds = [(event.kind, event.body.get("by")) for event in workspace.store.events.read()]
    assert kinds == [("decision", "ann"), ("trusted", "ann"), ("applied", None)]
    assert json.dumps(kinds)
    workspace.close()
