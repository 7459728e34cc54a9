"""One result file: the figures, and what is needed to make them again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

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


def _as_typed(argument: str) -> str:
    """A full path relative to the current folder, so that the command can be typed on another machine."""
    return os.path.relpath(argument) if Path(argument).is_absolute() else argument


def commit() -> str:
    """The short hash of the commit, with "+" if the code differs from it."""
    head = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--", "src", "evals/*.py"], capture_output=True, text=True, check=True
    )
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")
