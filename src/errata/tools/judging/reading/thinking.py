"""What a thinking model said, without its thoughts."""

from __future__ import annotations

import re

_NAMES = r"(?:seed:)?(?:think|thinking|thought|thoughts|reason|reasoning)"
_BEGINS = re.compile(
    rf"\s*(?:<{_NAMES}>|\[THINK\]|◁think▷|<\|begin_of_thought\|>|(?:<\|start\|>assistant)?<\|channel\|>analysis)", re.I
)
_ENDS = re.compile(rf"</{_NAMES}>|\[/THINK\]|◁/think▷|<\|end_of_thought\|>|<\|channel\|>final<\|message\|>", re.I)

OPENING = "<think>"
"""Put before thoughts that a server returns separately, if there was no answer."""


def after_thinking(text: str) -> str:
    """What follows the thoughts; "" if they do not end. A text without thoughts is unchanged."""
    *thoughts, answer = _ENDS.split(text)
    return answer if thoughts else "" if _BEGINS.match(text) else text


def thinks(text: str) -> bool:
    """Whether the text begins with thoughts, or ends some."""
    return bool(_BEGINS.match(text) or _ENDS.search(text))
