"""Tables of other kinds of labels than one for each item."""

from __future__ import annotations

from typing import Any


def marks(found: dict[str, Any]) -> str:
    lines = ["| items | marks | missing: errata | cleanlab | ahead | superfluous: errata | cleanlab | ahead |"]
    lines.append("|---|---|---|---|---|---|---|---|")
    for name, figures in found["sets"].items():
        cells = [name.replace("_", " "), str(figures["marks"])]
        for kind in ("missing_ap", "superfluous_ap"):
            one = figures[kind]
            mean, error = one["ahead"]
            cells += [f"{one['errata']:.3f}", f"{one['cleanlab']:.3f}", f"{mean:+.3f} (±{2 * error:.3f})"]
        lines.append(f"| {' | '.join(cells)} |")
    cost = found["cost"]
    single, multi = cost["single"], cost["multi"]
    times = multi["cpu_s"] / single["cpu_s"]
    said = (
        f"A scan of {cost['items']:,} items with {cost['marks']} marks each: {multi['cpu_s']:.0f} s of CPU and "
        f"{multi['peak_mb'] / 1000:.1f} GB, {times:.1f} times the CPU of single labels on the same vectors; "
        f"{multi['labels']:,} rows in the store, of {cost['items'] * cost['marks']:,} possible marks."
    )
    return "\n".join([*lines, "", said, ""])
