"""Which classes are noisy, as a picture for a terminal: a bar for each class, and what its suspects look like."""

from __future__ import annotations

from collections.abc import Sequence

from errata.tools.report.data import ClassNoise
from errata.tools.visible import one_line

BAR = 20
NAME = 24
SHOWN = 20
"""Classes drawn; all of them are in the report and in the JSON."""

EIGHTHS = " ▏▎▍▌▋▊▉█"


def picture(classes: Sequence[ClassNoise]) -> str:
    """One line for each class with a suspect, the largest share first. The longest bar is the largest share."""
    noisy = sorted((noise for noise in classes if noise.proposals), key=lambda noise: -_share(noise))
    if not noisy:
        return "No class has a suspect."
    width = min(NAME, max(len(one_line(noise.label)) for noise in noisy[:SHOWN]))
    largest = _share(noisy[0])
    lines = [f"{'given label':{width}}  suspects  of items"]
    lines += [_line(noise, width, largest) for noise in noisy[:SHOWN]]
    if len(noisy) > SHOWN:
        lines.append(f"and {len(noisy) - SHOWN} more classes, in the report")
    return "\n".join(lines)


def as_json(classes: Sequence[ClassNoise]) -> list[dict[str, object]]:
    return [
        {
            "label": noise.label,
            "items": noise.wrong.items,
            "suspects": noise.proposals,
            "wrong": {"estimate": noise.wrong.estimate, "low": noise.wrong.low, "high": noise.wrong.high},
            "most_often": noise.rival,
            "most_often_items": noise.rival_items,
        }
        for noise in classes
    ]


def _line(noise: ClassNoise, width: int, largest: float) -> str:
    share = _share(noise)
    name = one_line(noise.label, NAME)
    rival = f"  {noise.rival_items} look like {one_line(noise.rival, NAME)}" if noise.rival else ""
    return f"{name:{width}}  {noise.proposals:8}  {noise.wrong.items:8}  {_bar(share / largest)} {share:5.1%}{rival}"


def _bar(part: float) -> str:
    eighths = round(part * BAR * 8)
    return (EIGHTHS[8] * (eighths // 8) + EIGHTHS[eighths % 8] * bool(eighths % 8)).ljust(BAR)


def _share(noise: ClassNoise) -> float:
    return noise.proposals / max(noise.wrong.items, 1)
