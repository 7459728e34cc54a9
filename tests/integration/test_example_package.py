"""A package installed with errata adds a detector, a protocol, a role, and an action; a run uses all four."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.conftest import stub_server
from tests.topics import write_topics

pytestmark = pytest.mark.slow
PACKAGE = Path(__file__).parents[1] / "example_package"
COLUMNS = ("--text", "message", "--label", "topic", "--id", "id", "--embedder", "plain")
DETECTORS = ("--detectors", "confident_learning", "--detectors", "label_rank")
PROTOCOLS = ("--protocol", "blind_choice", "--protocol", "quick_choice")
PERFORMED = """
import json
from errata.agent.actions.perform import perform
from errata.agent.actions.registry import action_named
from errata.agent.actions.session import Session

with Session().open("mail.csv") as session:
    done = perform("common_labels", session, most=2)
print(json.dumps({"done": done, "schema": action_named("common_labels").input_schema()}))
"""


class Run(NamedTuple):
    """``site``: where the package is installed; ``here``: the folder with the data and its run."""

    site: Path
    here: Path

    def python(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run in an environment where the package is installed."""
        paths = os.pathsep.join(filter(None, [str(self.site), os.environ.get("PYTHONPATH", "")]))
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=self.here,
            env=os.environ | {"PYTHONPATH": paths},
            timeout=300,
        )

    def errata(self, *arguments: object) -> Any:
        done = self.python("-c", "from errata.apps.cli import main; main()", *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def stored(self, query: str) -> list[tuple[Any, ...]]:
        database = sqlite3.connect(self.here / "mail.errata" / "store.sqlite")
        try:
            return database.execute(query).fetchall()
        finally:
            database.close()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A run that uses everything in the package by name."""
    folder = tmp_path_factory.mktemp("example")
    source = shutil.copytree(PACKAGE, folder / "source")  # setuptools writes into it
    found = Run(folder / "site", folder)
    install = ("-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target")
    installed = found.python(*install, found.site, source)
    assert installed.returncode == 0, installed.stderr
    write_topics(folder / "mail.csv")
    with stub_server(folder / "requests.log") as judge:
        asked = ("--judge", judge.spec, *PROTOCOLS, "--role", "bystanders")
        found.errata("run", "mail.csv", *COLUMNS, *DETECTORS, *asked)
    yield found


def test_its_detector_scores_every_item(run: Run) -> None:
    quality_N = np.load(run.here / "mail.errata" / "arrays" / "run-1" / "label_rank.quality.npy")
    assert quality_N.shape == (150,) and quality_N[:6].max() < quality_N[6:].mean()
    assert "label_rank: labels that several classes are likelier than" in run.errata("status")["plan"]


def test_its_protocol_is_asked_and_says_so_in_its_own_words(run: Run) -> None:
    (protocols,) = zip(*run.stored("select distinct protocol from verdicts"), strict=True)
    assert set(protocols) == {"blind_choice", "quick_choice"}
    ((reason,),) = run.stored("select reason from proposals where idx = 0")
    assert "what came to the judge's mind first was animals (0.9" in reason


def test_its_role_leaves_word_under_its_name_and_gets_its_items_judged(run: Run) -> None:
    ((body,),) = run.stored("select body from contributions where author = 'bystanders' and kind = 'Drawn'")
    drawn = json.loads(body)["items"]
    suspects = [idx for (idx,) in run.stored("select idx from items where suspicion is not null")]
    judged = {idx for (idx,) in run.stored("select idx from verdicts")}
    assert len(drawn) == 4 and not set(drawn) & set(suspects)
    assert judged == {*drawn, *suspects}


def test_its_action_is_performed_by_its_name(run: Run) -> None:
    done = run.python("-c", PERFORMED)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert sum(found["done"].values()) >= 100 and len(found["done"]) == 2
    assert found["schema"]["properties"]["most"]["description"] == "At most so many labels."


def test_without_being_named_it_changes_no_run(run: Run) -> None:
    scanned = run.errata("scan", "mail.csv", *COLUMNS, "--run", "other.errata")
    assert scanned["detectors"] == ["confident_learning", "duplicates", "neighbors"]
