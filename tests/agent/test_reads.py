"""How often a command reads the store: each part of a run at most once, however many items and verdicts it has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, event

from errata.agent.actions.perform import perform
from errata.agent.decisions import approval
from errata.agent.drive import drive, scanned
from errata.agent.judging import judge_batch, waiting
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.agent.run.workspace import Workspace, open_run
from errata.settings import Settings
from tests.by_hand import closed_later, session_of, somebody
from tests.conftest import Judge
from tests.topics import write_topics

SMALL, LARGE = 60, 120
PARTS = ("items", "verdicts", "decisions", "proposals", "contributions")
COMMANDS: dict[str, dict[str, object]] = {
    "status": {},
    "show": {"item_id": "m2"},
    "results": {"reasons": True},
    "proposals": {},
    "class_noise": {},
    "report": {},
    "review": {},
}

Reads = Counter[str]
"""Counts of statements by what they read: a whole part of a run ("decisions" are events), or, as "items: one", a single
row."""


WHOLE = {"items": "content_sha", "proposals": "evidence"}
"""Table -> a column that is read only with all the others."""


@contextmanager
def counted() -> Iterator[Reads]:
    """Counts what is read from any store inside the block."""
    found: Reads = Counter()

    def see(_connection: object, _cursor: object, statement: str, values: object, *_: object) -> None:
        if part := part_of(statement, values):
            found[part] += 1

    event.listen(Engine, "before_cursor_execute", see)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", see)


def part_of(statement: str, values: object) -> str | None:
    """The part of the run that a statement reads; None if it reads none. Reading the revisions does not count."""
    table = re.search(r"\bFROM (\w+)", statement)
    if not statement.startswith("SELECT") or table is None or "max(" in statement:
        return None
    if table[1] == "events":
        return "decisions" if "'decision'" in repr(values) else "other events"
    if (whole := WHOLE.get(table[1])) and whole not in statement:
        return f"{table[1]}: what can be counted"
    return table[1] + ": one" * bool(re.search(r"\b(idx|item_id) = \?", statement))


def begun(folder: Path, judge: Judge, rows: int) -> Workspace:
    """A scanned run with a tenth of its labels wrong, whose judge has not been asked anything."""
    folder.mkdir()
    write_topics(folder / "mail.csv", rows=rows, wrong=rows // 10)
    values = {"label": "topic", "text": "message", "id": "id", "embedder": "plain", "judge": (judge.spec,)}
    workspace = closed_later(begin(folder / "mail.csv", Settings.model_validate(values)))
    scanned(workspace, no_progress)
    return workspace


def reads_of_commands(folder: Path, judge: Judge, rows: int) -> dict[str, Reads]:
    """What each command reads from a newly opened run with judged and decided items."""
    workspace = begun(folder, judge, rows)
    drive(workspace, no_progress)
    for item in range(rows // 20):
        approval.decide(workspace, somebody(workspace), f"m{item}", "label", "food")
    workspace.close()
    reads = {}
    for command, inputs in COMMANDS.items():
        session = session_of(closed_later(open_run(workspace.folder)))
        with counted() as reads[command]:
            perform(command, session, **inputs)
        session.close()
    return reads


def reads_of_batches(folder: Path, judge: Judge, rows: int) -> list[Reads]:
    """What each batch of judging reads: choosing the questions, asking a judge, storing its verdicts."""
    workspace = begun(folder, judge, rows)
    reads: list[Reads] = []
    while True:
        with counted() as found:
            if not waiting(workspace):
                return reads
            judge_batch(workspace, no_progress)
        reads.append(found)


def test_a_command_reads_each_part_of_a_run_at_most_once_however_large_it_is(tmp_path: Path, judge: Judge) -> None:
    small, large = (reads_of_commands(tmp_path / str(rows), judge, rows) for rows in (SMALL, LARGE))
    assert large == small
    assert {command: twice(found) for command, found in small.items()} == {command: [] for command in COMMANDS}
    assert all(any(part.startswith("proposals") for part in found) for found in small.values())  # the counting works
    assert any(found["verdicts"] == 1 for found in small.values())


def test_a_batch_of_judging_reads_each_part_of_a_run_at_most_once(tmp_path: Path, judge: Judge) -> None:
    small, large = (reads_of_batches(tmp_path / str(rows), judge, rows) for rows in (SMALL, LARGE))
    assert len(small) > 2
    assert [twice(found) for found in small + large] == [[]] * len(small + large)
    later = small[1:] + large[1:]  # the first batch reuses what the scan has read
    whole = [[found[part] for part in PARTS] for found in later]
    assert whole == whole[:1] * len(whole)
    assert later[0]["verdicts"] == 1 and later[0]["items"] == 0


def twice(found: Reads) -> list[str]:
    return [part for part in PARTS if found[part] > 1]
