"""A folder with data, and the commands run in it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.command import Said, errata
from tests.conftest import Judge
from tests.inputs import TOPICS, Row, files_of, mail_rows, shape_files, table_bytes, write_files

COLUMNS = ("--text", "text", "--id", "id", "--embedder", "plain")
CAREFREE = b"[costs]\nbreak_right = 1.0\n"
"""The stub is never surer than 0.9; with cautious costs that would be left to a person."""


@dataclass(frozen=True)
class Project:
    place: Path
    judge: Judge

    def __truediv__(self, name: str) -> Path:
        return self.place / name

    def say(self, *words: object) -> Said:
        return errata(*words, cwd=self.place)

    def did(self, *words: object) -> Said:
        """Run a command that must succeed."""
        said = self.say(*words)
        assert said.code == 0, said
        return said

    def refused(self, *words: object) -> str:
        """Run a command that must end with exit code 2, and return its error message."""
        said = self.say(*words)
        assert said.code == 2, said
        return said.words

    def scan(self, data: str = "mail.csv", label: str = "label", *more: object) -> Any:
        return self.did("scan", data, *COLUMNS, "--label", label, "--json", *more).json

    def run(self, data: str = "mail.csv", label: str = "label", *more: object) -> Any:
        """Run with the stub as the judge."""
        (self / "errata.toml").write_bytes(CAREFREE)
        return self.did("run", data, *COLUMNS, "--label", label, "--judge", self.judge.spec, "--json", *more).json

    def accept(self, data: str = "mail.csv", *more: object) -> Said:
        return self.did("decide", data, "--accept", "--where", "outcome == 'relabel'", *more)

    def diff(self, data: str = "mail.csv", *more: object) -> list[tuple[str, str, str]]:
        """(item, old label, new label) of every change that was decided."""
        return [(c["item_id"], c["old"], c["new"]) for c in self.did("diff", data, "--json", *more).json]

    def status(self, data: str = "mail.csv", *more: object) -> Any:
        return self.did("status", data, "--json", *more).json

    def results(self, data: str = "mail.csv", *more: object) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.did("results", data, "--json", *more).json
        return found

    def has(self, data: bytes) -> bool:
        """Whether any file here has these bytes."""
        return data in files_of(self.place).values()

    def bytes(self, name: str) -> bytes | dict[str, bytes] | None:
        """The bytes of a file, or of each file of a folder; None if it does not exist."""
        path = self / name
        return files_of(path) if path.is_dir() else path.read_bytes() if path.exists() else None

    def requests(self) -> int:
        return len(self.judge.requests())

    def moved(self, to: str, *, copy: bool = False) -> Project:
        """Move or copy the whole project to another name next to this one."""
        target = self.place.with_name(to)
        shutil.copytree(self.place, target) if copy else self.place.rename(target)
        return Project(target, self.judge)


def write_mail(project: Project, rows: Sequence[Row] | None = None, name: str = "mail.csv") -> bytes:
    """45 mails, 3 of them wrong, and their bytes."""
    data = table_bytes(mail_rows(45) if rows is None else rows)
    write_files(project.place, {name: data})
    return data


def write_shapes(project: Project, *, numbered: bool = False) -> dict[str, bytes]:
    """42 drawn shapes, 6 in a wrong class: ``shapes/CLASS/NNNN.png``."""
    files = shape_files(14, 2, numbered=numbered)
    write_files(project / "shapes", files)
    return files


def named_mail(count: int = 60, wrong: int = 6) -> list[Row]:
    """Mails that name their topic, so that the stub knows it."""
    return [
        (key, f"{text} about {TOPICS[i % 3]}", label) for i, (key, text, label) in enumerate(mail_rows(count, wrong))
    ]


def two_columns(project: Project) -> list[tuple[str, ...]]:
    """A mail.csv with three label columns: ``topic``, 3 of them wrong; ``kind``, 2 others wrong; ``note``, all
    right."""
    kinds = {"sport": "leisure", "kitchen": "home", "space": "science"}
    rows: list[tuple[str, ...]] = []
    for i, (key, text, topic) in enumerate(mail_rows(45)):
        true = TOPICS[i % 3]
        kind = kinds[TOPICS[(i + 1) % 3] if i in (20, 31) else true]
        rows.append((key, text, topic, kind, "yes" if true == "space" else "no"))
    write_files(project.place, {"mail.csv": table_bytes(rows, header=("id", "text", "topic", "kind", "note"))})
    return rows


def decide_by_hand(project: Project, changes: dict[str, str], data: str = "mail.csv", **settings: object) -> None:
    """Decide labels for some items by hand, one by one."""
    import errata

    columns: dict[str, Any] = (
        {"text": "text", "label": "label", "id": "id", "embedder": "plain"} | settings if data != "shapes" else {}
    )
    run = errata.open(project / data, **columns)
    for item, label in changes.items():
        run.decide(item, "label", label)
    run.close()
