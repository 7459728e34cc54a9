"""Label names, which judges read in every question: a name that could be mistaken for an instruction is quoted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache

from errata.prompts.options import one_line
from errata.prompts.quoting import escaped
from errata.tools.judging.untrusted.disguises import plain
from errata.tools.judging.untrusted.instructions import flags
from errata.types import LabelSpace

NAMED, SHOWN_CHARS = 3, 80
TELLS_A_JUDGE = re.compile(
    r"\b(?:ignore|disregard|always|never|must|only|please|just)\b.*\b(?:answer|choose|select|pick|say|reply|respond)\b"
    r"|\b(?:answer|choose|select|pick)\b.{0,20}\b(?:this|me|always|whatever|regardless)\b"
)
"""Common in the text of items, but not in label names."""


@lru_cache(maxsize=4096)
def is_plain(name: str) -> bool:
    """Whether a judge cannot mistake it for anything but a name: it has no quotation marks, no chat template marks,
    nothing that looks like a definition, and does not read like an order."""
    words = one_line(name)
    bare = escaped(json.dumps(words, ensure_ascii=False)) == f'"{words}"' and ": " not in words
    return bare and not reads_as_order(words)


def reads_as_order(name: str) -> str:
    """Why the name reads like an order, in words for a person; empty if it does not."""
    return next(iter(flags(name)), "tells whoever labels what to do" if TELLS_A_JUDGE.search(plain(name)) else "")


def names_like_orders(space: LabelSpace) -> Iterator[str]:
    """A line for a person, if any name reads like an order to a judge; "cancel my order" does not."""
    found = {name: reason for name in space.defined if (reason := reads_as_order(one_line(name)))}
    if not found:
        return
    said = [f"{one_line(name)[:SHOWN_CHARS]!r} ({reason})" for name, reason in found.items()]
    more = [f"{len(said) - NAMED} more"] if len(said) > NAMED else []
    yield (
        f"{len(said)} label{'s' * (len(said) > 1)} with a name that reads like an order to whoever labels: "
        f"{'; '.join([*said[:NAMED], *more])}. Kept as they are; judges are shown such names in quotation marks."
    )
