"""Blank out a label's name in a text, to see whether the label fits the rest of the text or is only asked for by
name."""

from __future__ import annotations

import re
from functools import lru_cache

BLANK = "___"


def without_name(text: str, label: str) -> str:
    """The text with each mention of the label blanked out, in any case and with any separator between its words
    ("cancel order", "Cancel_order"); unchanged if it has no mention, or no other words."""
    pattern = _mention(label)
    blanked = text if pattern is None else pattern.sub(BLANK, text)
    return blanked if re.search(r"[^\W_]", blanked) else text


@lru_cache(maxsize=1024)
def _mention(label: str) -> re.Pattern[str] | None:
    words = re.findall(r"[^\W_]+", label)
    if not words:
        return None
    named = r"[\W_]{0,2}".join(map(re.escape, words))
    # Scripts without spaces between words have no word boundaries to check.
    before, after = (r"[^\W_]" if end.isascii() else r"(?!)" for end in (words[0], words[-1]))
    return re.compile(rf"(?<!{before}){named}(?!{after})", re.IGNORECASE)
