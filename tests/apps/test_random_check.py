"""errata review --check, in the terminal and in a sheet."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import openpyxl
import pytest

from errata.agent.actions.checking import RANDOM_CHECK
from errata.agent.actions.perform import perform
from errata.agent.run.workspace import Workspace
from errata.apps.terminal_check import CheckCards, CheckSummary, check
from tests.apps.test_terminal_review import CLEAR, until_the_end
from tests.by_hand import make_run, session_of
from tests.command import errata
from tests.topics import write_topics

SCAN = ("--text", "message", "--label", "topic", "--id", "id", "--embedder", "plain")


class Checked:
    """One person's part of a random check: what they saw, and the result."""

    def __init__(self, workspace: Workspace, keys: list[str], size: int, by: str = "ann") -> None:
        import io

        from rich.console import Console

        out = io.StringIO()
        console = Console(file=out, force_terminal=True, width=80, height=24, legacy_windows=False, no_color=True)
        self.summary: CheckSummary = check(session_of(workspace, by), size, None, None, console, until_the_end(keys))
        self.cards = [re.sub(r"\x1b\[[0-9;]*m", "", card) for card in out.getvalue().split(CLEAR)[1:]]


def test_each_card_shows_the_content_alone(tmp_path: Path) -> None:
    rows = [("id-dog", "a meow", "dog"), ("id-cat", "a bark", "cat")]
    workspace = make_run(tmp_path, rows, ("relabel",) * 2, fill=30)
    sat = Checked(workspace, ["1", "s", "c", "p"] * 8, 62)
    assert sat.summary.answered == 32
    for card in sat.cards[:-1]:
        assert "id-" not in card and "given" not in card and "proposed" not in card and "random check" in card
    assert "1 cat   2 dog" in "".join(sat.cards) and "1 dog   2 cat" in "".join(sat.cards)
    assert "answered, " in sat.cards[-1] and "s several labels" in sat.cards[0]


def test_neither_accept_nor_keep_is_a_key(tmp_path: Path) -> None:
    workspace = make_run(tmp_path)
    sat = Checked(workspace, ["y", "\n", "n", "?", "x"], 8)
    assert sat.summary.answered == 0 and list(workspace.store.events.read("decision")) == []
    assert "A random check proposes nothing to accept" in sat.cards[1] and "'n' is no key here" in sat.cards[3]
    assert "accept" not in sat.cards[4] and "pass on" in sat.cards[4]


def test_an_answer_is_taken_back_on_the_spot(tmp_path: Path) -> None:
    workspace = make_run(tmp_path)
    sat = Checked(workspace, ["s", "u", "u", "c"], 8)
    assert sat.summary.answered == 1 and "Taken back: here it is again." in sat.cards[2]
    assert "There is nothing to take back" in sat.cards[3]
    assert [d.answer for d in workspace.decisions().values()] == ["cannot_tell"]


def test_of_many_labels_those_used_last_are_on_the_digits(tmp_path: Path) -> None:
    rows = [(f"i{k}", "a moo", f"label{k}") for k in range(12)]
    session = session_of(make_run(tmp_path, rows, ("keep",) * 12, fill=0))
    cards = CheckCards(session, perform(RANDOM_CHECK, session, size=12).check)
    for label, offered in (("label3", {}), ("label7", {"1": "label3"}), ("label3", {"1": "label7", "2": "label3"})):
        card = cards.next_card()
        assert card is not None and card.choices == offered and set(card.names) == {row[2] for row in rows}
        cards.decide(card, "label", label)
    last = cards.next_card()
    assert last is not None and last.choices == {"1": "label3", "2": "label7"}


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    write_topics(tmp_path / "mail.csv", rows=60, wrong=6)
    assert errata("scan", "mail.csv", *SCAN, cwd=tmp_path).code == 0
    return tmp_path


def test_a_check_in_a_sheet_is_blind_and_taken_back(mail: Path) -> None:
    said = errata("review", "--check", "20", "-o", "c.xlsx", "--as", "ann", cwd=mail)
    assert said.code == 0 and "21 rows written to c.xlsx" in said.out
    book = openpyxl.load_workbook(mail / "c.xlsx")
    sheet = book["review"]
    head, *rows = sheet.iter_rows(values_only=True)
    assert head == ("data.message", "decision", "errata_key")
    assert not any(re.search(r"\bm\d+\b", str(cell)) for row in rows for cell in row)
    answers = [row[0] for row in book["answers"].iter_rows(values_only=True)]
    assert "accept" not in answers and "keep" not in answers
    with (mail / "mail.csv").open(newline="", encoding="utf-8") as file:
        given = {row["message"]: row["topic"] for row in csv.DictReader(file)}
    for row in sheet.iter_rows(min_row=2):
        row[1].value = given[row[0].value]
    sheet.cell(2, 2).value = "no such thing"
    book.save(mail / "c.xlsx")
    said = errata("decide", "--from", "c.xlsx", "--as", "ann", "--yes", cwd=mail)
    assert "c.xlsx: 20 decisions (in a random check)" in said.out and "row 2: 'no such thing' is no answer" in said.out
    assert "19 answered, 1 left" in errata("status", cwd=mail).out
    sheet.cell(2, 2).value = "cannot tell"
    sheet.cell(3, 2).value = "several"
    book.save(mail / "c.xlsx")
    said = errata("decide", "--from", "c.xlsx", "--as", "ann", "--yes", cwd=mail)
    assert "1 decision (in a random check); 19 recorded before" in said.out
    assert "row 3: you have answered it otherwise" in said.out
    assert re.search(
        r"of 60 items about 0 are wrong, 0 to \d+, from a random check of 20", errata("status", cwd=mail).out
    )
    page = (mail / errata("report", cwd=mail).out.strip()).read_text(encoding="utf-8")
    assert "from a random check of 20" in page and "unchecked estimate" not in page


def test_a_rule_without_a_check_says_so_when_it_is_applied(mail: Path) -> None:
    assert errata("decide", "--accept", "--where", "quality < 0.5", cwd=mail).code == 0
    said = errata("apply", cwd=mail)
    assert re.search(r"\d+ changes by the rule quality < 0.5: no check was made", said.out)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("--check", "5", "-o", "c.csv"), "the sheet of a random check is an .xlsx; got the ending '.csv'"),
        (("--where", "quality < 0.5", "--terminal"), "are for a random check"),
        (("--check", "5", "--where", "nonsense < 0.5", "--terminal"), "nonsense"),
        (("--check", "0", "--terminal"), "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_checked_is_told(mail: Path, typed: tuple[str, ...], told: str) -> None:
    said = errata("review", *typed, cwd=mail)
    assert said.code == 2 and told in said.err


def test_a_sheet_of_another_run_is_refused_row_by_row(mail: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    errata("review", "--check", "5", "-o", "c.xlsx", cwd=mail)
    book = openpyxl.load_workbook(mail / "c.xlsx")
    for row in book["review"].iter_rows(min_row=2):
        row[1].value = "several"
    other = tmp_path_factory.mktemp("other")
    book.save(other / "c.xlsx")
    write_topics(other / "mail.csv", rows=60, wrong=2)
    errata("scan", "mail.csv", *SCAN, cwd=other)
    said = errata("decide", "--from", "c.xlsx", "--yes", cwd=other)
    assert "it belongs to no random check of this run" in said.out and "recorded" not in said.out.split("\n")[-2]
