"""A hand-made view: six animals by their sounds; the first has a wrong label, which a scan has found."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from errata.agent.evidence.view import View
from errata.agent.role import Role
from errata.settings import Settings
from errata.testing import FakeAsk, FakeChat, TextContent
from errata.tools.inference.label_noise import LabelNoise
from errata.tools.inference.scan import Scan
from errata.tools.store.store import ItemRow
from errata.types import LabelSpace

T = TypeVar("T")
SPACE = LabelSpace(("cat", "cow", "dog"))
TEXTS = ("it barks", "it meows", "it moos", "it barks loudly", "it purrs", "it lows")
GIVEN = ("cat", "cat", "cow", "dog", "cat", "cow")
TRUE = ("dog", *GIVEN[1:])


def settings(**more: Any) -> Settings:
    """A judge that answers by name, so that a fake one's answers can be read."""
    return Settings(style="names", **more)


def scan() -> Scan:
    """Four fifths of each item's probability go to its true label."""
    column = SPACE.index()
    probs_NK = np.full((len(TRUE), 3), 0.1, np.float32)
    probs_NK[range(len(TRUE)), [column[label] for label in TRUE]] = 0.8
    doubted_N = np.array([given != true for given, true in zip(GIVEN, TRUE, strict=True)])
    noise = LabelNoise(np.full((3, 3), 0.05) + 0.85 * np.eye(3), 1.0)
    return Scan(probs_NK, [probs_NK], {"by_hand": doubted_N}, np.where(doubted_N, 0.1, 0.8).astype(np.float32), noise)


def view(**more: Any) -> View:
    """``more`` are fields of the View that replace these: the scan is done, only the first item is a suspect."""
    rows = [
        ItemRow(idx, str(idx), f"sha of {text}", given, False, None, None if idx else 0, idx)
        for idx, (text, given) in enumerate(zip(TEXTS, GIVEN, strict=True))
    ]
    made: dict[str, Any] = {
        "settings": settings(),
        "space": SPACE,
        "rows": rows,
        "content": TextContent(TEXTS),
        "scan": scan(),
    }
    return View(**(made | more))


def left_by(role: Role, seen: View, kind: type[T]) -> list[T]:
    """The output of a role that asks no judge; all of it must be of this kind."""
    left = role.work(seen, FakeAsk(silent()))
    found: list[T] = [one for one in left if isinstance(one, kind)]
    assert len(found) == len(left)
    return found


def silent() -> FakeChat:
    """A judge that must not be asked."""
    return FakeChat([])
