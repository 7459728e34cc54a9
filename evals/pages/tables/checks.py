"""Tables of random checks."""

from __future__ import annotations

from typing import Any


def random_check(found: dict[str, Any]) -> str:
    lines = [
        f"| set | items | wrong | intervals that hold it | mean width | one check of {found['drawn']} says |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in found["sets"].items():
        cells = [name.replace("_", " "), f"{row['items']:,}", f"{row['wrong']:,}", f"{row['held']} of {row['of']}"]
        lines.append(f"| {' | '.join(cells)} | {row['width']:.0f} | {row['by_actions']['says'][0]} |")
    widest = max(row["widest_beside_exact"] for row in found["sets"].values())
    return "\n".join([*lines, "", f"No interval is wider than {widest:.2f} times the exact one.", ""])
