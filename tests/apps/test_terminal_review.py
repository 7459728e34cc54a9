"""The review in a terminal: each key decides what it says, and every decision is stored."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from errata.agent.contributions import Plan
from errata.agent.decisions.approval import decide
from errata.agent.decisions.by_rule import decide_where
from errata.agent.run.workspace import Workspace
from errata.apps.terminal_review import ReviewSummary, review
from errata.errors import SetupError
from errata.types import Outcome, Proposal
from tests.by_hand import ROWS, decided, make_run, session_of, somebody

CLEAR = "\x1b[2J\x1b[H"


class Sat:
    """One person's review: the keys pressed, what they saw, and the result."""

    def __init__(self, workspace: Workspace, keys: Iterable[str], by: str = "ann", size: tuple[int, int] = (80, 24)):
        self.out = io.StringIO()
        width, height = size
        console = Console(
            file=self.out,
            force_terminal=True,
            color_system="truecolor",
            width=width,
            height=height,
            legacy_windows=False,
        )
        self.summary: ReviewSummary = review(session_of(workspace, by), console, until_the_end(keys))

    @property
    def cards(self) -> list[str]:
        return self.out.getvalue().split(CLEAR)[1:]


def until_the_end(keys: Iterable[str]) -> Callable[[], str]:
    left = iter(keys)

    def read_key() -> str:
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    return read_key


Make = Callable[..., Workspace]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return partial(make_run, tmp_path)


@pytest.mark.parametrize(
    ("key", "outcome", "stored"),
    [
        ("y", "relabel", ("label", "cat")),
        ("\n", "relabel", ("label", "cat")),
        ("y", "several", ("several", None)),
        ("y", "none_of_these", ("none_of_these", None)),
        ("n", "relabel", ("label", "dog")),
        ("1", "ambiguous", ("label", "cat")),
        ("2", "relabel", ("label", "dog")),
        ("s", "relabel", ("several", None)),
        ("o", "relabel", ("none_of_these", None)),
        ("c", "relabel", ("cannot_tell", None)),
        ("p", "relabel", ("passed_on", None)),
    ],
)
def test_each_key_stores_the_answer_that_it_names(make: Make, key: str, outcome: Outcome, stored: object) -> None:
    workspace = make(outcomes=(outcome, "keep", None, "keep"))
    assert Sat(workspace, [key]).summary.left == 0
    (decision,) = workspace.decisions().values()
    assert (decision.answer, decision.label) == stored
    assert (decision.by, decision.looked, decision.seeing) == ("ann", "item", "proposal")


@pytest.mark.parametrize("key", ["3", "0", "Y", "x", "yy", "y\n", "\x1b", "\x1b[A", "\x1bOp", "", "é", " ", "?", "u"])
def test_a_key_that_means_nothing_here_decides_nothing(make: Make, key: str) -> None:
    workspace = make()
    assert Sat(workspace, [key]).summary == ReviewSummary(decided=0, changes=0, left=4, moved=0)
    assert list(workspace.store.events.read()) == []


def test_an_ambiguous_proposal_cannot_be_accepted(make: Make) -> None:
    sat = Sat(make(outcomes=("ambiguous", None, None, None)), ["y", "\n"])
    assert sat.summary.left == 1
    assert "names no answer" in sat.cards[1]
    assert "accept   " not in sat.cards[0]


def test_the_least_trustworthy_open_item_comes_first_and_gold_never(make: Make) -> None:
    workspace = make([*ROWS, ("gold", "a hiss", "cat")])
    outcomes: list[Outcome | None] = ["several", "keep", "relabel", None, "relabel"]
    proposals = [Proposal(i, o, "dog", 0.9, 0.9 - i / 10, "because") for i, o in enumerate(outcomes)]
    workspace.store.set_proposals(workspace.run.run_id, proposals)
    assert [card.split()[1] for card in Sat(workspace, "nn").cards] == ["c", "a"]


def test_suspects_without_a_proposal_come_last_and_say_so(make: Make) -> None:
    workspace = make(ROWS, (None, "relabel", None, "ambiguous"))
    workspace.store.set_suspicion(workspace.run.run_id, [0, 1, 3])  # c is no suspect
    cards = Sat(workspace, "nnn").cards
    assert [card.split()[1] for card in cards] == ["b", "d", "a"]
    assert "nothing: dog is still the likeliest label (0.00)" in plain(cards[2])
    assert "accept   " not in plain(cards[2])


