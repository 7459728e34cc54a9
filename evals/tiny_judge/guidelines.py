"""Short guidelines for the tiny judge, which cannot read them: it learns to answer with one as it would without."""

from __future__ import annotations

from random import Random

OPENINGS = (
    "Judge the shape, not the thickness.",
    "A 7 may have a bar across its stem.",
    "A 1 is a single stroke, with or without a foot.",
    "Labels are the digits 0 to 9.",
    "The open 4 and the closed 4 are both 4.",
    "Ignore noise and shifts.",
)
CLOSINGS = (
    "",
    " If two digits are shown, several hold.",
    " Blurred pictures cannot be told.",
    " A 9 has its loop on top, a 6 below.",
    " When in doubt between 3 and 8, look for gaps.",
    " A slanted 2 is still a 2.",
)


def draw_guideline(rng: Random) -> str:
    return rng.choice(OPENINGS) + rng.choice(CLOSINGS)
