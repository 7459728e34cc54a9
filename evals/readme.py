"""Write the README's tables from the result files, so that no figure there is typed by hand.

python -m evals.readme [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

REAL = ("noisyag", "hausa", "roman", "cifar10n_given", "cifar10n_worst")
README, RESULTS = Path("README.md"), Path("evals/results")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail where the README is not what the results say")
    check = parser.parse_args().check
    now, then = filled(README.read_text(encoding="utf-8")), README.read_text(encoding="utf-8")
    if check and now != then:
        sys.exit("README.md differs from evals/results: run python -m evals.readme")
    README.write_text(now, encoding="utf-8")


def filled(text: str) -> str:
    """The README with each ``<!-- table NAME -->`` block made anew."""
    for name, table in TABLES.items():
        found = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
        before, rest = text.split(f"<!-- table {name} -->\n", 1)
        after = rest.split("<!-- end -->", 1)[1]
        block = f"<!-- table {name} -->\n{table(found)}\nCommit {found['commit']}: `{found['command']}`\n<!-- end -->"
        text = before + block + after
    return text


def demo(found: dict[str, Any]) -> str:
    lines = [f"| median of {found['seeds']} plantings (worst) | errata | its scan alone |", "|---|---|---|"]
    for name, words in (
        ("recall", "spoiled labels found"),
        ("precision", "flagged that were spoiled"),
        ("accepted_right", "changes that were right"),
        ("broken", "right labels broken"),
    ):
        cells = [f"{found[who][name]['median']:g} ({found[who][name]['worst']:g})" for who in ("errata", "scan_alone")]
        lines.append(f"| {words} | {' | '.join(cells)} |")
    return "\n".join([*lines, f"| model calls | {found['calls']:g} | 0 |", ""])


def detection(found: dict[str, Any]) -> str:
    lines = ["| data | wrong | errata | best peer | lead (95%) | suggestion right: errata | best peer |"]
    lines.append("|---|---|---|---|---|---|---|")
    for name, figures in found["sets"].items():
        lead, suggested = figures["ap_lead"], figures["suggestion_lead"]
        ap, right = figures["ap"], figures["suggestion_right"]
        peers = [_of_peer(ap, lead["best_peer"]), _of_peer(right, suggested["best_peer"])]
        words = f"{lead['lead']:+.3f} ({lead['low']:+.3f} to {lead['high']:+.3f})"
        shown = name.replace("_", " ").replace("digits", "digits,")
        cells = [shown, f"{figures['wrong']} of {figures['items']}", f"{ap['errata']:.3f}", peers[0], words]
        lines.append(f"| {' | '.join([*cells, format(right['errata'], '.3f'), peers[1]])} |")
    return "\n".join([*lines, ""])


def _of_peer(figures: dict[str, float], peer: str) -> str:
    return f"{figures[peer]:.3f} {peer.replace('_', ' ')}"


def posterior(found: dict[str, Any]) -> str:
    lines = ["| data | wrong | changes proposed | right | right labels broken |", "|---|---|---|---|---|"]
    for name, figures in found["sets"].items():
        if name in REAL:
            share = f"{figures['relabels_right']} ({figures['relabels_right'] / max(figures['relabels'], 1):.0%})"
            cells = [
                name.replace("_", " "),
                f"{figures['wrong']} of {figures['items']}",
                f"{figures['relabels']}",
                share,
            ]
            lines.append(f"| {' | '.join(cells)} | {figures['broken']} |")
    return "\n".join([*lines, ""])


def confident_learning(found: dict[str, Any]) -> str:
    lines = ["| items x classes | filter | errata | cleanlab, 1 job | cleanlab, default | less memory | passes |"]
    lines.append("|---|---|---|---|---|---|---|")
    for size, of_size in found["sizes"].items():
        for case, figures in of_size["cases"].items():
            ours, *peers = figures["peers"].values()
            times = [f"{peer['wall_s']:.2f} s ({peer['wall_s'] / ours['wall_s']:.1f} times)" for peer in peers]
            less = f"{figures['times_less_memory']:.0f} times"
            cells = [size, case.replace("_", " "), f"{ours['wall_s']:.2f} s", *times, less, f"{ours['passes']:.1f}"]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def scan_speed(found: dict[str, Any]) -> str:
    lines = [
        "| items x 384, 100 classes | | CPU | wall | extra memory | average precision |",
        "|---|---|---|---|---|---|",
    ]
    for size, of_size in found["sizes"].items():
        for who in ("errata", "cleanlab"):
            if who in of_size:
                row = of_size[who]
                cells = [f"{int(size):,}", who, f"{row['cpu_s']:.0f} s", f"{row['wall_s']:.0f} s"]
                lines.append(f"| {' | '.join(cells)} | {row['extra_mb']:,.0f} MB | {row['ap']:.3f} |")
    return "\n".join([*lines, ""])


def neighbor_search(found: dict[str, Any]) -> str:
    lines = ["| ten neighbors of each | search | CPU | wall | recall |", "|---|---|---|---|---|"]
    for name, methods in found["sets"].items():
        kind, size = name.split()
        for method, row in methods.items():
            cells = [f"{int(size):,} {kind}", method, f"{row['cpu_s']:.1f} s", f"{row['wall_s']:.1f} s"]
            lines.append(f"| {' | '.join(cells)} | {row['recall']:.3f} |")
    return "\n".join([*lines, ""])


def votes(found: dict[str, Any]) -> str:
    lines = [
        "| 800 pairs, 10 votes each | accuracy | average precision of wrong given labels | CPU |",
        "|---|---|---|---|",
    ]
    for name, row in found["real"]["methods"].items():
        lines.append(f"| {name} | {row['accuracy']:.4f} | {row['ap']:.3f} | {row['cpu_s']:.3f} s |")
    return "\n".join([*lines, ""])


def second_night(found: dict[str, Any]) -> str:
    lines = ["| second night | |", "|---|---|"]
    for name, words in (
        ("items", "items"),
        ("new_or_changed", "new or changed since the first night"),
        ("embedded", "embedded"),
        ("judged", "judged"),
        ("judged_of_the_unchanged", "judged of the unchanged"),
        ("calls", "model calls"),
        ("calls_first_night", "model calls on the first night"),
    ):
        lines.append(f"| {words} | {found[name]:,} |")
    stands = f"{found['still_rejected']} of {found['rejected_and_unchanged']}"
    return "\n".join([*lines, f"| rejections of unchanged items that stand | {stands} |", ""])


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


def door(found: dict[str, Any]) -> str:
    lines = ["| one core | text: ms of CPU a call, calls/s | image: ms of CPU a call, calls/s |", "|---|---|---|"]
    for name in found["text"]:
        rows = [found[content][name] for content in ("text", "image")]
        cells = [f"{row['cpu_ms_per_call']:.2f}, {row['calls_per_s']:,.0f}" for row in rows]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def server_share(found: dict[str, Any]) -> str:
    lines = ["| judge that vLLM serves | errata, calls/s | bare loop, calls/s | share |", "|---|---|---|---|"]
    for judge, words in (("tiny_judge", "tiny judge, 16 tokens an image"), ("large", "576 tokens an image")):
        rates = found[judge]["calls_per_s"]
        fastest = max(rate for name, rate in rates.items() if name != "errata")
        lines.append(f"| {words} | {rates['errata']:.0f} | {fastest:.0f} | {found[judge]['share']:.2f} |")
    return "\n".join([*lines, ""])


def prefix_cache(found: dict[str, Any]) -> str:
    lines = ["| six questions on each of five images, one by one | tokens of prompts | computed |", "|---|---|---|"]
    for order in ("image first", "question first"):
        row = found["orders"][f"{order}, one by one"]
        lines.append(f"| {order} | {row['prompt_tokens']:,} | {row['computed']:,} |")
    return "\n".join([*lines, ""])


TABLES: dict[str, Callable[[dict[str, Any]], str]] = {
    "demo": demo,
    "protocols": protocols,
    "calibration": calibration,
    "red_team": red_team,
    "door": door,
    "server_share": server_share,
    "prefix_cache": prefix_cache,
    "detection": detection,
    "posterior": posterior,
    "confident_learning": confident_learning,
    "scan_speed": scan_speed,
    "neighbor_search": neighbor_search,
    "votes": votes,
    "second_night": second_night,
}

if __name__ == "__main__":
    main()
