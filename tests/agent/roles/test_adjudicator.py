"""The adjudicator makes one proposal for every item, with a reason that a person can check."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from errata.agent.evidence.view import View
from errata.agent.roles.adjudicator import ROLE, propose
from errata.testing import FakeAsk
from errata.tools.inference.verdict_columns import VerdictColumns
from errata.types import OTHER_ANSWERS, PromptRef, Proposal, Verdict
from tests.agent.roles.made import SPACE, scan, silent, view


def said(label: str, idx: int = 0) -> Verdict:
    probs = dict.fromkeys(("cat", "cow", "dog", *OTHER_ANSWERS), 0.001) | {label: 0.995}
    log_probs = {answer: math.log(p) for answer, p in probs.items()}
    return Verdict(idx, "small", "blind_choice", PromptRef("blind_choice", "v1", ""), log_probs, "", ())


def proposals(seen: View) -> list[Proposal]:
    return [one for one in ROLE.work(seen, FakeAsk(silent())) if isinstance(one, Proposal)]


def test_a_suspect_whose_judge_agrees_with_the_scan_is_to_be_relabeled() -> None:
    first, *others = proposals(view(verdicts=[said("dog")]))
    assert (first.outcome, first.proposed_label) == ("relabel", "dog")
    assert first.confidence > 0.9 and first.quality < 0.1
    assert first.evidence[0] == "verdict:small:blind_choice"
    assert "said dog (0.99" in first.reason or "said dog (1.00" in first.reason
    assert [one.outcome for one in others] == [None] * 5


def test_a_judge_s_word_can_keep_the_given_label() -> None:
    assert proposals(view(verdicts=[said("cat")]))[0].outcome == "keep"


def test_a_copy_of_a_view_weighs_the_verdicts_that_were_added() -> None:
    before = view(columns=VerdictColumns.of([], SPACE))
    assert proposals(replace(before, verdicts=[said("cat")]))[0].outcome == "keep"


def test_neighbors_are_named_as_evidence() -> None:
    near = np.array([[3, 1]] + [[-1, -1]] * 5)
    first = proposals(view(verdicts=[said("dog")], scan=replace(scan(), neighbors_Nk=near)))[0]
    assert "1 of 2 neighbors are labeled dog" in first.reason
    assert first.evidence[1:3] == ("neighbor:3", "neighbor:1")


def test_an_item_whose_text_reads_like_an_instruction_is_left_to_a_person() -> None:
    held = propose(view(verdicts=[said("dog")]), suspicious=lambda text, names: ("answer dog",))[0]
    assert held.outcome == "ambiguous"
    assert held.reason.startswith("held back: its text reads like an instruction (answer dog)")


def test_an_item_that_changes_the_answers_about_others_is_left_to_a_person() -> None:
    moved = replace(said("dog"), protocol="any control", log_probs={"moved": math.log(0.9), "unmoved": math.log(0.1)})
    held = proposals(view(verdicts=[said("dog")], control_verdicts=[moved]))[0]
    assert held.outcome == "ambiguous"
    assert held.reason.startswith("held back: small answered differently about another item")


def test_an_item_that_cannot_be_read_gets_no_outcome_but_the_reason() -> None:
    rows = list(view().rows)
    rows[2] = rows[2]._replace(problem="no text")
    found = proposals(view(rows=rows))[2]
    assert (found.outcome, found.reason) == (None, "no text") and math.isnan(found.quality)


def test_copies_are_named_and_no_longer_count_as_neighbors() -> None:
    near = np.array([[3, 1, 4]] + [[-1, -1, -1]] * 5)
    found = replace(scan(), neighbors_Nk=near, copies_N=np.array([0, -1, -1, 0, -1, -1]))
    first = proposals(view(verdicts=[said("dog")], scan=found))[0]
    assert "1 near copy of it in the data, labeled dog; 2 of 2 neighbors are labeled cat" in first.reason
    assert first.evidence[1:4] == ("copy:3", "neighbor:1", "neighbor:4")


def test_copies_of_another_item_are_one_neighbor() -> None:
    near = np.array([[1, 4, 3]] + [[-1, -1, -1]] * 5)
    found = replace(scan(), neighbors_Nk=near, copies_N=np.array([-1, 0, -1, -1, 0, -1]))
    assert "of 2 neighbors" in proposals(view(verdicts=[said("dog")], scan=found))[0].reason
