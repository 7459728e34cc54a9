"""The calibrator gets to know a judge before it is heard: what it prefers where there is nothing to see, whether it
says yes to nothing, and how far it leans on a label that it is shown."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from errata.agent.evidence.next_questions import ALL_LABELS
from errata.agent.run.workspace import Workspace
from errata.tools.judging.bank.controls import ask_controls, controls
from errata.tools.judging.calibration.bias import anchor_bias, ask_both_ways
from errata.tools.judging.calibration.content_free import content_free
from errata.tools.judging.calibration.measure import choice_prior
from errata.tools.judging.door import Door
from errata.types import Item

SAMPLE, SAMPLE_BYTES = 200, 256 << 20
"""So many items give their words, and so much of their pictures, as they are encoded, to the content-free ones."""


def prepare(workspace: Workspace, judge: str) -> None:
    """Note what is found of this judge among the run's facts, once, if the run calibrates its judges."""
    known = workspace.run.facts.get("calibration", {})
    if not workspace.settings.calibrate or judge in known:
        return
    rows = [row.idx for row in workspace.rows() if row.problem is None]
    drawn = random.Random(0).sample(rows, min(SAMPLE, len(rows)))  # noqa: S311  not a secret
    free = content_free(_some(workspace, drawn))
    space = workspace.run.label_space
    sure = [replace(item, given_label=space.canonical(item.given_label)) for item in workspace.reference_items]
    found = workspace.panel.ask(judge, lambda door: _measure(workspace, door, free, sure))
    workspace.note(calibration=known | {judge: found})


def _some(workspace: Workspace, drawn: Sequence[int]) -> list[Item]:
    """The drawn items by their row; where their images take too much room, the last drawn come without one."""
    found, room = [], SAMPLE_BYTES
    for item in workspace.dataset.each(drawn):
        room -= len(item.image or b"")
        found.append(item if room >= 0 else replace(item, image=None))
    return sorted(found, key=lambda item: item.idx)


async def _measure(workspace: Workspace, door: Door, free: Sequence[Item], sure: Sequence[Item]) -> dict[str, Any]:
    """JSON-plain: the prior of a blind choice, the anchor bias, and how often it said yes to what is not there."""
    space, settings = workspace.run.label_space, workspace.settings
    names, style, guideline = list(space.names), settings.style, workspace.guideline
    # Labels too many for one question take turns, as they do among the candidates of an item.
    sets = [names[at : at + ALL_LABELS] for at in range(0, len(names), ALL_LABELS)]
    prior = await choice_prior(
        door, free, sets, space, style=style, permutations=settings.permutations, guideline=guideline
    )
    shown = [_another(item, names) for item in sure]
    asked = [(item, _beside(item, label, names), label) for item, label in zip(sure, shown, strict=True)]
    pairs = await ask_both_ways(door, asked, space, style=style, guideline=guideline)
    found = {"prior": prior.as_json(), "anchor_bias": list(anchor_bias(pairs, shown)), "disabled": [], "controls": []}
    if "question_bank" in settings.protocols:
        of_label = {name: [item for item in sure if item.given_label == name] for name in names}
        bank = workspace.bank
        tallies = await ask_controls(door, controls(free, of_label), bank, space, style=style, guideline=guideline)
        found |= {"disabled": [t.label for t in tallies if t.disabled], "controls": [str(t) for t in tallies]}
    return found


def _another(item: Item, names: Sequence[str]) -> str:
    """A wrong label to show: the next one, so that every label is shown about as often."""
    at = names.index(item.given_label) if item.given_label in names else 0
    return names[(at + 1) % len(names)]


def _beside(item: Item, shown: str, names: Sequence[str]) -> list[str]:
    return sorted({*names[:ALL_LABELS], shown, item.given_label or shown})
