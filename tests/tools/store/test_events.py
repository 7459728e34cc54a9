"""The chain of events."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from errata.errors import StoreError
from errata.tools.store import Store
from errata.tools.store.events import EventKind
from errata.tools.store.run_folder import RunFolder

WRITER = """
import sys
from pathlib import Path
from errata.tools.store import Store
from errata.tools.store.run_folder import RunFolder
store = Store(RunFolder(Path(sys.argv[1])))
for i in range(25):
    store.events.append("undo", [{"writer": sys.argv[2], "n": i}])
"""


def trusted(n: int) -> dict[str, object]:
    return {"run_id": n, "by": "ann", "user": "u"}


def undone(n: int) -> dict[str, object]:
    return trusted(n) | {"undoes": 1}


def opened(tmp_path: Path) -> Store:
    return Store(RunFolder(tmp_path / "x.errata"))


def test_events_come_back_in_order_and_verify(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.events.append("trusted", [trusted(1), trusted(2)])
    store.events.append("undo", [undone(3)])
    assert [e.body["run_id"] for e in store.events.read()] == [1, 2, 3]
    assert [e.body["run_id"] for e in store.events.read("undo")] == [3]
    assert store.events.verify() == [event.hash for event in store.events.read()]
    store.close()


def test_an_edited_event_breaks_the_chain(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.events.append("decision", [{"n": 1}, {"n": 2}])
    engine = create_engine(f"sqlite:///{store.folder.store}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE events SET body = '{\"n\": 9}' WHERE seq = 1"))
    engine.dispose()
    with pytest.raises(StoreError, match="event 1"):
        store.events.verify()
    store.close()


@pytest.mark.parametrize(("kind", "body"), [("trusted", {"run_id": "1"}), ("undo", {}), ("applied", trusted(1))])
def test_an_event_that_errata_did_not_write_is_named(tmp_path: Path, kind: EventKind, body: dict[str, object]) -> None:
    store = opened(tmp_path)
    store.events.append(kind, [body])
    with pytest.raises(StoreError, match=rf"event 1 \({kind}\) is none that errata wrote"):
        list(store.events.read())
    store.close()


def test_a_decision_from_before_there_were_places_reads_and_keeps_its_hash(tmp_path: Path) -> None:
    store = opened(tmp_path)
    names = ("user", "item_id", "content_sha", "by", "guideline_sha", "panel_sha")
    body: dict[str, object] = {"run_id": 1, "given_label": None, "answer": "label", "label": "a", "seeing": "blind"}
    body |= dict.fromkeys(names, "x") | {"looked": "item", "proposed_label": None}
    store.events.append("decision", [body])
    assert [event.body for event in store.events.read()] == [body] and len(store.events.verify()) == 1
    store.events.append("decision", [body | {"place": "12-17", "wording": {"[]": "0"}}, body | {"place": 3}])
    with pytest.raises(StoreError, match=r"event 3 \(decision\) is none that errata wrote: place"):
        list(store.events.read())
    store.close()


def test_three_writers_lose_nothing(tmp_path: Path) -> None:
    store = opened(tmp_path)
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(store.folder.path), str(n)]) for n in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert store.events.verify() and len(store.events.verify()) == 75
    store.close()
