"""A report made by hand, for the tests of this folder."""

from __future__ import annotations

from dataclasses import replace

import pytest

from errata.tools.report.count import WrongCount
from errata.tools.report.data import (
    Asked,
    ClassNoise,
    Decided,
    Features,
    Flow,
    Judging,
    Profile,
    ReportData,
    ShownPart,
    Source,
    Unreadable,
    WorstItem,
)

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="

ITEM = WorstItem(
    item_id="t-17",
    given_label="World",
    outcome="relabel",
    proposed_label="Sci/Tech",
    confidence=0.93,
    quality=0.04,
    reason="the judge, not shown the given label, said Sci/Tech (0.97); 9 of 10 neighbors are labeled Sci/Tech",
    status="judged",
    parts=(ShownPart("", "A handheld for messages.", 24),),
)

WRONG = WrongCount(312.4, 243.0, 386.0, 4990)


@pytest.fixture
def report() -> ReportData:
    return ReportData(
        first_line=WRONG.sentence,
        wrong=WRONG,
        source=Source(
            "/data/news.csv", "ab" * 32, 3, "2026-01-02T03:04:05.678+00:00", "2026-01-02T04:00:00+00:00", "0.1.0"
        ),
        profile=Profile("text", 5000, 4, 3, 2, 12, 1, 7, (Unreadable("t-9", "the text is empty"),)),
        features=Features("all-MiniLM-L6-v2", False, ("confident_learning", "neighbors"), ("neighbors: alike items",)),
        classes=(
            ClassNoise("World", WrongCount(200.0, 150.0, 260.0, 1673), 120, "Sci/Tech", 90),
            ClassNoise("Sports", WrongCount(2.0, 0.0, 6.0, 1259), 0, None, 0),
        ),
        flows=(
            Flow("World", "relabel", "Sci/Tech", 90),
            Flow("World", "ambiguous", "Business", 20),
            Flow("World", "several", None, 10),
        ),
        worst=(
            ITEM,
            replace(
                ITEM, item_id="t-18", outcome="ambiguous", parts=(ShownPart("", image=PNG),), decided="ann said: x"
            ),
        ),
        judging=Judging(
            (Asked("qwen", "blind_choice", "blind_choice", "v1", "cd" * 32, 807, 2, 1614, 5, 301_234),),
            1609,
            301_234,
            1.25,
            807,
            11,
            "The budget of 1609 calls leaves no room",
        ),
        open={"relabel": 90, "ambiguous": 19, "several": 10},
        decided=(Decided("the proposed label", "rule", 40), Decided("the given label holds", "item", 1)),
        statuses={"scanned": 4000, "judged": 920, "decided": 41, "applied": 39},
    )
