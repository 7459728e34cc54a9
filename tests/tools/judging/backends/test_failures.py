"""Errors of servers, in forms seen in practice: which are temporary, which mean busy, and how long to wait."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from errata.tools.judging.backends.failures import LONGEST_WAIT_S, failure


def under_200(body: Any) -> tuple[int, str]:
    found = failure(200, {}, body if isinstance(body, bytes) else json.dumps(body).encode())
    return found.status, found.said


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"error": {"message": "upstream overloaded", "code": 502}}, 502, "upstream overloaded"),
        ({"error": {"message": "slow down", "code": "429"}}, 429, "slow down"),
        ({"error": "model is overloaded"}, 429, "model is overloaded"),
        ({"error": {"message": "no", "type": "rate_limit_error"}}, 429, "no (rate_limit_error)"),
        ({"detail": "Not authenticated: bad api key"}, 401, "Not authenticated: bad api key"),
        ({"message": "context length exceeded", "code": 400}, 400, "context length exceeded"),
        ({"object": "error", "message": "this prompt is too long"}, 400, "this prompt is too long"),
        ({"errors": [{"message": "something broke"}]}, 500, "something broke"),
        ([{"error": {"code": 503, "message": "later"}}], 503, "later"),
        ({"base_resp": {"status_code": 1002, "status_msg": "rate limit"}}, 429, "rate limit"),
        (b"<html><head><title>Bad gateway</title></head>x</html>", 500, "a web page: Bad gateway"),
        (b"", 500, "no reason given"),
        (b"null", 500, "null"),
    ],
)
def test_an_error_under_status_200_is_one_with_the_servers_words(body: Any, status: int, said: str) -> None:
    assert under_200(body) == (status, said)


@pytest.mark.parametrize(
    ("status", "headers", "said", "busy"),
    [
        (429, {}, "slow down", True),
        (529, {}, "Overloaded", True),
        (503, {"Retry-After": "3"}, "out of order", True),
        (503, {}, "the model is overloaded", True),
        (503, {}, "no healthy upstream", False),
        (500, {}, "overloaded", False),
        (429, {}, "You have no credit (insufficient_quota)", False),
    ],
)
def test_busy_and_broken_are_told_apart(status: int, headers: dict[str, str], said: str, busy: bool) -> None:
    assert failure(status, headers, said.encode()).busy is busy


@pytest.mark.parametrize(
    ("headers", "said", "wait_s"),
    [
        ({"Retry-After": "20"}, "", 20.0),
        ({"Retry-After": "1.5"}, "", 1.5),
        ({"Retry-After": "250ms"}, "", 0.25),
        ({"Retry-After-Ms": "1500"}, "", 1.5),
        ({"Retry-After": "tomorrow"}, "", None),
        ({"Retry-After": "nan"}, "", None),
        ({"Retry-After": "-5"}, "", 0.0),
        ({"Retry-After": "86400"}, "", LONGEST_WAIT_S),
        ({}, "Rate limit reached, try again in 30 s", 30.0),
        ({}, "please retry after 20ms", 0.02),
        ({}, "later", None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], said: str, wait_s: float | None) -> None:
    assert failure(429, headers, said.encode()).wait_s == (None if wait_s is None else pytest.approx(wait_s))


def test_a_date_says_how_long_too() -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert failure(429, {"Retry-After": at}, b"").wait_s == pytest.approx(30, abs=2)
