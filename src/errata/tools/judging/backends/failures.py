"""What a server says went wrong, in any of the forms servers use, and whether retrying may help."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from errata.tools.judging.backends.keys import without_keys

ERROR_CHARS = 300
HEALING = frozenset({408, 409, 425, 429, *range(500, 600)})
"""Statuses that another try may change."""

BUSY = frozenset({429, 529})
"""Those that mean too many requests."""

QUOTA = "insufficient_quota"
"""An exhausted quota stays exhausted, whatever status reports it."""

LONGEST_WAIT_S = 600.0
"""A server may ask for a day."""

_SAYS = ("error", "errors", "message", "detail", "msg", "error_description", "error_message", "base_resp", "status_msg")
_CODES = ("code", "status_code", "status", "http_code", "type")
_BUSY_WORDS = re.compile(
    r"rate.?limit|too many (?:concurrent )?requests|overload|at capacity|over capacity|\bbusy\b|throttl|loading|"
    r"queue (?:is )?full|(?:try|retry)(?: again)? (?:in|after) \d",
    re.I,
)
_LASTING_WORDS = re.compile(
    r"invalid.?request|bad.?request|context.?(?:length|window)|too (?:long|large)|not.?found|does not exist|"
    r"(?:not |un)supported|content.?(?:filter|policy)|moderation|safety|blocked|invalid value|validation",
    re.I,
)
_KEY_WORDS = re.compile(r"api.?key|unauthori[sz]ed|authentication|invalid.?token|forbidden", re.I)
_WAIT_WORDS = re.compile(r"(?:try|retry)(?: again)? (?:in|after) (\d+(?:\.\d+)?) ?(ms|milliseconds|m\b|min|s)?", re.I)
_UNIT_S = {"ms": 1e-3, "milliseconds": 1e-3, "m": 60.0, "min": 60.0}


@dataclass(frozen=True, slots=True)
class Failure:
    """``said``: the server's words. ``status``: the HTTP status, or the one that the words imply. ``wait_s``: how long
    it asks to wait, None if it does not say."""

    said: str
    status: int
    wait_s: float | None = None

    @property
    def may_pass(self) -> bool:
        return self.status in HEALING and QUOTA not in self.said

    @property
    def busy(self) -> bool:
        """Whether it works but is overloaded, which is no reason to give up on it."""
        says_so = self.wait_s is not None or bool(_BUSY_WORDS.search(self.said))
        return self.may_pass and (self.status in BUSY or (self.status == 503 and says_so))


def failure(status: int, headers: Mapping[str, str], body: bytes) -> Failure:
    """Read a response that is not a completion."""
    said = error_text(body)
    wait_s = _wait_s(headers, said)
    return Failure(said, status if status != 200 else _status_of(body, said), wait_s)


def error_text(body: bytes) -> str:
    """The reason, from any of the usual forms of an error body, with any repeated key removed."""
    text = body.decode("utf-8", "replace")
    try:
        said = _message(json.loads(body))
    except (ValueError, RecursionError):
        said = _of_page(text) if text.lstrip().startswith("<") else text
    return " ".join(without_keys(said).split())[:ERROR_CHARS] or "no reason given"


def _of_page(text: str) -> str:
    """A web page's title, or else the text of its tags."""
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.I | re.S)
    page = re.sub(r"(?s)<(script|style)\b.*?</\1>|<[^>]*>", " ", text)
    return f"a web page: {title[1] if title else page}"


def _message(body: Any) -> str:
    if isinstance(body, dict):
        for name in _SAYS:
            if body.get(name):
                return _with_code(_message(body[name]), body)
    if isinstance(body, list) and len(body) == 1:
        return _message(body[0])
    return body if isinstance(body, str) else json.dumps(body)


def _with_code(said: str, body: dict[str, Any]) -> str:
    """Add a textual error code, which may say more than the message."""
    codes = (body.get(name) for name in ("code", "type"))
    more = [code for code in codes if isinstance(code, str) and not code.isdigit() and code not in said]
    return f"{said} ({more[0]})" if more and more[0] not in ("error", "none", "null") else said


def _status_of(body: bytes, said: str) -> int:
    """The status that an error under status 200 stands for: by its own code, else by its words; 500 if neither
    tells."""
    try:
        found = _code(json.loads(body))
    except (ValueError, RecursionError):
        found = None
    if found is not None:
        return found
    for words, status in ((_BUSY_WORDS, 429), (_KEY_WORDS, 401), (_LASTING_WORDS, 400)):
        if words.search(said):
            return status
    return 500


def _code(body: Any) -> int | None:
    if isinstance(body, list):
        return _code(body[0]) if body else None
    if not isinstance(body, dict):
        return None
    for name in _CODES:
        value = body.get(name)
        if isinstance(value, int | str) and str(value).isdigit() and 400 <= int(value) < 600:
            return int(value)
    nested = (_code(body.get(name)) for name in ("error", "errors", "detail", "base_resp"))
    return next((code for code in nested if code is not None), None)


def _wait_s(headers: Mapping[str, str], said: str) -> float | None:
    """How long to wait: from seconds, milliseconds, or a date in the headers, or from the server's words."""
    found = _number(headers.get("Retry-After-Ms", ""), 1e-3)
    found = _retry_after(headers.get("Retry-After", "")) if found is None else found
    if found is None and (words := _WAIT_WORDS.search(said)):
        found = _number(words[1], _UNIT_S.get((words[2] or "s").lower(), 1.0))
    return None if found is None else min(max(found, 0.0), LONGEST_WAIT_S)


def _retry_after(value: str) -> float | None:
    unit_s = 1e-3 if value.strip().endswith("ms") else 1.0
    number = _number(value.strip().rstrip("ms"), unit_s)
    if number is not None or not value:
        return number
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    return (at.astimezone(UTC) - datetime.now(UTC)).total_seconds()


def _number(value: str, unit_s: float) -> float | None:
    try:
        number = float(value) * unit_s
    except ValueError:
        return None
    return number if number == number and abs(number) != float("inf") else None
