"""Which classes are noisy, as a chart for a terminal: a bar for each class, and what its items look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from errata import words
from errata.tools.visible import one_line

if TYPE_CHECKING:
    from errata.agent.actions.tables import ClassNoise

BAR = 20
NAME = 24
SHOWN = 20
"""Classes shown; all of them are in the report and in the JSON."""

EIGHTHS = " ▏▎▍▌▋▊▉█"


def picture(classes: Sequence[ClassNoise], *, blocks: bool = True) -> str:
    """One line for each class with a proposal, the largest share first and with the longest bar; without ``blocks`` the
    bars are made of #, which every console has."""
    noisy = sorted((noise for noise in classes if noise.proposals), key=lambda noise: -_share(noise))
    if not noisy:
        return "No class has a proposal."
    width = min(NAME, max(len(one_line(noise.label)) for noise in noisy[:SHOWN]))
    largest = _share(noisy[0])
    lines = [f"{'given label':{width}}  proposals  of items"]
    lines += [_line(noise, width, largest, blocks) for noise in noisy[:SHOWN]]
    if len(noisy) > SHOWN:
        lines.append(f"and {len(noisy) - SHOWN} more classes, in the report")
    return "\n".join(lines)


def as_json(classes: Sequence[ClassNoise]) -> list[dict[str, object]]:
    return [
        {
            "label": noise.label,
            "items": noise.wrong.items,
            "proposals": noise.proposals,
            "wrong": {"estimate": noise.wrong.estimate, "low": noise.wrong.low, "high": noise.wrong.high},
            "most_often": noise.rival,
            "most_often_items": noise.rival_items,
        }
        for noise in classes
    ]


def _line(noise: ClassNoise, width: int, largest: float, blocks: bool) -> str:
    share = _share(noise)
    name = one_line(noise.label, NAME)
    rival = f"  {noise.rival_items} {words.rival(one_line(noise.rival, NAME), noise.of_mark)}" if noise.rival else ""
    bar = _bar(share / largest) if blocks else ("#" * round(share / largest * BAR)).ljust(BAR)
    return f"{name:{width}}  {noise.proposals:9}  {noise.wrong.items:8}  {bar} {share:5.1%}{rival}"


def _bar(part: float) -> str:
    eighths = round(part * BAR * 8)
    return (EIGHTHS[8] * (eighths // 8) + EIGHTHS[eighths % 8] * bool(eighths % 8)).ljust(BAR)


def _share(noise: ClassNoise) -> float:
    return noise.proposals / max(noise.wrong.items, 1)
