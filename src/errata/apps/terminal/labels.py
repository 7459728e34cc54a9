"""Which labels a card offers, and under which digits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

DIGITS = "123456789"


def offered(names: Sequence[str], likely: Callable[[], Iterable[str]]) -> dict[str, str]:
    """Digit -> label. Few labels are all offered, in an order that never changes, so that fingers can learn it;
    of many, the ``likely`` ones. Where all labels are digits, each is its own key."""
    if all(len(name) == 1 and name in "0123456789" for name in names):
        return {name: name for name in names}
    return numbered(names if len(names) <= len(DIGITS) else likely())


def numbered(labels: Iterable[str]) -> dict[str, str]:
    return dict(zip(DIGITS, labels, strict=False))


def matching(names: Sequence[str], part: str) -> list[str]:
    """The labels that hold ``part``, whatever the case: the whole name first, then names that begin with it."""
    wanted = part.casefold()
    found = [name for name in names if wanted in name.casefold()]
    return sorted(found, key=lambda name: (name.casefold() != wanted, not name.casefold().startswith(wanted)))
