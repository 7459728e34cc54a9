"""One result file: the figures, and what is needed to make them again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

HISTORY, MOST = "history.jsonl", 100
"""The file, and the most figures on one of its lines."""
PACKAGES = ("errata-labels", "cleanlab", "numpy", "scikit-learn", "torch")


def write_result(path: Path, figures: dict[str, Any], *, seed: int) -> None:
    """Write ``figures`` as JSON with the commit, the command, the seed and the versions that made them."""
    record = {
        "commit": commit(),
        "command": " ".join(map(_as_typed, sys.argv)),
        "seed": seed,
        "versions": {"python": sys.version.split()[0], **{name: version(name) for name in PACKAGES}},
        **figures,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    _append_to_history(path.with_name(HISTORY), path.name, record, figures)


def _append_to_history(history: Path, name: str, record: dict[str, Any], figures: dict[str, Any]) -> None:
    """One line for each time a suite ran: what changed from commit to commit shows without a checkout."""
    line = {"at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}", "result": name}
    line |= {key: record[key] for key in ("commit", "command")}
    leaves = dict(_leaves(figures, ""))
    with history.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line | {"figures": dict(list(leaves.items())[:MOST])}) + "\n")


def _leaves(value: Any, path: str) -> Iterator[tuple[str, float]]:
    """The numbers in nested mappings, by their path; lists are left out."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def _as_typed(argument: str) -> str:
    """A full path relative to the current folder, so that the command can be typed on another machine. Of what is not
    near the project only the name stays: where it was says nothing elsewhere."""
    if not Path(argument).is_absolute():
        return argument
    near = Path(argument).is_relative_to(Path.cwd().parent)
    return os.path.relpath(argument) if near else Path(argument).name


def commit() -> str:
    """The short hash of the commit, with "+" if the code differs from it."""
    head = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--", "src", "evals/*.py"], capture_output=True, text=True, check=True
    )
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")
