"""A random check from the draw to the figure: what is frozen, what people see, whose answers count."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from errata.agent.actions.checking import ANSWER_CHECK, CHECK_STATE, NEXT_IN_CHECK, RANDOM_CHECK, CheckState, InCheck
from errata.agent.actions.deciding import UNDO
from errata.agent.actions.perform import perform
from errata.agent.actions.session import Session
from errata.agent.decisions.apply import apply, changes
from errata.agent.decisions.approval import decide
from errata.agent.decisions.by_rule import decide_where
from errata.agent.decisions.undo import in_words
from errata.agent.evidence.error_count import wrong_labels
from errata.agent.evidence.ruled import ruled
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.workspace import Workspace
from errata.agent.views.results import result_rows
from errata.agent.views.status import status_of
from errata.errors import SetupError, StoreError
from tests.by_hand import make_run, session_of, somebody

RIGHT = {"a meow": "cat", "a bark": "dog", "an oink": "cat", "a moo": "dog", "nothing": "cat"}
Answers = Callable[[InCheck], Mapping[str, object]]


def by_truth(shown: InCheck) -> Mapping[str, object]:
    assert shown.item is not None
    return {"answer": "label", "label": RIGHT[str(shown.item.text)]}


def cannot_tell(shown: InCheck) -> Mapping[str, object]:
    return {"answer": "cannot_tell"}


def drawn(workspace: Workspace, size: int, by: str = "ann", **options: object) -> tuple[Session, CheckState]:
    session = session_of(workspace, by)
    return session, perform(RANDOM_CHECK, session, size=size, **options)


def go_through(session: Session, check: int, says: Answers = by_truth, most: int = 1000) -> int:
    """How many answers were given."""
    for given in range(most):
        shown = perform(NEXT_IN_CHECK, session, check=check)
        if shown.item is None:
            return given
        perform(ANSWER_CHECK, session, check=check, position=shown.position, **says(shown))
    return most


def test_a_complete_check_replaces_the_unchecked_estimate(tmp_path: Path) -> None:
    workspace = make_run(tmp_path, fill=20)
    session, state = drawn(workspace, 44)
    go_through(session, state.check, most=20)
    assert state_lines(session, state)[0].startswith("random check of 44, about the given labels: ")
    assert not any("from a random check" in line for line in state_lines(session, state))
    go_through(session, state.check)
    # Wrong are a (dog), b (cat) and the 20 that are filled in as dog.
    assert wrong_labels(Snapshot.of(workspace)).sentence == (
        "of 44 items about 22 are wrong, 22 to 22, from a random check of 44"
    )
    assert status_of(workspace)["wrong"]["checked"] == 44


def test_nothing_that_is_shown_gives_the_label_or_the_proposal_away(tmp_path: Path) -> None:
    workspace = make_run(tmp_path, [("cat-1", "a meow", "dog"), ("dog-2", "a bark", "cat")], ("relabel",) * 2)
    session, state = drawn(workspace, 12)
    orders = set()
    while (shown := perform(NEXT_IN_CHECK, session, check=state.check)).item is not None:
        assert (shown.item.item_id, shown.item.given_label) == ("", None) and not hasattr(shown, "proposal")
        orders.add(shown.names)
        perform(ANSWER_CHECK, session, check=state.check, position=shown.position, **by_truth(shown))
    assert orders <= {("cat", "dog"), ("dog", "cat")}
    assert {d.seeing for d in workspace.decisions().values()} == {"blind"}
    assert {d.check for d in workspace.decisions().values()} == {state.check}


def test_a_check_goes_on_where_it_stopped_and_is_not_drawn_again(tmp_path: Path) -> None:
    workspace = make_run(tmp_path, fill=20)
    session, state = drawn(workspace, 10)
    go_through(session, state.check, most=4)
    assert drawn(workspace, 10)[1].check == state.check
    with pytest.raises(SetupError, match="A random check of 10 is open here, 4 of them answered"):
        drawn(workspace, 30)
    with pytest.raises(SetupError, match="--check 10"):
        drawn(workspace, 10, people=2)
    go_through(session, state.check)
    assert drawn(workspace, 30)[1].check == state.check


def test_two_people_look_and_a_third_decides_where_they_differ(tmp_path: Path) -> None:
    workspace = make_run(tmp_path, fill=8)
    ann, state = drawn(workspace, 20, people=2)
    go_through(ann, state.check)
    assert perform(CHECK_STATE, ann, check=state.check).open == 20
    bob, _ = drawn(workspace, 20, "bob")

    def unlike_ann(shown: InCheck) -> Mapping[str, object]:
        odd = str(getattr(shown.item, "text", "")) in ("a meow", "a bark")
        return {"answer": "none_of_these"} if odd else by_truth(shown)

    go_through(bob, state.check, unlike_ann)
    assert perform(CHECK_STATE, ann, check=state.check).left == 0
    eve, _ = drawn(workspace, 20, "eve")
    assert perform(CHECK_STATE, eve, check=state.check).left == 2
    assert go_through(eve, state.check) in (2, 3)  # one of them may come a second time
    found = perform(CHECK_STATE, eve, check=state.check)
    assert found.open == 0 and any("same answer on 18 of 20 items" in line for line in found.lines)
    assert {d.by for d in workspace.decisions().values() if d.given_label != d.label and d.item_id in "ab"} == {"eve"}


def test_a_person_is_compared_with_themself(tmp_path: Path) -> None:
    workspace = make_run(tmp_path, fill=30)
    session, state = drawn(workspace, 60)
    seen: set[int] = set()

    def forgetful(shown: InCheck) -> Mapping[str, object]:
        again = shown.position in seen
        seen.add(shown.position)
        return {"answer": "several"} if again else by_truth(shown)

    assert go_through(session, state.check, forgetful) == 63
    assert any("shown 3 items twice, ann gave the same answer on 0" in line for line in state_lines(session, state))
    assert all(d.answer == "label" for d in workspace.decisions().values())


def state_lines(session: Session, state: CheckState) -> list[str]:
    return perform(CHECK_STATE, session, check=state.check).lines


def test_an_answer_is_taken_back_and_asked_again(tmp_path: Path) -> None:
    workspace = make_run(tmp_path, fill=20)
    session, state = drawn(workspace, 40)
    shown = perform(NEXT_IN_CHECK, session, check=state.check)
    event = perform(ANSWER_CHECK, session, check=state.check, position=shown.position, answer="several")
    perform(UNDO, session, events=[event])
    assert perform(NEXT_IN_CHECK, session, check=state.check).position == shown.position
    go_through(session, state.check)
    repeat = next(e for e in workspace.store.events.read("repeat"))
    said = in_words(perform(UNDO, session, events=[repeat.seq]))
    assert f"{repeat.body['label']}, when shown again" in said and "by ann" in said and "None" not in said
    assert go_through(session, state.check) == 1
    with pytest.raises(SetupError, match="nothing to answer"):
        perform(ANSWER_CHECK, session, check=state.check, position=shown.position, answer="several")


def test_what_nobody_can_tell_widens_the_interval(tmp_path: Path) -> None:
    workspace = make_run(tmp_path, fill=20)
    session, state = drawn(workspace, 44)
    go_through(session, state.check, cannot_tell)
    found = wrong_labels(Snapshot.of(workspace))
    assert (found.low, found.high) == (0, 44)
    assert any("nobody can tell of 44 of the 44" in line for line in state_lines(session, state))


def test_a_protected_item_is_looked_at_and_never_changes(tmp_path: Path) -> None:
    workspace = make_run(tmp_path, [("gold", "a meow", "dog"), ("b", "a bark", "cat")], ("relabel",) * 2)
    session, state = drawn(workspace, 12)
    go_through(session, state.check)
    assert "gold" in {d.item_id for d in workspace.decisions().values()}
    assert "gold" not in {line.item_id for line in changes(workspace)}


def test_a_rule_is_checked_before_it_is_accepted(tmp_path: Path) -> None:
    rows = [(f"m{i}", "a meow", "dog") for i in range(30)] + [(f"b{i}", "a bark", "dog") for i in range(10)]
    workspace = make_run(tmp_path, [*rows, ("c", "an oink", "cat")], ("relabel",) * 40 + ("keep",))
    session, state = drawn(workspace, 20, where="outcome == 'relabel'")
    go_through(session, state.check)
    (line,) = [line for line in state_lines(session, state) if "nobody has looked at" in line]
    assert "about the rule outcome == 'relabel'" in line and "of the 20 that nobody has looked at" in line
    assert decide_where(workspace, somebody(workspace), True, 'outcome  ==  "relabel"').decided == 20
    assert "of the 20 that nobody has looked at" in ruled(Snapshot.of(workspace))[0].sentence
    applied = apply(workspace)
    assert applied.ruled == (ruled(Snapshot.of(workspace))[0].sentence,) and "check of 20" in applied.ruled[0]


def test_another_rule_has_no_check(tmp_path: Path) -> None:
    rows = [(f"m{i}", "a meow", "dog") for i in range(30)]
    workspace = make_run(tmp_path, [*rows, ("c", "an oink", "cat")], ("relabel",) * 30 + ("keep",))
    session, state = drawn(workspace, 10, where="confidence > 0.5")
    go_through(session, state.check)
    decide_where(workspace, somebody(workspace), True, "confidence > 0.6")
    (told,) = ruled(Snapshot.of(workspace))
    assert told.sentence == "20 changes by the rule confidence > 0.6: no check was made"


def test_what_came_after_the_draw_is_not_covered_by_it(tmp_path: Path) -> None:
    rows = [(f"m{i}", "a meow", "dog") for i in range(30)]
    workspace = make_run(tmp_path, [*rows, ("c", "an oink", "cat")], ("relabel",) * 30 + ("keep",))
    undone = decide(workspace, somebody(workspace), "m29", "label", "dog")
    session, state = drawn(workspace, 10, where="confidence > 0.5")
    go_through(session, state.check)
    perform(UNDO, session, events=[undone])
    decide_where(workspace, somebody(workspace), True, "confidence > 0.5")
    (told,) = ruled(Snapshot.of(workspace))
    assert told.changes == 20 and "of the 19 that nobody" in told.checks
    assert "of the other 1, no check was made" in told.checks


def test_results_say_how_people_looked_and_how_items_were_drawn(tmp_path: Path) -> None:
    workspace = make_run(tmp_path, fill=18)
    session, state = drawn(workspace, 10)
    go_through(session, state.check)
    decide_where(workspace, somebody(workspace), True, None)
    table = result_rows(workspace)
    in_check = [row for row in table if row["in_check"]]
    assert len(in_check) == 10 and {row["looked"] for row in in_check} == {"item"}
    assert all(row["inclusion_probability"] == pytest.approx(10 / 40) for row in table)
    by_rule = {row["item_id"] for row in table if row["looked"] == "rule"}
    assert by_rule == set("abcd") - {row["item_id"] for row in in_check}


def test_a_draw_cannot_be_changed_afterwards(tmp_path: Path) -> None:
    workspace = make_run(tmp_path)
    drawn(workspace, 5)
    workspace.close()
    engine = create_engine(f"sqlite:///{workspace.folder.store}")
    with engine.begin() as connection:
        body = json.loads(connection.execute(text("SELECT body FROM events WHERE kind = 'check'")).scalar_one())
        body["sample"] = [["a", ""]]
        connection.execute(text("UPDATE events SET body = :b WHERE kind = 'check'"), {"b": json.dumps(body)})
    engine.dispose()
    from errata.agent.run.workspace import open_run

    again = open_run(workspace.folder)
    with pytest.raises(StoreError, match="the history was edited"):
        drawn(again, 5)
    again.close()


def test_there_must_be_something_to_draw_from(tmp_path: Path) -> None:
    workspace = make_run(tmp_path, outcomes=("keep",) * 4)
    with pytest.raises(SetupError, match="no open proposal that this rule would accept"):
        drawn(workspace, 5, where="confidence > 0.5")
