"""The coordinator profiles the data and plans the detectors."""

from __future__ import annotations

import pytest

from errata.agent.contributions import Plan, Profile
from errata.agent.roles.coordinator import ROLE
from errata.errors import SetupError
from errata.testing import FakeAsk, TextContent
from errata.types import LabelSpace
from tests.agent.roles.made import TEXTS, settings, view


def plan(seen: dict[str, object] | None = None, **named: object) -> Plan:
    """``seen``: fields of the view."""
    made = view(scan=None, settings=settings(**named), **(seen or {}))
    (found,) = (one for one in ROLE.work(made, FakeAsk()) if type(one) is Plan)
    return found


def test_the_profile_counts_what_the_data_is_like() -> None:
    rows = list(view().rows)
    rows[3] = rows[3]._replace(content_sha=rows[0].content_sha)  # the same content under two labels
    rows[5] = rows[5]._replace(given_label=None)
    content = TextContent(TEXTS, remarks=("one text is long",))
    (found,) = (p for p in ROLE.work(view(scan=None, rows=rows, content=content), FakeAsk()) if type(p) is Profile)
    assert found.classes == {"cat": 3, "cow": 1, "dog": 1} and found.items == 6
    assert (found.duplicates, found.conflicting_duplicates, found.without_label) == (1, 1, 1)
    assert found.remarks == ("one text is long",)


def test_the_default_detectors_are_planned_each_with_its_reason() -> None:
    found = plan()
    assert found.detectors == ("confident_learning", "duplicates", "neighbors")
    assert found.reasons[0].startswith("confident_learning: ")
    assert found.reasons[-1] == "3 classes have fewer than 5 items: what is said of them is weak"


def test_probabilities_alone_leave_out_what_needs_embeddings() -> None:
    found = plan(probs="p.npy")
    assert found.detectors == ("confident_learning", "duplicates")
    assert "no other detector: probabilities were given" in found.reasons[2]


def test_named_detectors_are_planned_in_their_order_and_unknown_ones_refused() -> None:
    assert plan(detectors=("open_set", "neighbors")).detectors == ("open_set", "neighbors")
    with pytest.raises(SetupError, match="nearest: 'neighbors'"):
        plan(detectors=("neighbours",))


def test_with_very_many_labels_only_what_works_in_blocks_is_planned() -> None:
    (row, *_), space = view().rows, LabelSpace(tuple(f"class {n}" for n in range(3000)))
    rows = [row._replace(idx=n, given_label=f"class {n % 3000}") for n in range(12_000)]
    many = {"rows": rows, "space": space}
    assert plan(many).detectors == plan(many, detectors=tuple(plan(many).detectors)).detectors
    with pytest.raises(
        SetupError, match=r"ridge, open_set: .* 3,000 labels for each of 12,000 items.* Choose among conf"
    ):
        plan(many, detectors=("ridge", "neighbors", "open_set"))
    assert "ridge" in plan({"rows": rows[:6000], "space": space}, detectors=("ridge",)).detectors
