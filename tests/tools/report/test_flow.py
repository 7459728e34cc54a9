from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from errata.tools.report.data import Flow
from errata.tools.report.flow import BAND, NAME, NODES, FlowPicture, flow_picture
from errata.types import Outcome

WITH_LABEL: tuple[Outcome, ...] = ("relabel", "ambiguous")
WITHOUT: tuple[Outcome, ...] = ("several", "none_of_these")
LABELS = st.sampled_from([f"label {i}" for i in range(30)])
FLOWS = st.lists(
    st.builds(Flow, LABELS, st.sampled_from(WITH_LABEL), LABELS, st.integers(1, 500))
    | st.builds(Flow, LABELS, st.sampled_from(WITHOUT), st.none(), st.integers(1, 500)),
    min_size=1,
    max_size=60,
)


def drawn(flows: list[Flow]) -> FlowPicture:
    picture = flow_picture(flows)
    assert picture is not None
    return picture


@given(FLOWS)
def test_no_item_is_lost_between_the_numbers_and_the_picture(flows: list[Flow]) -> None:
    picture, total = drawn(flows), sum(flow.items for flow in flows)
    assert total == picture.items == sum(ribbon.items for ribbon in picture.ribbons)
    assert total == sum(node.items for node in picture.left) == sum(node.items for node in picture.right)
    maybe = sum(flow.items for flow in flows if flow.outcome == "ambiguous")
    assert maybe == sum(ribbon.items for ribbon in picture.ribbons if ribbon.maybe)


@given(FLOWS)
def test_nothing_overlaps_and_everything_stays_inside(flows: list[Flow]) -> None:
    picture = drawn(flows)
    for side in (picture.left, picture.right):
        assert len(side) <= NODES + 1 + len(WITHOUT)
        for above, below in pairwise(side):
            assert above.y + above.height < below.y
        assert side[-1].y + side[-1].height <= picture.height
    for ribbon in picture.ribbons:
        numbers = [float(number) for number in re.findall(r"[\d.]+", ribbon.path)]
        assert all(0 <= number <= max(picture.width, picture.height) for number in numbers)


def test_a_flow_is_as_thick_as_its_share_of_the_items() -> None:
    picture = drawn([Flow("a", "relabel", "b", 30), Flow("c", "relabel", "b", 10)])
    assert [(n.label, n.items, n.height) for n in picture.left] == [("a", 30, BAND * 0.75), ("c", 10, BAND * 0.25)]
    assert [(n.label, n.items, n.height) for n in picture.right] == [("b", 40, BAND)]
    assert [(r.given, r.proposed, r.items) for r in picture.ribbons] == [("a", "b", 30), ("c", "b", 10)]


def test_a_label_has_the_same_color_on_both_sides() -> None:
    picture = drawn([Flow("a", "relabel", "b", 3), Flow("b", "relabel", "a", 2)])
    assert {n.label: n.color for n in picture.left} == {n.label: n.color for n in picture.right}


def test_rare_labels_share_one_node() -> None:
    flows = [Flow("given", "relabel", f"l{i:02}", 100 - i) for i in range(40)]
    right = {node.label: node.items for node in drawn(flows).right}
    assert right["all other labels"] == sum(100 - i for i in range(NODES, 40))
    assert len(right) == NODES + 1


def test_a_label_named_like_an_outcome_stays_apart() -> None:
    flows = [Flow("a", "relabel", "none of these", 2), Flow("a", "none_of_these", None, 1)]
    assert Counter(node.label for node in drawn(flows).right) == {"none of these": 2}


def test_names_are_cut_to_fit_next_to_their_bar() -> None:
    picture = drawn([Flow("漢" * 100, "relabel", "w" * 100, 1)])
    assert picture.left[0].name == "漢" * (NAME // 2 - 1) + "…"
    assert picture.right[0].name == "w" * (NAME - 1) + "…"


def test_without_flows_there_is_no_picture() -> None:
    assert flow_picture([]) is None


def test_ribbons_fill_the_bars_that_they_join() -> None:
    picture = drawn([Flow("a", "relabel", "b", 30), Flow("a", "relabel", "c", 10), Flow("d", "relabel", "c", 40)])
    spans: dict[str, list[tuple[float, float]]] = {}
    for ribbon in picture.ribbons:
        numbers = [float(number) for number in re.findall(r"[\d.]+", ribbon.path)]
        spans.setdefault(f"{ribbon.given} left", []).append((numbers[1], numbers[-1]))
        spans.setdefault(f"{ribbon.proposed} right", []).append((numbers[7], numbers[8]))
    for side, nodes in (("left", picture.left), ("right", picture.right)):
        for node in nodes:
            found = sorted(spans[f"{node.label} {side}"])
            assert found[0][0] == node.y
            assert found[-1][1] == node.y + node.height
            assert all(above[1] == below[0] for above, below in pairwise(found))