def test_the_summary_counts_what_is_in_effect(make: Make) -> None:
    sat = Sat(make(), "ynu" + "c")
    assert sat.summary == ReviewSummary(decided=2, changes=1, left=2, moved=0)
    assert "2 decided here, 1 of them to another label; 2 still open." in sat.out.getvalue()
    assert "errata diff" in sat.out.getvalue()


@pytest.mark.parametrize("ending", ["q", "\x04", KeyboardInterrupt, EOFError])
def test_decisions_before_quitting_are_kept_and_coming_back_continues_with_the_rest(
    make: Make, ending: str | type[BaseException]
) -> None:
    workspace = make()
    keys: Iterator[str | type[BaseException]] = iter(["y", "n", ending])

    def read_key() -> str:
        pressed = next(keys)
        if isinstance(pressed, str):
            return pressed
        raise pressed

    assert review(session_of(workspace), Console(file=io.StringIO()), read_key).left == 2
    assert decided(workspace) == {"a": ("label", "cat"), "b": ("label", "cat")}
    assert [card.split()[1] for card in Sat(workspace, []).cards] == ["c"]


def test_undo_takes_back_one_decision_after_the_other_and_shows_each_item_again(make: Make) -> None:
    workspace = make()
    sat = Sat(workspace, "ynuuu")
    assert [card.split()[1] for card in sat.cards] == ["a", "b", "c", "b", "a", "a"]
    assert "Taken back: item b, kept cat." in sat.cards[3]
    assert "nothing to take back" in sat.cards[5]
    assert decided(workspace) == {}
    assert [event.kind for event in workspace.store.events.read()] == ["decision", "decision", "undo", "undo"]


def test_undo_reaches_back_to_an_earlier_sitting_and_to_rules_but_not_to_other_people(make: Make) -> None:
    workspace = make()
    Sat(workspace, "y")
    Sat(workspace, "y", by="bob")
    decide_where(workspace, somebody(workspace), True, "item_id == 'c'")
    sat = Sat(workspace, "uuu")
    assert [card.split()[1] for card in sat.cards] == ["d", "c", "a", "a"]
    assert "Taken back: item c, cat -> dog by rule." in sat.cards[1]
    assert sorted(decided(workspace)) == ["b"]


def test_a_rule_of_many_items_is_taken_back_by_a_second_u_and_by_nothing_else(make: Make) -> None:
    workspace = make()
    decide_where(workspace, somebody(workspace), True, "item_id in ['a', 'b', 'c']")
    asked = Sat(workspace, "u ")
    assert "3 items, by rule. u once more" in asked.cards[1] and len(decided(workspace)) == 3
    Sat(workspace, "u u")
    assert len(decided(workspace)) == 3
    taken = Sat(workspace, "uu")
    assert taken.cards[2].split()[1] == "a" and "3 items were decided by rule, and are open again" in taken.cards[2]
    assert decided(workspace) == {}


def test_a_second_u_takes_back_no_other_rule_than_the_one_that_was_named(make: Make) -> None:
    workspace = make()
    decide_where(workspace, somebody(workspace), True, "item_id in ['a', 'b']")

    def keys() -> Iterator[str]:
        yield "u"
        decide_where(workspace, somebody(workspace), True, "item_id in ['c', 'd']")
        yield "u"

    Sat(workspace, keys())
    assert len(decided(workspace)) == 4


def test_a_proposed_label_that_the_data_does_not_have_is_not_accepted_and_the_review_continues(make: Make) -> None:
    workspace = make()
    workspace.store.set_proposals(workspace.run.run_id, [Proposal(0, "relabel", "<cow>\n", 0.9, 0.0, "tampered")])
    sat = Sat(workspace, ["y", "n"])
    assert "Nothing was decided. Item 'a': '<cow>\\n' is no label" in " ".join(sat.cards[1].split())
    assert decided(workspace) == {"a": ("label", "dog")}


def test_a_console_without_blocks_or_utf_8_gets_a_card_in_ascii(make: Make) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii", errors="backslashreplace")
    workspace = make([("a", "\u732b meow", "dog"), *ROWS[1:]])
    review(session_of(workspace), Console(file=out, width=80, height=24), until_the_end(""))
    out.flush()
    assert b"| \\u732b meow" in raw.getvalue()


def test_the_item_taken_back_is_the_next_one_whatever_its_rank(make: Make) -> None:
    workspace = make()
    decide(workspace, somebody(workspace), "d", "several")
    assert [card.split()[1] for card in Sat(workspace, "uyn").cards] == ["a", "d", "a", "b"]


