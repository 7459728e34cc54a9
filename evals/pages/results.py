"""Write docs/results.md and the README's figures from the result files, so that no figure there is typed by hand.

python -m evals results [--check]
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evals.pages.tables import calls, checks, judging, kinds, scan, summary

PAGES = (Path("README.md"), Path("docs/results.md"))
RESULTS = Path("evals/results")
TABLE = re.compile(r"<!-- table (\w+) -->\n.*?<!-- end -->", re.S)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail where a page is not what the results say")
    check = parser.parse_args().check
    for page in PAGES:
        then = page.read_text(encoding="utf-8")
        now = filled(then, aged=not check)
        if not check:
            page.write_text(now, encoding="utf-8")
        elif now != without_age(then):
            sys.exit(f"{page} differs from evals/results: run python -m evals results")


def filled(text: str, aged: bool = False) -> str:
    """The page with each ``<!-- table NAME -->`` block made again; ``aged``: with what changed since then."""
    return TABLE.sub(lambda block: f"<!-- table {block[1]} -->\n{_table(block[1], aged)}\n<!-- end -->", text)


def without_age(text: str) -> str:
    """The page without what each commit changes."""
    return re.sub(r"\. Since then .*? changed\.$", "", text, flags=re.M)


def _table(name: str, aged: bool) -> str:
    if name == "summary":
        return summary.summary({path.stem: json.loads(path.read_text("utf-8")) for path in RESULTS.glob("*.json")})
    found = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    since = _since(name, found["commit"].rstrip("+")) if aged else ""
    return f"{TABLES[name](found)}\nCommit {found['commit']}: `{found['command']}`{since}"


def _since(suite: str, commit: str) -> str:
    """What changed of the code that a suite measures, since it was measured."""
    from grimp import build_graph  # comes with import-linter

    graph = build_graph("errata", "evals")
    module = f"evals.suites.{suite}"
    measured = graph.find_upstream_modules(module) | graph.find_descendants("errata.tools.detectors")
    files = {f"{'src/' if name.startswith('errata') else ''}{name.replace('.', '/')}.py" for name in measured}
    told = ["git", "diff", "--name-only", commit, "HEAD", "--", "src", "evals"]
    changed = subprocess.run(told, capture_output=True, text=True, check=False)
    if changed.returncode:
        return ". Since then all changed."
    count = len(files & set(changed.stdout.split()))
    return f". Since then {count} of the {len(files)} files that it runs changed." if count else ""


TABLES: dict[str, Callable[[dict[str, Any]], str]] = {
    "demo": judging.demo,
    "protocols": judging.protocols,
    "calibration": judging.calibration,
    "judge_trust": judging.judge_trust,
    "obedience": judging.obedience,
    "red_team": judging.red_team,
    "door": calls.door,
    "server_share": calls.server_share,
    "prefix_cache": calls.prefix_cache,
    "detection": scan.detection,
    "posterior": scan.posterior,
    "confidence": scan.confidence,
    "text_encoders": scan.text_encoders,
    "image_encoders": scan.image_encoders,
    "confident_learning": scan.confident_learning,
    "scan_speed": scan.scan_speed,
    "many_classes": scan.many_classes,
    "neighbor_search": scan.neighbor_search,
    "votes": scan.votes,
    "marks": kinds.marks,
    "second_night": calls.second_night,
    "random_check": checks.random_check,
}
