"""Write the README's tables from the result files, so that no figure there is typed by hand.

python -m evals readme [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evals.pages.tables import calls, judging, scan

README, RESULTS = Path("README.md"), Path("evals/results")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail where the README is not what the results say")
    check = parser.parse_args().check
    now, then = filled(README.read_text(encoding="utf-8")), README.read_text(encoding="utf-8")
    if check and now != then:
        sys.exit("README.md differs from evals/results: run python -m evals readme")
    README.write_text(now, encoding="utf-8")


def filled(text: str) -> str:
    """The README with each ``<!-- table NAME -->`` block regenerated."""
    for name, table in TABLES.items():
        found = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
        before, rest = text.split(f"<!-- table {name} -->\n", 1)
        after = rest.split("<!-- end -->", 1)[1]
        block = f"<!-- table {name} -->\n{table(found)}\nCommit {found['commit']}: `{found['command']}`\n<!-- end -->"
        text = before + block + after
    return text


TABLES: dict[str, Callable[[dict[str, Any]], str]] = {
    "demo": judging.demo,
    "protocols": judging.protocols,
    "calibration": judging.calibration,
    "red_team": judging.red_team,
    "door": calls.door,
    "server_share": calls.server_share,
    "prefix_cache": calls.prefix_cache,
    "detection": scan.detection,
    "posterior": scan.posterior,
    "confident_learning": scan.confident_learning,
    "text_encoders": scan.text_encoders,
    "image_encoders": scan.image_encoders,
    "scan_speed": scan.scan_speed,
    "neighbor_search": scan.neighbor_search,
    "votes": scan.votes,
    "second_night": calls.second_night,
}
