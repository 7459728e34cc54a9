"""After any sequence of commands on a dataset, the files, the status, and the decisions agree with a one-page model.

EXAMPLES=300 pytest -n0 tests/integration/test_life_state_machine.py        by hand; without EXAMPLES a few, always
                                                                            the same ones
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

import errata as python
from tests.command import Said, errata
from tests.inputs import TOPICS, Row, jsonl_bytes, mail_rows, table_bytes

EXAMPLES = os.environ.get("EXAMPLES")
FORMATS: dict[str, Callable[[list[Row]], bytes]] = {"mail.csv": table_bytes, "mail.jsonl": jsonl_bytes}
COLUMNS = {"text": "text", "label": "label", "id": "id", "embedder": "plain"}
PLACES = ("project", "elsewhere", "third", "fourth")


class How(NamedTuple):
    """Random choices for an action, each of which uses some of them."""

    which: int
    label: str
    flag: bool
    to: str


hows = st.builds(
    How, st.integers(0, 10**6), st.sampled_from((*TOPICS, "money")), st.booleans(), st.sampled_from(PLACES)
)


@dataclass(frozen=True)
class Decided:
    """A decision, its text and given label; ``run`` is the data that it was made on, ``group`` the command."""

    run: bytes
    key: tuple[str, str]
    label: str
    group: int


@dataclass(frozen=True)
class Patched:
    """A patch that is applied to the source or the output, and the content before and after."""

    target: str
    changes: dict[str, tuple[str, str]]
    before: bytes
    after: bytes


ACTIONS = (
    *("scan", "decide_by_rule", "decide_one", "decide_one", "undo", "apply", "apply", "apply", "revert", "revert"),
    *("edit_the_source", "edit_the_output", "move", "go_on_in_a_copy"),
)
"""Some are drawn more often than others."""


class Life(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.place = self.root / "project"
        self.rows: list[Row] = []
        self.scanned: list[Row] | None = None
        self.output: bytes | None = None
        self.own_output = True
        self.decided: list[Decided] = []
        self.applied: list[Patched] = []
        self.left: dict[Path, bytes | None] = {}
        self.count = 0

    def teardown(self) -> None:
        shutil.rmtree(self.root)

    @initialize(name=st.sampled_from(sorted(FORMATS)))
    def a_dataset(self, name: str) -> None:
        self.name, self.build = name, FORMATS[name]
        self.rows = mail_rows(30)
        self.place.mkdir()
        self.write()
        self.scan()
        self.decide_by_rule(How(0, "", True, ""))

    # The state.

    @property
    def data(self) -> Path:
        return self.place / self.name

    @property
    def out(self) -> Path:
        return self.data.with_name(f"mail.relabeled{self.data.suffix}")

    @property
    def source(self) -> bytes:
        return self.build(self.rows)

    def write(self) -> None:
        self.data.write_bytes(self.source)

    def say(self, *words: object) -> Said:
        said = errata(*words, cwd=self.place)
        assert said.code in (0, 2), said
        return said

    def did(self, *words: object) -> Said:
        said = self.say(*words)
        assert said.code == 0, said
        return said

    # The model of the decisions.

    def standing(self) -> dict[str, Decided]:
        """The last decision about each item's text and given label, if the data still has its label."""
        rows = self.scanned or []
        names = {label for _, _, label in rows}
        last = {made.key: made for made in self.decided if made.label in names}
        return {item: last[text, label] for item, text, label in rows if (text, label) in last}

    def changes(self) -> dict[str, tuple[str, str]]:
        made = {item: (decision.key[1], decision.label) for item, decision in self.standing().items()}
        return {item: pair for item, pair in made.items() if pair[0] != pair[1]}

    def decide(self, decisions: Iterable[tuple[Row, str]]) -> None:
        self.count += 1
        run = self.build(self.scanned or [])
        self.decided += [Decided(run, (text, given), label, self.count) for (_, text, given), label in decisions]

    def is_current(self) -> bool:
        return self.scanned == self.rows

    def results(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.did("results", self.name, "--json").json
        return found

    # A person's actions.

    # One rule draws all of them, since hypothesis disables some rules in each example if there are many.
    @rule(action=st.sampled_from(ACTIONS), how=hows)
    def act(self, action: str, how: How) -> None:
        getattr(self, action)(how)

    def scan(self, how: How | None = None) -> None:
        flags = [word for name, value in COLUMNS.items() for word in (f"--{name}", value)]
        self.did("scan", self.name, *flags)
        self.scanned = list(self.rows)

    def decide_by_rule(self, how: How) -> None:
        accept = how.flag
        settled = self.standing()
        proposed = [
            (row, result["proposed_label"] if accept else row[2])
            for row, result in zip(self.scanned or [], self.results(), strict=True)
            if result["outcome"] == "relabel" and row[0] not in settled
        ]
        self.did("decide", self.name, "--accept" if accept else "--reject", "--where", "outcome == 'relabel'")
        self.decide(proposed)

    def decide_one(self, how: How) -> None:
        if not self.is_current():
            self.scan()
        row = self.rows[how.which % len(self.rows)]
        label = how.label if how.label in {known for _, _, known in self.rows} else row[2]
        run = python.open(self.data, **COLUMNS)
        run.decide(row[0], "label", label)
        run.close()
        self.decide([(row, label)])

    def undo(self, how: How) -> None:
        self.say("undo", self.name)
        run, holding = self.build(self.scanned or []), set(map(id, self.standing().values()))
        able = [made for made in self.decided if made.run == run or id(made) in holding]
        if able:
            taken = {id(made) for made in able if made.group == able[-1].group}
            self.decided = [made for made in self.decided if id(made) not in taken]

    def apply(self, how: How) -> None:
        """Apply decisions, usually of data that has not changed since its scan."""
        in_place = how.flag
        if not self.is_current() and how.which % 4:
            self.scan()
        before = self.log("applied")
        said = self.say("apply", self.name, *(["--in-place"] if in_place else []))
        if not self.is_current():
            assert self.log("applied") == before, "a patch was made for data that nobody scanned"
        elif not in_place and not self.own_output:
            assert said.code == 2, said
        else:
            assert said.code == 0, said
            self.applied_to_source() if in_place else self.applied_to_output()

    def applied_to_source(self) -> None:
        changes, before = self.changes(), self.source
        self.rows = changed(self.rows, changes)
        self.applied.append(Patched("in", changes, before, self.source))

    def applied_to_output(self) -> None:
        """An output is written from the source and replaces the old one; in-place patches build on each other."""
        changes = self.changes()
        self.output = self.build(changed(self.rows, changes))
        self.applied = [patch for patch in self.applied if patch.target != "out"]
        self.applied.append(Patched("out", changes, self.source, self.output))

    def revert(self, how: How) -> None:
        """Revert the last patch, or all of them."""
        count = len(self.applied) + 1
        while 0 < len(self.applied) < count:
            count = len(self.applied) if how.flag else 0
            self.revert_last()

    def revert_last(self) -> None:
        said = self.say("revert", self.name)
        patch = self.applied[-1]
        holds = self.source if patch.target == "in" else self.output
        if holds is None:
            assert said.code == 2, said
            return
        edited = holds not in (patch.after, patch.before)
        if edited and said.code == 2:
            return
        assert said.code == 0, said
        del self.applied[-1]
        rows = self.rows if patch.target == "in" else parsed(self.output or b"")
        reverted = changed(rows, {item: (new, old) for item, (old, new) in patch.changes.items()}) if edited else None
        if patch.target == "in":
            self.rows = reverted if reverted is not None else parsed(patch.before)
        else:
            self.output = patch.before if reverted is None else self.build(reverted)

    # Other changes to files.

    def edit_the_source(self, how: How) -> None:
        self.count += 1
        row = how.which % len(self.rows)
        item, text, given = self.rows[row]
        added = (f"n{self.count}", f"the spoon of the {self.count}th moon", how.label)
        edits: tuple[list[Row], ...] = (
            [(item, text, how.label)],
            [(item, f"{text} {self.count}", given)],
            [self.rows[row], added],
            [],
        )
        self.rows[row : row + 1] = edits[how.which % 4]
        self.write()

    def edit_the_output(self, how: How) -> None:
        if self.output is None:
            return
        if how.flag:
            self.out.unlink()
            self.output, self.own_output = None, True
        else:
            self.count += 1
            rows = [*parsed(self.output or b""), (f"n{self.count}", f"my own {self.count}", "sport")]
            self.output, self.own_output = self.build(rows), False
            self.out.write_bytes(self.output)

    def move(self, how: How) -> None:
        if not (self.root / how.to).exists():
            self.place = self.place.rename(self.root / how.to)

    def go_on_in_a_copy(self, how: How) -> None:
        if not (self.root / how.to).exists():
            self.left |= {self.data: self.source, self.out: self.output}
            self.place = Path(shutil.copytree(self.place, self.root / how.to))

    # The invariants.

    @invariant()
    def the_files_hold_what_they_should(self) -> None:
        assert self.data.read_bytes() == self.source
        assert contents(self.out) == self.output

    @invariant()
    def what_was_left_behind_stays(self) -> None:
        assert {path: contents(path) for path in self.left} == self.left

    @invariant()
    def status_tells_what_is_decided(self) -> None:
        found = self.did("status", self.name, "--json").json
        assert found["items"] == len(self.scanned or [])
        assert found["decided"] == len(self.standing())

    @invariant()
    def diff_tells_what_would_change(self) -> None:
        found = self.did("diff", self.name, "--json").json
        assert {change["item_id"]: (change["old"], change["new"]) for change in found} == self.changes()

    def log(self, kind: str) -> int:
        return sum(event["kind"] == kind for event in self.did("log", self.name, "--json").json)


def changed(rows: list[Row], changes: dict[str, tuple[str, str]]) -> list[Row]:
    """The rows with other labels; it is an error if an item does not have the old one."""
    bad = [row for row in rows if row[0] in changes and row[2] != changes[row[0]][0]]
    assert not bad, bad
    return [(item, text, changes[item][1] if item in changes else label) for item, text, label in rows]


def parsed(data: bytes) -> list[Row]:
    """The rows of a file of either format."""
    lines = data.decode().splitlines()
    found = (
        [tuple(json.loads(line).values()) for line in lines] if data.startswith(b"{") else list(csv.reader(lines))[1:]
    )
    return [(item, text, label) for item, text, label in found]


def contents(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


@pytest.mark.slow
def test_files_status_and_decisions_agree_whatever_is_done() -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=int(EXAMPLES or 20),
            stateful_step_count=20,
            deadline=None,
            database=None,
            derandomize=EXAMPLES is None,
            phases=[Phase.generate] if EXAMPLES is None else [Phase.generate, Phase.shrink],  # shrinking takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
