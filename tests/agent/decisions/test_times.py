"""Times as people type them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from errata.agent.decisions.times import parse_time
from errata.errors import SetupError

NOW = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("30m", "2026-01-31T17:30+00:00"),
        ("2 hours ago", "2026-01-31T16:00+00:00"),
        (" 1D ", "2026-01-30T18:00+00:00"),
        ("1 week", "2026-01-24T18:00+00:00"),
        ("2026-01-31T18:00+02:00", "2026-01-31T16:00+00:00"),
        ("2026-01-31T16:00Z", "2026-01-31T16:00+00:00"),
    ],
)
def test_a_span_back_from_now_and_iso_8601_are_moments(text: str, moment: str) -> None:
    assert parse_time(text, NOW) == datetime.fromisoformat(moment)


def test_without_a_zone_it_is_this_machine_s_time() -> None:
    assert parse_time("2026-01-31T18:00") == datetime(2026, 1, 31, 18).astimezone()


@pytest.mark.parametrize("text", ["", "yesterday", "m", "-5m", "999999999w", "30 months", "\x1b[2J", "٣m"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(SetupError, match="--since"):
        parse_time(text, NOW)
