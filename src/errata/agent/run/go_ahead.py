"""Whether a run may ask its judges everything it wants to: a long or paid job needs someone's consent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from errata.errors import SetupError

LONG_MINUTES = 10.0


class Job(Protocol):
    """The most that is still to be asked. ``usd`` and ``minutes`` are None if unknown."""

    @property
    def usd(self) -> float | None: ...
    @property
    def minutes(self) -> float | None: ...
    def costs(self) -> str: ...


GoAhead = Callable[[Job], None]
"""Called with a job that needs someone's consent. Returns once that is given, and raises SetupError otherwise."""


def needs_word(job: Job) -> bool:
    """Whether it costs money or takes long."""
    return bool(job.usd) or (job.minutes or 0.0) > LONG_MINUTES


def refuse(job: Job) -> None:
    """The GoAhead for when no one can be asked."""
    raise SetupError(
        f"This takes {job.costs()}, which needs your consent. Pass --yes, or a limit: "
        "--budget calls=2000,minutes=30. Everything finished is kept."
    )
