"""Which labels a card offers, and on which digit keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

DIGITS = "1234567890"


def offered(names: Sequence[str], likely: Callable[[], Iterable[str]]) -> dict[str, str]:
    """Digit -> label. If there are few labels, all are offered in a fixed order that fingers can learn; of many, the
    ``likely`` ones. If all labels are digits, each is its own key."""
    if all(len(name) == 1 and name in "0123456789" for name in names):
        return {name: name for name in names}
    return numbered(names if len(names) <= len(DIGITS) else likely())


def numbered(labels: Iterable[str]) -> dict[str, str]:
    return dict(zip(DIGITS, labels, strict=False))


def matching(names: Sequence[str], part: str) -> list[str]:
    """The labels that contain ``part``, ignoring case: exact matches first, then names that begin with it."""
    wanted = part.casefold()
    found = [name for name in names if wanted in name.casefold()]
    return sorted(found, key=lambda name: (name.casefold() != wanted, not name.casefold().startswith(wanted)))
