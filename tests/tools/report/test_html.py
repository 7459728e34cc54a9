from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from errata import words
from errata.errors import SetupError
from errata.tools.report.count import count_wrong
from errata.tools.report.data import ClassNoise, Flow, ReportData, ShownPart, Unreadable
from errata.tools.report.html import render, write_report
from errata.types import Outcome

ATTACKS = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</title></style></svg><iframe src=//evil.example>",
    "<a href='javascript:alert(1)'>",
    "\u202edetrevni\u2066\x00\x1b[2J",
    "{{ 7 * 7 }}{% for x in y %}",
    "]]><!--",
)
VOID = {"meta", "img", "br", "hr"}
INLINE = {"span", "b", "bdi", "small", "code", "tspan", "a"}


class Page(HTMLParser):
    """Tags with their attributes, the text between them, and whether every tag was closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        self.words.append("" if tag in INLINE else " ")

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def everywhere(report: ReportData, attack: str) -> ReportData:
    """The same report, with the dataset's, the judge's and the user's own words replaced by an attack."""
    names = ("item_id", "given_label", "proposed_label", "reason", "decided", "missing")
    told: dict[str, Any] = dict.fromkeys(names, attack)
    item = replace(report.worst[0], parts=(ShownPart(attack, attack, len(attack), missing=attack),), **told)
    outcomes: tuple[Outcome, ...] = ("relabel", "ambiguous", "several", "none_of_these")
    return replace(
        report,
        source=replace(report.source, data_path=f"/data/{attack}"),
        profile=replace(report.profile, unreadable=(Unreadable(attack, attack),)),
        features=replace(report.features, name=attack, only_looks=True, plan=(attack,)),
        classes=(ClassNoise(attack, count_wrong([0.5]), 1, attack, 1),),
        flows=tuple(Flow(attack, outcome, attack, 1) for outcome in outcomes),
        worst=tuple(replace(item, outcome=outcome) for outcome in outcomes),
        judging=replace(report.judging, stopped=attack, asked=(replace(report.judging.asked[0], judge=attack),)),
    )


def test_the_first_line_is_the_honest_count(report: ReportData) -> None:
    first = re.search(r"<h1>(.*?)</h1>", render(report))
    assert first is not None
    assert Page(first[1]).text.lower() == report.first_line == "about 310 wrong labels, 240 to 390: unchecked estimate"


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_the_data_becomes_markup(report: ReportData, attack: str) -> None:
    harmless = Page(render(everywhere(report, "x")))
    hostile = Page(render(everywhere(report, attack)))
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in harmless.tags]
    assert [sorted(attrs) for _, attrs in hostile.tags] == [sorted(attrs) for _, attrs in harmless.tags]


def test_overrides_of_the_reading_order_are_shown_and_never_sent_on(report: ReportData) -> None:
    page = render(everywhere(report, "\u202edetrevni"))
    assert "\u202e" not in page
    assert r"\u202edetrevni" in page


def test_the_page_is_self_contained(report: ReportData) -> None:
    page = render(report)
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert ("meta", {"http-equiv": "Content-Security-Policy", "content": policy}) in Page(page).tags
    for tag, attrs in Page(page).tags:
        assert tag not in ("script", "link", "iframe", "object", "embed", "base", "form")
        assert all(not name.startswith("on") for name in attrs)
        assert (attrs.get("src") or "data:image/png;base64,").startswith("data:image/png;base64,")
        assert (attrs.get("href") or "#").startswith("#")
    assert "http:" not in page
    assert "https:" not in page
    assert "url(" not in page
    assert "@import" not in page


def test_the_picture_is_well_formed_even_with_hostile_labels(report: ReportData) -> None:
    for flawed in (report, *(everywhere(report, attack) for attack in ATTACKS)):
        svg = re.search(r"<svg.*</svg>", render(flawed), re.DOTALL)
        assert svg is not None
        ElementTree.fromstring(svg[0])  # noqa: S314  our own page; well-formedness is what is tested


def test_the_picture_says_its_totals(report: ReportData) -> None:
    page = Page(render(report)).text
    assert "120 items, from given label to proposed label" in page
    assert "World → Sci/Tech: 90" in page
    assert "World → Business: 20 left ambiguous" in page
    assert "World → several labels: 10" in page


