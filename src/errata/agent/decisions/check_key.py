"""Which look of a random check a row of its sheet is about, and of what content."""

from __future__ import annotations

import re
from typing import NamedTuple

KEY = re.compile(r"check-([0-9]{1,15})-([0-9]{1,9})-([0-9a-f]{16})")
SHA = 16
"""Characters of the content's hash."""


class CheckKey(NamedTuple):
    """``check``: the event of the check. ``number``: which one it is in the order shown."""

    check: int
    number: int
    content_sha: str

    @classmethod
    def read(cls, text: str) -> CheckKey | None:
        """None for what is no key."""
        found = KEY.fullmatch(text)
        return cls(int(found[1]), int(found[2]), found[3]) if found else None

    def __str__(self) -> str:
        return f"check-{self.check}-{self.number}-{self.content_sha}"
