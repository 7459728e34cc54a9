"""What a rule says about items that were already decided, and labels that are refused everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from errata.agent.decisions.approval import decide, decided_by, is_approved, request
from errata.agent.decisions.by_rule import decide_where
from errata.errors import DataError
from errata.types import Proposal
from tests.by_hand import ROWS, decided, make_run, somebody


def test_a_rule_says_what_was_decided_already_and_by_whom(tmp_path: Path) -> None:
    workspace = make_run(tmp_path)
    decide(workspace, somebody(workspace, "bob"), "a", "several")
    decide_where(workspace, somebody(workspace), True, "item_id in ['b', 'c']")
    partly = decide_where(workspace, somebody(workspace, "eve"), False, "quality < 1")
    assert (partly.decided, dict(partly.already)) == (1, {("bob", "item"): 1, ("ann", "rule"): 2})
    assert decided_by(partly.already) == "2 by ann by rule, 1 by bob"
    assert decided(workspace)["b"] == ("label", "dog"), "what was decided stays"
    whole = decide_where(workspace, somebody(workspace), True, "quality < 1")
    assert whole.decided == 0 and sum(whole.already.values()) == 4


def test_a_rule_says_how_many_match_for_which_nothing_is_proposed(tmp_path: Path) -> None:
    workspace = make_run(tmp_path, [*ROWS, ("gold", "x", "cat")], ("keep", None, "ambiguous", "relabel", "relabel"))
    done = decide_where(workspace, somebody(workspace), True, "quality < 1")
    assert (done.decided, done.ambiguous, done.nothing_open, done.already) == (1, 1, 3, {})


def test_what_was_passed_on_is_still_open_to_a_rule(tmp_path: Path) -> None:
    workspace = make_run(tmp_path)
    decide(workspace, somebody(workspace), "a", "passed_on")
    assert decide_where(workspace, somebody(workspace), True, "item_id == 'a'").decided == 1


@pytest.mark.parametrize("label", ["cow", None, ""])
def test_a_proposed_label_that_the_data_does_not_have_is_refused_everywhere(tmp_path: Path, label: str | None) -> None:
    workspace = make_run(tmp_path)
    found = list(workspace.store.proposals(workspace.run.run_id).values())
    tampered = [Proposal(p.idx, "relabel", label if p.idx == 2 else "cat", 0.9, 0.1, "") for p in found]
    workspace.store.set_proposals(workspace.run.run_id, tampered)
    with pytest.raises(DataError, match=r"Item 'c'.* no label of this data"):
        decide(workspace, somebody(workspace), "c", "label", label)
    with pytest.raises(DataError, match="Item 'c'"):
        decide_where(workspace, somebody(workspace), True, "outcome == 'relabel'")
    assert decided(workspace) == {}, "nothing of the rule was decided"


def test_only_a_relabel_is_recorded_as_a_proposed_label(tmp_path: Path) -> None:
    workspace = make_run(tmp_path, outcomes=("relabel", "ambiguous", "several", "keep"))
    for item in "abc":
        decide(workspace, somebody(workspace), item, "cannot_tell")
    assert [d.proposed_label for d in workspace.decisions().values()] == ["cat", None, None]


def test_the_request_has_the_form_that_pages_read() -> None:
    asked = request({"run_dir": "mail.errata", "open_proposals": 3})
    assert asked["reason"] == "confirmation" and asked["message"].startswith("3 proposals are open")
    assert [action["name"] for action in asked["action_requests"]] == ["apply"]
    assert asked["action_requests"][0]["args"] == {"run": "mail.errata"}
    assert asked["review_configs"] == [{"action_name": "apply", "allowed_decisions": ["approve", "reject"]}]


@pytest.mark.parametrize("yes", [{"decisions": [{"type": "approve"}]}, {"type": "approve"}])
def test_an_explicit_approve_is_a_yes(yes: object) -> None:
    assert is_approved(yes)


@pytest.mark.parametrize(
    "no",
    [
        None,
        {},
        "approve",
        True,
        [{"type": "approve"}],
        {"decisions": []},
        {"decisions": ["approve"]},
        {"decisions": {"type": "approve"}},
        {"decisions": [{"type": "reject", "message": "no"}]},
        {"decisions": [{"type": "approve"}, {"type": "approve"}]},
        {"decisions": [{"type": "edit", "edited_action": {"name": "apply", "args": {}}}]},
        {"decisions": None, "type": "approve"},
        {"type": "reject"},
        {"type": "accept"},
        {"type": "edit", "edited_action": {"name": "apply", "args": {}}},
    ],
)
def test_anything_else_is_a_no(no: object) -> None:
    assert not is_approved(no)


def test_no_rule_accepts_a_change_into_or_out_of_a_class_of_fewer_than_five_items(tmp_path: Path) -> None:
    workspace = make_run(tmp_path, [*ROWS, ("e", "a tweet", "bird")], ("relabel",) * 5, fill=3)
    done = decide_where(workspace, somebody(workspace), True, "outcome == 'relabel'")
    assert (done.decided, done.small_class) == (0, 5), "each is proposed to be a bird, or was one"
    assert decide(workspace, somebody(workspace), "a", "label", "bird"), "a person may"