def test_the_json_file_holds_the_same_counts_as_the_page(report: ReportData, tmp_path: Path) -> None:
    write_report(report, tmp_path / "report.html", tmp_path / "report.json")
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8")).text
    found = json.loads((tmp_path / "report.json").read_bytes())
    assert list(found) == [field.name for field in fields(ReportData)]
    assert found["first_line"] == report.first_line
    shares = [100 * found["wrong"][key] / found["wrong"]["items"] for key in ("estimate", "low", "high")]
    assert "That is {:.1f}% of 4,990 labeled items, between {:.1f}% and {:.1f}%".format(*shares) in page
    assert f"proposals open {sum(found['open'].values())} " in page
    assert f"decided {sum(row['items'] for row in found['decided'])} " in page
    assert f"labels changed {found['statuses']['applied']} " in page
    judging = found["judging"]
    assert f"{judging['calls']:,} calls, {judging['tokens']:,} tokens, {judging['cost_usd']:.4f} USD" in page
    for flow in found["flows"]:
        assert (
            f"{flow['given']} {flow['proposed'] or ''} {words.outcome(flow['outcome'])} {flow['items']}".replace(
                "  ", " "
            )
            in page
        )
    for row in found["classes"]:
        assert f"{row['wrong']['items']:,} {row['proposals']} " in page
    assert found["worst"][0]["parts"][0]["text"] in page


def test_the_json_file_reorders_nothing_in_an_editor(report: ReportData, tmp_path: Path) -> None:
    write_report(everywhere(report, ATTACKS[4]), tmp_path / "report.html", tmp_path / "report.json")
    assert (tmp_path / "report.json").read_bytes().isascii()


def test_plain_image_features_are_said_first_and_last(report: ReportData) -> None:
    only_looks = replace(report, features=replace(report.features, only_looks=True))
    assert "Ranked by looks alone" not in render(report)
    judged = Page(render(only_looks)).text
    assert judged.count("Ranked by looks alone") == 2
    assert "rests on a judge's look" in judged
    unjudged = Page(render(replace(only_looks, judging=replace(report.judging, asked=())))).text
    assert unjudged.count("proposes no label without a judge") == 2
    assert unjudged.index("Ranked by looks alone") < unjudged.index("From given to proposed")
    assert unjudged.rindex("Ranked by looks alone") > unjudged.index("Data and features")


def test_a_cut_text_says_how_much_is_missing(report: ReportData) -> None:
    cut = replace(report.worst[0], parts=(ShownPart("", "x" * 1500, 1_048_576),))
    assert "cut: the first 1,500 of 1,048,576 characters" in Page(render(replace(report, worst=(cut,)))).text
    assert "cut:" not in Page(render(report)).text


def test_gigantic_labels_and_reasons_do_not_swell_the_page(report: ReportData) -> None:
    swollen = everywhere(report, "y" * 1_000_000)
    item = replace(report.worst[0], reason="; ".join(["z" * 1_000_000] * 5))
    assert len(render(replace(swollen, worst=(item,)))) < 100_000


def test_an_image_is_inside_the_page(report: ReportData) -> None:
    images = [attrs for tag, attrs in Page(render(report)).tags if tag == "img"]
    assert [attrs["src"] for attrs in images] == [f"data:image/png;base64,{report.worst[1].parts[0].image}"]


def test_what_stopped_the_judging_is_said(report: ReportData) -> None:
    page = Page(render(report)).text
    assert "11 of 807 suspects have not been before a judge. Judging stopped early: The budget of 1609 calls" in page


def test_a_run_that_found_nothing_has_a_page_too(report: ReportData) -> None:
    judging = replace(report.judging, asked=(), suspects=0, waiting=0, stopped="")
    empty = replace(
        report, wrong=count_wrong([]), classes=(), flows=(), worst=(), open={}, decided=(), statuses={}, judging=judging
    )
    page = Page(render(empty)).text
    assert page.count("No item is suspected.") == 1
    assert "No label could be checked" in page


def test_a_page_that_cannot_be_written_says_so(report: ReportData, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="could not be written"):
        write_report(report, tmp_path / "nowhere" / "report.html", tmp_path / "report.json")
