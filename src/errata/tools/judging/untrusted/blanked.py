"""A text without the name of a label, to see whether that label fits the rest of it, or is only asked for by name."""

from __future__ import annotations

import re
from functools import lru_cache

BLANK = "___"


def without_name(text: str, label: str) -> str:
    """The text with each mention of the label blanked out, whatever its case and whatever stands between its words
    ("cancel order", "Cancel_order"); the same text where it has none, or has no other words."""
    pattern = _mention(label)
    blanked = text if pattern is None else pattern.sub(BLANK, text)
    return blanked if re.search(r"[^\W_]", blanked) else text


@lru_cache(maxsize=1024)
def _mention(label: str) -> re.Pattern[str] | None:
    words = re.findall(r"[^\W_]+", label)
    if not words:
        return None
    named = r"[\W_]{0,2}".join(map(re.escape, words))
    # Scripts that set no blanks between words have no bounds to look for.
    before, after = (r"[^\W_]" if end.isascii() else r"(?!)" for end in (words[0], words[-1]))
    return re.compile(rf"(?<!{before}){named}(?!{after})", re.IGNORECASE)
