"""A server's messages and a judge's name cannot control the terminal, nor fake a line of output."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest
from stamina.instrumentation import set_on_retry_hooks

from errata.apps.cli.options import report_retries
from errata.tools.judging.backends.server import ServerModel
from errata.tools.judging.chat import ChatRequest
from tests.integration.openai_stub import Knobs, serving

HOSTILE = "x\x1b[2J\x1b]0;owned\x07\nerrata: all is well\u202e"


@pytest.fixture(autouse=True)
def own_hooks() -> Iterator[None]:
    report_retries()
    yield
    set_on_retry_hooks(None)


def ask(knobs: Knobs) -> None:
    async def main() -> None:
        async with serving(knobs) as (_, url):
            model = ServerModel(knobs.model, url, first_wait_s=0.001)
            await model.complete(ChatRequest(({"role": "user", "content": "?"},), ("A", "B"), 4))
            await model.close()

    asyncio.run(main())


def is_plain(text: str) -> bool:
    return all(line.isprintable() for line in text.splitlines()) and len(text.splitlines()) == 1


def test_the_line_about_a_servers_trouble(capsys: pytest.CaptureFixture[str]) -> None:
    ask(Knobs(fail=[500], reason=HOSTILE))
    said = capsys.readouterr().err
    assert "trying again" in said and is_plain(said)


def test_the_line_about_a_busy_server(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        ask(Knobs(fail=[429], reason=HOSTILE, retry_after="0.01"))
    (warning,) = caplog.messages
    assert "is busy" in warning and is_plain(warning)


def test_the_warning_about_a_constraint(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        ask(Knobs(model=HOSTILE, says="Sure!"))
    (warning,) = caplog.messages
    assert "ignores the constraint" in warning and is_plain(warning)
