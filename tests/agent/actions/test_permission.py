"""An action needs the permission for its effect, for any caller and on any surface."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from errata.agent.actions.action import Action, NoInputs
from errata.agent.actions.deciding import DECIDE, TRUST
from errata.agent.actions.perform import perform
from errata.agent.actions.permission import Effect, Permission, Person, check
from errata.agent.actions.registry import actions
from errata.agent.actions.running import RUN
from errata.agent.actions.session import Session
from errata.agent.run.workspace import open_run
from errata.errors import ErrataError, SetupError, StoreError
from errata.settings import Settings
from tests.by_hand import make_run, session_of

INPUTS: dict[str, dict[str, object]] = {
    "answer": {"approve": True},
    "answer_check": {"check": 1, "position": 0, "answer": "several"},
    "begin": {"data": "d.csv", "settings": Settings()},
    "decide": {"item_id": "a", "answer": "several"},
    "decide_reviewed": {"path": "review.xlsx", "sha256": "0"},
    "decide_where": {"accept": True, "where": "quality < 1"},
    "measure": {"judge": "model@http://127.0.0.1:1/v1"},
    "prune": {"paths": ()},
    "random_check": {"size": 2},
    "write_check": {"check": 1, "out": "check.xlsx"},
    "write_results": {"out": "r.csv"},
}
GUARDED = sorted(action.name for action in actions().values() if action.effect != "read")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and "sqlite" not in path.name}


@pytest.mark.parametrize("name", GUARDED)
def test_a_model_alone_spends_decides_and_writes_nothing(name: str, tmp_path: Path) -> None:
    workspace = make_run(tmp_path)
    before = files(tmp_path)
    session = Session(Permission(), folder=workspace.folder, workspace=workspace)
    with pytest.raises(SetupError, match=r"needs a person|no amount was allowed"):
        perform(name, session, **INPUTS.get(name, {}))
    assert list(workspace.store.events.read()) == [] and files(tmp_path) == before


@pytest.mark.parametrize("name", [name for name in GUARDED if actions()[name].effect in ("decide", "write")])
def test_an_amount_is_no_person_and_a_guessed_token_neither(name: str, tmp_path: Path) -> None:
    workspace = make_run(tmp_path)
    paid = Session(Permission(allowance="calls=5"), folder=workspace.folder, workspace=workspace)
    with pytest.raises(SetupError, match="needs a person"):
        perform(name, paid, **INPUTS.get(name, {}))
    with pytest.raises(SetupError, match="The token given is not the one"):
        perform(name, session_of(workspace, "model", "guessed"), **INPUTS.get(name, {}))
    assert list(workspace.store.events.read()) == []


@pytest.mark.parametrize(
    ("budget", "allowance", "enough"),
    [
        ("calls=5", "calls=5", True),
        ("calls=5,usd=1", "calls=9", True),
        ("calls=6", "calls=5", False),
        ("usd=1", "calls=5", False),
        ("", "calls=5", False),
        ("", "", True),
    ],
)
def test_a_run_s_budget_must_keep_what_was_allowed(budget: str, allowance: str, enough: bool, tmp_path: Path) -> None:
    workspace = make_run(tmp_path, budget=budget)
    permission = Permission(allowance=allowance)
    if enough:
        assert check("spend", permission, workspace.folder, workspace) is None
    else:
        with pytest.raises(SetupError, match="were allowed"):
            perform(RUN, Session(permission, folder=workspace.folder, workspace=workspace))


@pytest.mark.parametrize("effect", ["decide", "write"])
def test_without_a_folder_there_is_nothing_to_decide_or_write_in(effect: Effect) -> None:
    with pytest.raises(SetupError, match="no run is open"):
        check(effect, Permission(Person("ann")), None, None)


def test_a_decision_needs_a_whole_history_and_trust_gives_it_back(tmp_path: Path) -> None:
    workspace = make_run(tmp_path)
    for item in "ab":
        perform(DECIDE, session_of(workspace), item_id=item, answer="several")
    with sqlite3.connect(workspace.folder.store) as connection:
        connection.execute("DELETE FROM events WHERE seq = 2")
    connection.close()
    workspace.close()
    workspace = open_run(workspace.folder)
    with pytest.raises(StoreError, match="errata trust"):
        perform(DECIDE, session_of(workspace), item_id="c", answer="several")
    assert perform(TRUST, session_of(workspace)) == 2
    perform(DECIDE, session_of(workspace), item_id="c", answer="several")
    assert [event.kind for event in workspace.store.events.read()] == ["decision", "trusted", "decision"]


def test_the_history_records_the_name_and_the_system_s_user(tmp_path: Path) -> None:
    import getpass

    workspace = make_run(tmp_path)
    perform(DECIDE, session_of(workspace, "bob"), item_id="a", answer="several")
    (event,) = workspace.store.events.read()
    assert (event.body["by"], event.body["user"]) == ("bob", getpass.getuser())


@pytest.mark.parametrize("effect", ["read", "spend"])
def test_an_action_that_does_not_declare_that_it_decides_gets_no_signer(effect: Effect, tmp_path: Path) -> None:
    def sly(session: Session, _: NoInputs) -> Any:
        return session.by

    action = Action("sly", "Decides, and says it would not.", effect, NoInputs, int, (), sly)
    session = session_of(make_run(tmp_path))
    perform(DECIDE, session, item_id="a", answer="several")
    with pytest.raises(ErrataError, match="Nobody signs this"):
        perform(action, session)
