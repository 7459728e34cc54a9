"""Control items are sure, of several labels, spread out, and not copies of others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from errata.agent.evidence.control_items import draw
from tests.agent.roles.made import scan

GIVEN = np.repeat([0, 1, 2, 3], 5)
HOLDS = np.tile([0.999, 0.998, 0.997, 0.996, 0.99], 4)


def test_copies_of_the_surest_are_not_drawn_while_there_are_others() -> None:
    copies = np.tile([0, 0, -1, -1, -1], 4) + np.repeat([0, 1, 2, 3], 5) * np.tile([1, 1, 0, 0, 0], 4)
    drawn = draw(GIVEN, HOLDS, replace(scan(), copies_N=copies), before=[0])
    assert sorted(drawn) == [2, 3, 7, 8, 12, 13, 17, 18]


def test_if_all_are_copies_each_group_gives_one() -> None:
    assert draw(GIVEN[:5], HOLDS[:5], replace(scan(), copies_N=np.array([0, 0, 0, 0, 1]))) == [0, 4]


def test_no_two_are_neighbors_while_there_are_others() -> None:
    near = np.full((20, 1), -1)
    near[1::5, 0] = [0, 5, 10, 15]
    assert sorted(draw(GIVEN, HOLDS, replace(scan(), neighbors_Nk=near))) == [0, 2, 5, 7, 10, 12, 15, 17]
