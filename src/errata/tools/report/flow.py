"""The confusion flow as a picture: given labels on the left, proposals on the right, a ribbon for each pair."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from errata import words
from errata.tools.report.data import Flow
from errata.tools.visible import one_line

BAND, MIDDLE = 340.0, 420.0
BAR, GAP, SLOT, TOP = 12.0, 8.0, 20.0, 30.0
LETTER, BESIDE_NAME = 8.2, 60.0
"""Width of a letter, and the space for a count with its margins."""
NODES, COLORS, NAME, TITLE = 12, 10, 24, 60
OTHERS = "\0others"
SINKS = {"several": "\0several", "none_of_these": "\0none"}
NAMES = {OTHERS: "all other labels", **{sink: words.outcome(name) for name, sink in SINKS.items()}}
"""Entries that are not labels have names that no label has, so that a label "none of these" stays separate."""


@dataclass(frozen=True, slots=True)
class Node:
    """A label on one side, its ``name`` truncated to fit. ``color``: an index into the palette, -1 for gray. ``y``:
    upper edge."""

    label: str
    name: str
    items: int
    color: int
    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Ribbon:
    """``maybe``: the items are ambiguous, so the label on the right is only the best other one."""

    given: str
    proposed: str
    items: int
    maybe: bool
    color: int
    path: str


@dataclass(frozen=True, slots=True)
class FlowPicture:
    width: float
    height: float
    items: int
    left: tuple[Node, ...]
    right: tuple[Node, ...]
    ribbons: tuple[Ribbon, ...]


Pair = tuple[str, str, bool]
"""Label on the left, label on the right, whether it is ambiguous."""


def flow_picture(flows: Sequence[Flow]) -> FlowPicture | None:
    """The layout of all items, or None if there is nothing to draw. Rare labels share one node on each side."""
    pairs = _merged(flows)
    total = sum(pairs.values())
    if not total:
        return None
    left, right = Counter[str](), Counter[str]()
    for (given, to, _), items in pairs.items():
        left[given] += items
        right[to] += items
    given_order = sorted(left, key=lambda name: (name == OTHERS, -left[name], name))
    right_order = _near_their_sources(pairs, given_order, right)
    colors = {name: i % COLORS for i, name in enumerate(name for name in given_order if name != OTHERS)}
    text = BESIDE_NAME + LETTER * max(_letters(_fitting(key)) for key in (*left, *right))
    lefts = _column(given_order, left, colors, text)
    rights = _column(right_order, right, colors, text + BAR + MIDDLE)
    bottom = max(node.y + max(node.height, SLOT) for node in (*lefts.values(), *rights.values()))
    width, height = round(2 * (text + BAR) + MIDDLE, 1), round(bottom + GAP, 1)
    ribbons = _ribbons(pairs, lefts, rights)
    return FlowPicture(width, height, total, tuple(lefts.values()), tuple(rights.values()), ribbons)


def _merged(flows: Sequence[Flow]) -> dict[Pair, int]:
    """Items by pair, with the labels that do not fit on a side merged under one name."""
    given, proposed = Counter[str](), Counter[str]()
    for flow in flows:
        given[flow.given] += flow.items
        if flow.proposed is not None and flow.outcome not in SINKS:
            proposed[flow.proposed] += flow.items
    shown_given, shown_proposed = _most(given), _most(proposed)
    pairs = Counter[Pair]()
    for flow in flows:
        left = flow.given if flow.given in shown_given else OTHERS
        pairs[left, _right(flow, shown_proposed), flow.outcome == "ambiguous"] += flow.items
    return dict(pairs)


def _right(flow: Flow, shown: set[str]) -> str:
    if flow.outcome in SINKS:
        return SINKS[flow.outcome]
    return flow.proposed if flow.proposed is not None and flow.proposed in shown else OTHERS


def _most(counts: Counter[str]) -> set[str]:
    """One more name takes no more space than a node for "others" would."""
    few = len(counts) <= NODES + 1
    return set(counts) if few else {name for name, _ in counts.most_common(NODES)}


def _near_their_sources(pairs: Mapping[Pair, int], given_order: list[str], right: Counter[str]) -> list[str]:
    """Place each label on the right at the mean height of what flows into it, so that fewer ribbons cross."""
    place, pull = {name: i for i, name in enumerate(given_order)}, Counter[str]()
    for (given, to, _), items in pairs.items():
        pull[to] += place[given] * items
    last = (OTHERS, *SINKS.values())
    return sorted(right, key=lambda name: (last.index(name) + 1 if name in last else 0, pull[name] / right[name], name))


def _column(order: Sequence[str], items: Counter[str], colors: Mapping[str, int], x: float) -> dict[str, Node]:
    heights = [max(BAND * items[key] / items.total(), 1.0) for key in order]
    tops = accumulate((max(height, SLOT) + GAP for height in heights), initial=TOP)
    return {
        key: Node(_title(key, TITLE), _fitting(key), items[key], colors.get(key, -1), x, round(y, 1), round(height, 1))
        for key, y, height in zip(order, tops, heights, strict=False)
    }


def _ribbons(pairs: Mapping[Pair, int], lefts: Mapping[str, Node], rights: Mapping[str, Node]) -> tuple[Ribbon, ...]:
    """Side by side along each label's bar, ordered by destination, so that they do not cross at the bar."""
    start, end = {key: node.y for key, node in lefts.items()}, {key: node.y for key, node in rights.items()}
    scale, ribbons = BAND / sum(pairs.values()), []
    for given, to, maybe in sorted(pairs, key=lambda pair: (lefts[pair[0]].y, rights[pair[1]].y, pair[2])):
        source, target, items = lefts[given], rights[to], pairs[given, to, maybe]
        path = _path(source.x + BAR, start[given], target.x, end[to], items * scale)
        ribbons.append(Ribbon(source.label, target.label, items, maybe, source.color, path))
        start[given] += items * scale
        end[to] += items * scale
    return tuple(ribbons)


def _path(x0: float, y0: float, x1: float, y1: float, height: float) -> str:
    middle, height = (x0 + x1) / 2, max(height, 0.8)
    return (
        f"M{x0:.1f} {y0:.1f}C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}V{y1 + height:.1f}"
        f"C{middle:.1f} {y1 + height:.1f} {middle:.1f} {y0 + height:.1f} {x0:.1f} {y0 + height:.1f}Z"
    )


def _title(key: str, most: int) -> str:
    return NAMES.get(key) or one_line(key, most)


def _fitting(key: str) -> str:
    """As much of the label as fits next to its bar; Chinese, Japanese, and Korean letters count as two."""
    name = _title(key, NAME)
    while _letters(name) > NAME:
        name = f"{name[:-2]}…"
    return name


def _letters(name: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in name)
