"""A text with a label's name blanked out."""

from __future__ import annotations

import pytest

from errata.tools.judging.untrusted.blanked import without_name


@pytest.mark.parametrize(
    ("text", "label", "blanked"),
    [
        ("Filed under WORLD. World news.", "World", "Filed under ___. ___ news."),
        ("The worldwide web", "world", "The worldwide web"),
        ("Please Cancel my_order, or cancel order 3", "cancel_order", "Please Cancel my_order, or ___ 3"),
        ("in SciTech and in sci/tech", "Sci/Tech", "in ___ and in ___"),
        ("\u4eca\u65e5\u4f53\u80b2\u65b0\u95fb", "\u4f53\u80b2", "\u4eca\u65e5___\u65b0\u95fb"),
        ("sport", "sport", "sport"),
        ("(sport)", "sport", "(sport)"),
        ("a smile", ":-)", "a smile"),
    ],
)
def test_each_mention_is_blanked_and_nothing_else(text: str, label: str, blanked: str) -> None:
    assert without_name(text, label) == blanked
