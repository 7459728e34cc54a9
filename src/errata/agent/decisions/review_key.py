"""What a row of a review sheet showed when it was written, so that a decision on something else is never taken."""

from __future__ import annotations

import re
from typing import NamedTuple

from errata.types import Decision, Outcome, sha_of

KEY = re.compile(r"([0-9a-f]{16})-([0-9]{1,15})")


class ReviewKey(NamedTuple):
    """``shown``: a hash of the content, the given label, and what is proposed. ``event``: the decision that was in
    effect, 0 if there was none."""

    shown: str
    event: int

    @classmethod
    def of(
        cls, content_sha: str, given: str | None, outcome: Outcome | None, label: str | None, decision: Decision | None
    ) -> ReviewKey:
        return cls(sha_of([content_sha, given, outcome, label])[:16], decision.event if decision else 0)

    @classmethod
    def read(cls, text: str) -> ReviewKey | None:
        """None for what is no key."""
        found = KEY.fullmatch(text)
        return cls(found[1], int(found[2])) if found else None

    def __str__(self) -> str:
        return f"{self.shown}-{self.event}"
