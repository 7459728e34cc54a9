"""Times as people type them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from errata.errors import SetupError
from errata.tools.visible import one_line

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
AGO = re.compile(r"(\d{1,9})\s*(s|m|h|d|w|seconds?|minutes?|hours?|days?|weeks?)(\s+ago)?", re.ASCII)


def parse_time(text: str, now: datetime | None = None) -> datetime:
    """A time with its time zone: ``30m`` or ``30 minutes ago`` before ``now``, or ISO 8601 (local time if no zone is
    given). Raises SetupError for anything else."""
    said = text.strip()
    ago = AGO.fullmatch(said.lower())
    try:
        if ago is not None:
            return (now or datetime.now(UTC)) - timedelta(**{UNITS[ago[2][0]]: int(ago[1])})
        return datetime.fromisoformat(said).astimezone()
    except (ValueError, OverflowError):
        raise SetupError(
            f"--since takes 30m, 2h, 1d, or a time such as 2026-01-31T18:00; got {one_line(text, 60)!r}."
        ) from None