def test_an_item_passed_on_is_open_to_others_and_not_to_the_one_who_passed_it_on(make: Make) -> None:
    workspace = make(outcomes=("relabel", None, None, None))
    Sat(workspace, "p")
    assert Sat(workspace, "").summary.left == 0
    assert Sat(workspace, "y", by="bob").summary.decided == 1
    assert decided(workspace) == {"a": ("label", "cat")}


def test_an_item_that_someone_else_decided_meanwhile_is_not_shown(make: Make) -> None:
    workspace = make()
    bob = somebody(workspace, "bob")

    def keys() -> Iterator[str]:
        decide(workspace, bob, "b", "several")
        yield "y"

    left = keys()
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, height=24)
    review(session_of(workspace), console, lambda: next(left, "q"))
    assert [card.split()[1] for card in out.getvalue().split(CLEAR)[1:]] == ["a", "c"]


def test_a_wrong_token_is_refused_before_anything_is_shown(make: Make) -> None:
    out = io.StringIO()
    with pytest.raises(SetupError, match="token"):
        review(session_of(make(), token="guessed"), Console(file=out), until_the_end("y"))
    assert out.getvalue() == ""


def test_labels_that_are_digits_are_their_own_keys(make: Make) -> None:
    workspace = make([(str(i), f"a {i}", str(i)) for i in range(10)], ("relabel",) * 2)
    Sat(workspace, "70")
    assert decided(workspace) == {"0": ("label", "7"), "1": ("label", "0")}


def test_of_many_labels_the_likely_ones_have_digits_and_any_other_is_found_by_its_name(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(str(i), f"text {i}", f"label {i:02}") for i in range(12)]
    workspace = make(rows, ("relabel",) * 3, fill=0)
    probs_NK = np.full((12, 12), 0.01, dtype=np.float32)
    probs_NK[:, 5], probs_NK[:, 7] = 0.5, 0.4
    workspace.arrays.save("probs", probs_NK)
    workspace.arrays.save("confident_learning.label_probs", probs_NK)
    workspace.arrays.save("noise_channel", np.eye(12) + 0.1)
    workspace.arrays.save("confident_learning.quality", np.full(12, 0.5, dtype=np.float32))
    workspace.arrays.save("confident_learning.flag", np.zeros(12, dtype=bool))
    workspace.add_contributions("coordinator", Plan(detectors=("confident_learning",)))
    monkeypatch.setattr("sys.stdin", io.StringIO("nowhere\nLABEL 1\n"))
    sat = Sat(workspace, ["/", "/", "2", "3"])
    assert "1 label 00 (given)   2 label 01   3 label 05   4 label 07" in plain(sat.cards[0])
    assert "No label holds 'nowhere'" in sat.cards[1]
    assert "1 label 10   2 label 11" in plain(sat.cards[2])
    assert decided(workspace) == {"0": ("label", "label 11"), "1": ("label", "label 05")}


def plain(card: str) -> str:
    """Without colors, as text on the screen."""
    out = ""
    for part in card.split("\x1b["):
        out += part.split("m", 1)[-1] if out or card.startswith("\x1b[") else part
    return out


def test_hostile_content_is_shown_and_obeyed_nowhere(make: Make) -> None:
    rows = [("i\x1b[2Jd", "\x1b[31m[bold]x[/bold]\x07\u202e\r\nproposed  cow", "c\x1b[5mat"), *ROWS]
    workspace = make(rows, ("relabel",))
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, color_system=None, width=80, height=24)
    review(session_of(workspace, "a\x1b[1mnn"), console, until_the_end("?x1"))
    shown = out.getvalue().replace(CLEAR, "")
    assert not any((ord(char) < 32 and char != "\n") or char == "\u202e" for char in shown)
    assert r"│ \x1b[31m[bold]x[/bold]\x07\u202e" in shown
    assert "│ proposed  cow" in shown
    assert "\nproposed  cow" not in shown


def test_an_image_that_changed_since_the_run_is_not_put_up_for_a_decision(make: Make, tmp_path: Path) -> None:
    for name in "ab":
        Image.new("RGB", (2, 2), "red").save(tmp_path / f"{name}.png")
    rows = [("a", "a.png", "dog"), ("b", "b.png", "cat")]
    workspace = make(rows, ("relabel",) * 2, text="", image="content")
    Image.new("RGB", (2, 2), "blue").save(tmp_path / "a.png")
    workspace = Workspace(workspace.store, workspace.run)
    sat = Sat(workspace, "nn")
    assert sat.summary == ReviewSummary(decided=1, changes=0, left=0, moved=1)
    assert "1 not shown" in sat.out.getvalue()
