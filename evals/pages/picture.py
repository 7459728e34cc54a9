"""Draw the README's picture from a real run of the demo: how the run went, and three suspects with their reasons.

python -m evals picture [--out docs/picture.svg]
"""

from __future__ import annotations

import argparse
import base64
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from errata import words
from errata.agent.run.notices import no_progress
from errata.demo.loop import Demo, run_demo

WIDTH, CARD, STEP, LINE = 940, 136, 118, 17
SHOWN = 3
HEAD = f"""<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{{height}}" viewBox="0 0 {WIDTH} {{height}}">
<style>text {{{{ font: 14px ui-monospace, Menlo, Consolas, monospace; fill: #1f2430 }}}} .dim {{{{ fill: #667 }}}}
.big {{{{ font-size: 18px; font-weight: 600 }}}} .old {{{{ fill: #b3261e; text-decoration: line-through }}}}
.new {{{{ fill: #1b6e3c }}}}</style>
<rect width="{WIDTH}" height="{{height}}" rx="10" fill="#fbfbfd" stroke="#d5d7e0"/>"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/picture.svg"))
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as folder:
        found = run_demo(Path(folder), no_progress)
        out.write_text(picture(found, Path(folder)), encoding="utf-8")


def picture(found: Demo, folder: Path) -> str:
    changed = [row for row in found.rows if row["accepted"]]
    left = [row for row in found.rows if row["outcome"] == "ambiguous"]
    shown = [*sorted(changed, key=lambda row: -row["confidence"])[: SHOWN - len(left[:1])], *left[:1]]
    parts = [HEAD.format(height=102 + CARD * len(shown)), *_flow(found)]
    for n, row in enumerate(shown):
        parts += _card(row, folder, 100 + n * CARD)
    return "\n".join([*parts, "</svg>\n"])


def _flow(found: Demo) -> Iterator[str]:
    """The steps of the run and what came of each."""
    status, outcomes = found.status, found.status["outcomes"]
    steps = [
        ("load", f"{status['items']} digits"),
        ("scan", f"{status['suspects']} suspects"),
        ("judge", f"{found.calls} calls"),
        ("propose", f"{outcomes.get('relabel', 0)} relabel"),
        ("you", f"{found.errata.changed} accepted"),
        ("apply", f"{found.errata.changed_right} right"),
        ("revert", "same bytes" if found.reverted_identical else "NOT the same"),
    ]
    for n, (name, what) in enumerate(steps):
        x = 22 + n * (STEP + 12)
        yield f'<rect x="{x}" y="20" width="{STEP}" height="52" rx="8" fill="#e9ecfb" stroke="#aab2e6"/>'
        yield f'<text x="{x + STEP / 2}" y="42" text-anchor="middle" class="big">{name}</text>'
        yield f'<text x="{x + STEP / 2}" y="62" text-anchor="middle" class="dim">{escape(what)}</text>'
        if n:
            yield f'<path d="M{x - 11} 46 h8 m-4 -4 l4 4 l-4 4" fill="none" stroke="#667"/>'


def _card(row: dict[str, Any], folder: Path, y: int) -> Iterator[str]:
    """One suspect: its image, the label it had and gets, and why."""
    image = base64.b64encode((folder / "images" / f"{row['item_id']}.png").read_bytes()).decode()
    yield f'<line x1="22" y1="{y - 8}" x2="{WIDTH - 22}" y2="{y - 8}" stroke="#e3e5ee"/>'
    yield f'<image x="30" y="{y + 6}" width="112" height="112" href="data:image/png;base64,{image}" ' + (
        'style="image-rendering: pixelated"/>'
    )
    given = f'<tspan class="old">labeled {escape(row["given_label"])}</tspan>'
    if row["outcome"] == "relabel":
        proposed = f'<tspan class="new"> {escape(row["proposed_label"])}</tspan>, confidence {row["confidence"]:.2f}'
        yield f'<text x="165" y="{y + 24}" class="big">{given}{proposed}</text>'
    else:
        told = f"labeled {escape(row['given_label'])}: {words.outcome(row['outcome'])}, left for you"
        yield f'<text x="165" y="{y + 24}" class="big">{told}</text>'
    for n, line in enumerate(_wrapped(str(row["reason"]))):
        yield f'<text x="165" y="{y + 48 + n * LINE}" class="dim">{escape(line)}</text>'


def _wrapped(reason: str) -> Sequence[str]:
    return [line for part in reason.split("; ") for line in textwrap.wrap(part, 88)]


if __name__ == "__main__":
    main()
