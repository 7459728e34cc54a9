"""Each group of actions on a hand-made run: what it returns, and what it changes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from errata.agent.actions.changing import APPLY, REVERT
from errata.agent.actions.deciding import DECIDE, DECIDE_WHERE, UNDO
from errata.agent.actions.folders import PRUNE, REMOVABLE, RUNS
from errata.agent.actions.history import BLAME, DIFF, LOG
from errata.agent.actions.looking import SHOW, STATUS
from errata.agent.actions.perform import perform
from errata.agent.actions.reviewing import LAST_DECISION, OPEN_ITEMS, REVIEW, REVIEW_ITEM
from errata.agent.actions.running import BEGIN, PRICE, RUN, SCAN, SETTINGS
from errata.agent.actions.session import Session
from errata.agent.actions.tables import CLASS_NOISE, PROPOSALS, REPORT, RESULTS, WRITE_RESULTS
from errata.errors import DataError, SetupError
from errata.settings import Settings
from tests.by_hand import decided, make_run, session_of
from tests.conftest import Judge
from tests.topics import write_topics


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return session_of(make_run(tmp_path))


def topics(tmp_path: Path, *judges: str) -> tuple[Path, Settings]:
    write_topics(tmp_path / "mail.csv", rows=60)
    columns = {"text": "message", "label": "topic", "id": "id", "embedder": "plain"}
    return tmp_path / "mail.csv", Settings.model_validate(columns | {"judge": judges})


def test_scan_price_and_report_ask_no_model_and_need_no_person(tmp_path: Path, judge: Judge) -> None:
    data, settings = topics(tmp_path, judge.spec)
    with Session() as nobody, session_of(make_run(tmp_path)) as session:
        begun = perform(BEGIN, session, data=data, settings=settings)
        assert begun.items == 60 and Path(begun.run) == tmp_path / "mail.errata"
        nobody.open(begun.run)
        assert perform(PRICE, nobody).calls > 0
        with pytest.raises(SetupError, match="a scan asks none"):
            perform(SCAN, nobody)
        perform(BEGIN, session, data=data, settings=settings.model_copy(update={"judge": ()}))
        nobody.open(begun.run, number=2)
        assert perform(SCAN, nobody)["items"] == 60
        assert perform(STATUS, nobody)["detectors"] and perform(SHOW, nobody, item_id="m0")["probabilities"]
        assert Path(perform(REPORT, nobody).html).exists() and perform(CLASS_NOISE, nobody)
    assert judge.requests() == []


def test_a_run_asks_its_judge_within_what_was_allowed(tmp_path: Path, judge: Judge) -> None:
    data, settings = topics(tmp_path, judge.spec)
    heard: list[str] = []
    with session_of(make_run(tmp_path)) as session:
        session.progress = lambda step, done, total: heard.append(step)
        perform(BEGIN, session, data=data, settings=settings)
        assert session.stop() is None and session.cost_so_far() == ""
        found = perform(RUN, session)
        assert found["spent"]["calls"] == session.calls_kept() > 0 and judge.requests()
        assert f"{session.calls_kept()} calls" in session.cost_so_far()
    assert {"embed", "detect", "judge"} <= set(heard)


def test_settings_are_those_typed_and_nothing_is_started(tmp_path: Path) -> None:
    typed = {"text": "message", "judge": None, "budget": "calls=3"}
    found = perform(SETTINGS, Session(), data=tmp_path / "x.csv", typed=typed)
    assert (found.text, found.judge, found.budget) == (("message",), (), "calls=3")
    with pytest.raises(SetupError, match="nearest: 'label'"):
        perform(SETTINGS, Session(), data=tmp_path / "x.csv", typed={"labl": "x"})
    assert list(tmp_path.iterdir()) == []


def test_what_is_looked_at_is_what_was_decided(session: Session) -> None:
    perform(DECIDE, session, item_id="a", answer="label", label="cat")
    assert [(line.item_id, line.old, line.new) for line in perform(DIFF, session)] == [("a", "dog", "cat")]
    assert [entry["kind"] for entry in perform(BLAME, session, item_id="a")] == ["decision"]
    assert perform(LOG, session) == perform(BLAME, session, item_id="a")
    with pytest.raises(DataError, match="no item 'z'"):
        perform(BLAME, session, item_id="z")


def test_tables_are_rows_or_a_file(tmp_path: Path) -> None:
    session = session_of(make_run(tmp_path, fill=0))
    assert [row["item_id"] for row in perform(RESULTS, session, columns=["content"])] == list("abcd")
    assert {row["reason"] for row in perform(RESULTS, session, reasons=True)} == {"because I said so"}
    assert [row["item_id"] for row in perform(PROPOSALS, session)] == list("abcd")
    assert perform(WRITE_RESULTS, session, out=tmp_path / "r.jsonl") == 4
    assert len((tmp_path / "r.jsonl").read_text().splitlines()) == 4


def test_decisions_by_rule_are_taken_back_by_number_range_or_time(session: Session) -> None:
    perform(DECIDE_WHERE, session, accept=True, where="item_id in ['a', 'b', 'c']")
    perform(DECIDE, session, item_id="d", answer="passed_on")
    assert [e.seq for e in perform(UNDO, session, events=["3-4"]).events] == [3, 4]
    assert [e.seq for e in perform(UNDO, session, events=[range(1, 4)]).events] == [2]
    assert perform(UNDO, session, since=datetime(2999, 1, 1)).events == ()
    assert [e.seq for e in perform(UNDO, session, events=[5], since="1h").events] == [5]
    assert session.workspace is not None and decided(session.workspace) == {}
    for wrong in ({"events": ["x"]}, {"since": "yesterday"}, {"events": [1.5]}):
        with pytest.raises(SetupError):
            perform(UNDO, session, **wrong)


def test_changes_are_written_and_put_back(session: Session, tmp_path: Path) -> None:
    source = (tmp_path / "d.csv").read_bytes()
    perform(DECIDE, session, item_id="a", answer="label", label="cat")
    applied = perform(APPLY, session, out=tmp_path / "out.csv")
    assert applied.changed == 1 and applied.output.read_bytes() != source
    assert perform(REVERT, session).identical and applied.output.read_bytes() == source


def test_only_what_is_not_needed_is_freed(session: Session, tmp_path: Path) -> None:
    assert session.folder is not None
    drafts = session.folder.drafts
    drafts.mkdir()
    for name in ("one", "two"):
        (drafts / name).write_text("12345")
    assert [one.path.name for one in perform(REMOVABLE, session)] == ["one", "two"]
    freed = perform(PRUNE, session, paths=[drafts / "one", tmp_path / "d.csv"])
    assert (freed.paths, freed.size) == ((drafts / "one",), 5)
    assert (tmp_path / "d.csv").exists() and (drafts / "two").exists()
    (folder,) = perform(RUNS, Session(here=tmp_path))
    assert folder.path == str(session.folder.path) and [run["number"] for run in folder.runs] == [1]


def test_a_review_knows_what_is_open_to_whom(session: Session) -> None:
    assert session.workspace is not None
    assert [item_id for item_id, _ in perform(REVIEW, session).spots] == ["a", "b", "c", "d"]
    shown = perform(REVIEW_ITEM, session, item_id="b")
    assert (shown.item.text, shown.proposal.proposed_label, shown.names) == ("a bark", "dog", ("cat", "dog"))
    perform(DECIDE, session, item_id="a", answer="passed_on")
    assert perform(OPEN_ITEMS, session).spots == (("b", ""), ("c", ""), ("d", ""))
    bob = session_of(session.workspace, "bob")
    assert len(perform(OPEN_ITEMS, bob).spots) == 4
    assert [event.body["item_id"] for event in perform(LAST_DECISION, session)] == ["a"]
    assert perform(LAST_DECISION, bob) == []
    with pytest.raises(DataError, match="not under review"):
        perform(REVIEW_ITEM, session, item_id="z")
