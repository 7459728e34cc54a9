"""The README's tables of what judges find, and what may not mislead them, each from its result file."""

from __future__ import annotations

from typing import Any


def demo(found: dict[str, Any]) -> str:
    lines = [f"| median of {found['seeds']} plantings (worst) | errata | its scan alone |", "|---|---|---|"]
    for name, words in (
        ("recall", "wrong labels found"),
        ("precision", "flagged that were wrong"),
        ("accepted_right", "changes that were right"),
        ("broken", "right labels broken"),
    ):
        cells = [f"{found[who][name]['median']:g} ({found[who][name]['worst']:g})" for who in ("errata", "scan_alone")]
        lines.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join([*lines, f"| model calls | {found['calls']:g} | 0 |", ""])


def protocols(found: dict[str, Any]) -> str:
    lines = ["| wrong labels planted | ranked by | average precision | recall at 0.97 precision | both lead by (95%) |"]
    lines.append("|---|---|---|---|---|")
    for share, ways in found["shares"].items():
        for way, figures in ways.items():
            lead = figures.get("both_leads_by")
            words = "" if lead is None else f"{lead[0]:.4f} ({lead[1]:.4f} to {lead[2]:.4f})"
            name = {"both": "question bank and contest", "official_rule": "share of matched answers"}.get(way, way)
            cells = [f"{float(share):.0%}", name.replace("_", " "), f"{figures['ap']:.4f}"]
            lines.append(f"| {' | '.join(cells)} | {figures['recall_at_0.97']:.4f} | {words} |")
    return "\n".join([*lines, ""])


def calibration(found: dict[str, Any]) -> str:
    lines = ["| recorded judge | data | calibration error before | after | accuracy |", "|---|---|---|---|---|"]
    for row in found["judges"]:
        before, after = row["before"], row["after"]
        figures = [f"{figure:.3f}" for figure in (before["ece"], after["ece"], after["accuracy"])]
        if not row["judge"].startswith("CLIP"):
            lines.append(f"| {' | '.join([row['judge'], row['dataset'], *figures])} |")
    return "\n".join([*lines, ""])


def red_team(found: dict[str, Any]) -> str:
    lines = ["| | text | text, no patterns | image | image, no patterns |", "|---|---|---|---|---|"]
    campaigns = [found[part][flags] for part in ("texts", "images") for flags in ("detector_on", "detector_off")]
    for name, words in (
        ("attacked_items", "items attacked"),
        ("moved", "whose verdict moved"),
        ("accepted_as_the_attack_wants", "accepted as the attack wanted"),
        ("knowing_accepted_as_the_attack_wants", "... where it knows errata's control"),
        ("honest_items", "honest items"),
        ("honest_held_back", "held back wrongly"),
    ):
        lines.append(f"| {words} | {' | '.join(str(campaign[name]) for campaign in campaigns)} |")
    return "\n".join([*lines, ""])


def judge_trust(found: dict[str, Any]) -> str:
    lines = [
        "| data | judge | wrong labels closed as keep | right labels broken by a rule at .9 | right changes above .9 | "
    ]
    lines[0] += "right proposals gained | lost | left open |"
    lines.append("|---|---|---|---|---|---|---|---|")
    for name, of_set in found["sets"].items():
        for judge in ("scan alone", *(f"{share}% independent" for share in (30, 60, 75, 90, 97))):
            figures = of_set[judge]
            cells = [figures[one] for one in ("closed", "broken", "right_above", "gained", "lost", "open")]
            lines.append(f"| {name.replace('_', ' ')} | {judge} | {' | '.join(map(str, cells))} |")
    return "\n".join([*lines, ""])


def obedience(found: dict[str, Any]) -> str:
    lines = ["| judge | control | patterns | attacked | labels changed | wrong labels kept beyond, per 100 | "]
    lines[0] += "honest items newly open, per 100 |"
    lines.append("|---|---|---|---|---|---|---|")
    for mode in found["modes"]:
        if mode["half"] == "report":
            default = next(one for one in mode["curve"] if one["witness"] == "blanked")
            cells = [mode[one] for one in ("judge", "control", "patterns", "attacked", "changed")]
            cells += [default["kept_beyond_per_100"], default["newly_open_per_100"]]
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join([*lines, ""])
