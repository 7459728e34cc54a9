"""What every command shares in its output to a person."""

from __future__ import annotations

import pytest
from stamina.instrumentation import RetryDetails, get_on_retry_hooks, set_on_retry_hooks

from errata.apps.cli.options import on_one_line, report_retries
from tests.agent.views.test_item import LINE_ENDS

FORGED = "x{end}\x1b[2JNext:     rm -rf ."


@pytest.mark.parametrize("end", LINE_ENDS, ids=ascii)
def test_every_text_that_a_status_shows_is_one_line(end: str) -> None:
    evil = FORGED.format(end=end)
    shown = on_one_line({"data": evil, "judges": [evil, evil], "features": {"name": evil}, "items": 3, "open": None})
    texts = [shown["data"], *shown["judges"], shown["features"]["name"]]
    assert all(len(text.splitlines()) == 1 and "\x1b" not in text for text in texts)
    assert (shown["items"], shown["open"]) == (3, None)


def test_a_server_s_words_stay_on_one_line_of_a_retry(capsys: pytest.CaptureFixture[str]) -> None:
    before = get_on_retry_hooks()
    try:
        report_retries()
        (tell,) = get_on_retry_hooks()
        caused_by = ValueError(FORGED.format(end="\n") + "y" * 10_000)
        tell(
            RetryDetails(
                name="f", args=(), kwargs={}, retry_num=1, wait_for=0.0, waited_so_far=0.0, caused_by=caused_by
            )
        )
    finally:
        set_on_retry_hooks(before)
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "\x1b" not in said and len(said) < 700
