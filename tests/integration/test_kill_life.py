"""The whole life of a dataset under SIGKILL: run, decide, apply, apply in place, revert; a killed command is repeated.

    KILLS=300 pytest -n0 tests/integration/test_kill_life.py        by hand; without KILLS there are 60

Half of the kills are at a random change to the disk, half at a random time. After each one, the source and the output
are either as before the command or complete (in a folder changed in place, every image is in its old or its new place),
every backup is complete, and status works. At the end the bytes are the same as without kills, and after the revert,
the same as at the start.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.command import Said, errata
from tests.conftest import Judge, stub_server
from tests.inputs import files_of, jsonl_bytes, mail_rows, parquet_bytes, shape_files, table_bytes, write_files
from tests.integration.dies import Ended, Mortals

KILLS = int(os.environ.get("KILLS", "60"))
COLUMNS = ("--text", "text", "--label", "label", "--id", "id", "--embedder", "plain")
ROWS = [(key, f"{text} about {(*'abc',)[int(key[1:]) % 3]}", label) for key, text, label in mail_rows(45, wrong=6)]
NAMES = {"sport": "a", "kitchen": "b", "space": "c"}
INPUTS: Mapping[str, Mapping[str, bytes]] = {
    "mail.csv": {"mail.csv": table_bytes([(key, text, NAMES[label]) for key, text, label in ROWS])},
    "mail.jsonl": {"mail.jsonl": jsonl_bytes([(key, text, NAMES[label]) for key, text, label in ROWS])},
    "mail.parquet": {"mail.parquet": parquet_bytes([(key, text, NAMES[label]) for key, text, label in ROWS])},
    "shapes": {f"shapes/{name}": data for name, data in shape_files(10, wrong=2).items()},
}
IN_PLACE = ("mail.csv", "shapes")
"""The half whose source is changed in place."""
State = tuple[object, object]
"""The contents of source and output: the bytes of a file, or of a folder's files; None if it does not exist."""


@dataclass
class Life:
    """One project folder, and the commands run in it."""

    place: Path
    name: str
    judge: Judge
    states: list[State] = field(default_factory=list)
    """Source and output before the first command and after each."""

    @classmethod
    def begun(cls, place: Path, name: str, judge: Judge) -> Life:
        write_files(place, INPUTS[name])
        (place / "errata.toml").write_text("[costs]\nbreak_right = 1.0\n")  # the stub is never surer than 0.9
        return cls(place, name, judge)

    @property
    def data(self) -> Path:
        return self.place / self.name

    @property
    def output(self) -> Path:
        return self.data.with_name(f"{self.data.stem}.relabeled{self.data.suffix}")

    def commands(self) -> list[list[str]]:
        data, columns = str(self.data), () if self.name == "shapes" else COLUMNS
        apply = [["apply", data], *([["apply", data, "--in-place"]] if self.name in IN_PLACE else [])]
        run = ["run", data, *columns, "--judge", self.judge.spec]
        return [run, ["decide", data, "--accept", "--where", "quality <= 1"], *apply, ["revert", data]]

    def state(self) -> State:
        return contents(self.data), contents(self.output)

    def backups(self) -> list[object]:
        """Only the backups that count as complete: hidden files and drafts are recognized by their names."""
        folder = self.place / f"{self.data.stem}.errata" / "backups"
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        return [
            contents(path) for path in found if path.suffix == self.data.suffix and path.name[:5] not in (".", "draft")
        ]

    def live(self, mortals: Mortals) -> list[Ended]:
        """Run every command once."""
        self.states, found = [self.state()], []
        for command in self.commands():
            found.append(mortals.run(command, self.place))
            assert found[-1].code == 0, found[-1].said
            self.states.append(self.state())
        return found

    def reverts(self) -> int:
        """A repeated revert that is already in the history undoes what was applied before it."""
        said = self.say(["log", str(self.data), "--json"])
        return 0 if said.code else sum(event["kind"] == "reverted" for event in said.json)

    def say(self, command: list[str]) -> Said:
        return errata(*command, cwd=self.place)


def contents(path: Path) -> object:
    if path.is_dir():
        return {name: hashlib.sha256(data).hexdigest() for name, data in files_of(path).items()}
    return path.read_bytes() if path.exists() else None


@pytest.mark.slow
@pytest.mark.parametrize("name", INPUTS)
def test_a_life_under_kills_ends_as_one_without(tmp_path: Path, name: str) -> None:
    rng, kills = random.Random(name), 0
    with stub_server(tmp_path / "requests.log", "--spread-s", "0.1") as judge, Mortals(tmp_path) as mortals:
        whole = Life.begun(tmp_path / "whole", name, judge)
        measured = whole.live(mortals)
        first, last = whole.states[0], whole.states[-1]
        assert first[0] == last[0] and any(state != first for state in whole.states), "nothing was tested"
        while kills < KILLS / len(INPUTS):
            life = Life.begun(tmp_path / f"life-{kills}", name, judge)
            for step, command in enumerate(life.commands()):
                before, after = whole.states[step], whole.states[step + 1]
                ended, reverts = None, life.reverts()
                while (ended is None or ended.code) and rng.random() < 0.7 and kills < KILLS / len(INPUTS):
                    ended = kill(life, command, mortals, measured[step], rng)
                    kills += ended.code == -9
                    assert_whole(life, before, after, ended.said)
                if (ended is None or ended.code) and life.reverts() == reverts:
                    repeat(life, command, after)
                assert life.state() == after, command
            assert all(backup == first[0] for backup in life.backups())


def kill(life: Life, command: list[str], mortals: Mortals, usually: Ended, rng: random.Random) -> Ended:
    if rng.random() < 0.5:
        ended = mortals.run(command, life.place, kill_after_s=rng.uniform(0, usually.seconds))
    else:
        ended = mortals.run(command, life.place, at=rng.randint(1, usually.changes))
    assert ended.code in (0, 2, -9), ended.said
    return ended


def assert_whole(life: Life, before: State, after: State, said: str) -> None:
    """What a killed command may leave behind; and status can report the state."""
    source, output = life.state()
    if isinstance(source, dict) and isinstance(before[0], dict):
        # Images move one by one: each exists once, in its old or its new place, and the others stay.
        assert isinstance(after[0], dict)
        assert sorted(source.values()) == sorted(before[0].values()), f"a picture is lost: {said}"
        assert source.items() <= before[0].items() | after[0].items(), f"a picture is in a wrong place: {said}"
    assert isinstance(source, dict) or source in (before[0], after[0]), f"the source is neither old nor new: {said}"
    assert output in (before[1], after[1]), f"the output is neither old nor new: {said}"
    assert all(backup in (before[0], after[0]) for backup in life.backups()), f"a backup is damaged: {said}"
    status = life.say(["status", str(life.data)])
    assert status.code == 0 or (status.code == 2 and "run" in status.err), status


def repeat(life: Life, command: list[str], after: State) -> None:
    """Run the same command again. "Nothing left to do" is a valid answer too, if it is true."""
    said = life.say(command)
    assert said.code == 0 or (said.code == 2 and life.state() == after), said
