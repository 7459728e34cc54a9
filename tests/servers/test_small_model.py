"""errata with a real language model, SmolLM2-135M-Instruct: tests that it can be asked, not that it is right."""

from __future__ import annotations

import asyncio
import json
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from errata.tools.judging.backends.capabilities import Capabilities
from errata.tools.judging.doctor import probe_named
from errata.tools.judging.protocols import blind_choice, contest, question_bank
from errata.tools.judging.reading.reading import Style
from errata.tools.judging.spec import open_model
from errata.types import OTHER_ANSWERS
from evals.servers.vllm_server import VllmServer
from evals.small_model.convert import small_model
from tests.servers.panel import TOPICS, answers, text_items
from tests.servers.test_runs import answered
from tests.topics import write_topics

ASKED: tuple[tuple[str, Style], ...] = (
    (blind_choice.PROMPT_ID, "letters"),
    (contest.PROMPT_ID, "names"),
    (question_bank.PROMPT_ID, "letters"),
)
MOST, OF_A_RUN = 100, 64
"""The most requests in all of these tests, and in the one whole run. The model is slow on a CPU."""
STOPPED_EARLY = 3


@pytest.fixture(scope="module")
def small_server() -> Iterator[VllmServer]:
    with VllmServer(small_model(), "--max-model-len", "2048", "--dtype", "bfloat16") as server:
        yield server
        assert answered(server) <= MOST


@pytest.fixture(scope="module")
def said(small_server: VllmServer) -> list[dict[str, Any]]:
    return asyncio.run(answers(open_model(small_server.spec), text_items()[:1], ASKED))


@pytest.mark.parametrize(("protocol", "style"), ASKED)
def test_each_protocol_gets_an_answer_that_can_be_read(said: list[dict[str, Any]], protocol: str, style: str) -> None:
    (row,) = [row for row in said if row["case"][:2] == [protocol, style]]
    assert row["log_probs"], f"unreadable: {row['said']!r}"
    assert sum(math.exp(value) for value in row["log_probs"].values()) == pytest.approx(1, abs=1e-6)
    assert set(row["log_probs"]) <= {*TOPICS, *OTHER_ANSWERS}
    assert row["tokens_in"] and min(row["tokens_in"]) > 50


def test_it_says_more_than_a_mere_count(said: list[dict[str, Any]]) -> None:
    for row in said:
        assert len({round(value, 9) for value in row["log_probs"].values()}) > 1


def test_the_doctor_finds_a_judge_of_texts(small_server: VllmServer) -> None:
    report = asyncio.run(probe_named(small_server.spec))
    assert {finding.name for finding in report.findings if finding.result != "ok"} == {"images"}
    assert report.capabilities == Capabilities(constraint=True, log_probs=True, images=False)
    assert report.usable
    (chat,) = (finding for finding in report.findings if finding.name == "chat")
    assert "blue" in chat.means  # it is asked for the color of the sky: weights converted wrongly would babble


def test_a_run_ends_and_tells_what_it_thinks_of_the_judge(small_server: VllmServer, tmp_path: Path) -> None:
    data, folder = tmp_path / "texts.csv", tmp_path / "texts.errata"
    write_topics(data, rows=40, wrong=4)
    errata = str(Path(sys.executable).with_name("errata"))
    columns = ["--text", "message", "--label", "topic", "--id", "id", "--embedder", "plain"]
    asking = ["--judge", small_server.spec, "--protocol", "blind_choice", "--permutations", "1"]
    asking += ["--budget", f"calls={OF_A_RUN}"]  # a model that knew something would be asked more
    command = [errata, "run", str(data), *columns, *asking, "--run", str(folder), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode in (0, STOPPED_EARLY), done.stderr
    assert (folder / "report.html").exists()
    found = json.loads(done.stdout)
    assert (found["items"], found["unreadable_answers"]) == (40, 0)
    assert 0 < found["spent"]["calls"] <= OF_A_RUN
    assert found["spent"]["tokens"] > 50 * found["spent"]["calls"]
