"""The README's table: whether it works, in five rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def summary(results: Mapping[str, Any]) -> str:
    """``results``: the result files by name."""
    rows = [_demo(results["demo"]), _scan(results["detection"]), _confidence(results["confidence"])]
    rows += [_hostile(results["obedience"]), _speed(results["scan_speed"])]
    lines = ["| question | measured on | errata | beside it |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _demo(found: Mapping[str, Any]) -> tuple[str, ...]:
    def of(who: str) -> str:
        figures = {name: found[who][name]["median"] for name in ("recall", "broken")}
        return f"{figures['recall']:.0%} found, {figures['broken']:g} right labels broken"

    data = "the demo's digits, median of ten plantings"
    return "Does a judge help?", data, of("errata"), f"scan alone: {of('scan_alone')}"


def _scan(found: Mapping[str, Any]) -> tuple[str, ...]:
    figures = found["sets"]["noisyag"]
    peer = figures["ap_lead"]["best_peer"]
    ours, theirs = figures["ap"]["errata"], figures["ap"][peer]
    data = f"AG news labeled by a crowd, {figures['wrong']:,} of {figures['items']:,} wrong"
    beside = f"best peer ({peer.replace('_', ' ')}): {theirs:.2f}"
    return "Does a scan find them?", data, f"average precision {ours:.2f}", beside


def _confidence(found: Mapping[str, Any]) -> tuple[str, ...]:
    figures = found["sets"]["cifar10n_given"]["after"]
    said = f"{figures['sure_right'] / figures['sure']:.0%} of {figures['sure']} proposals at .9 or more are right"
    return "Is its confidence honest?", "CIFAR-10N, people's errors", said, f"{figures['broken']} right labels broken"


def _hostile(found: Mapping[str, Any]) -> tuple[str, ...]:
    worst = found["changed"]
    said = f"{worst['most']} of {worst['among']} labels changed by rule"
    return (
        "Can an item give orders?",
        f"{found['attacks']} orders, judges that obey them",
        said,
        f"upper limit {worst['at_most']:.1%} (95%)",
    )


def _speed(found: Mapping[str, Any]) -> tuple[str, ...]:
    largest = max(found["sizes"], key=int)
    figures, both = found["sizes"][largest]["errata"], found["sizes"]["50000"]
    data = f"{int(largest):,} embeddings of 100 classes, two cores"
    said = f"{figures['wall_s'] / 60:.0f} minutes, {figures['extra_mb'] / 1000:.1f} GB"
    ours, theirs = both["errata"]["wall_s"], both["cleanlab"]["wall_s"]
    return "How large may the data be?", data, said, f"of 50,000: {ours:.0f} s, cleanlab {theirs:.0f} s"
