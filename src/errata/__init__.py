"""errata: find the wrong labels in your dataset, see why, fix them. Undo anything.

run = errata.open("tickets.csv", text="message", label="intent")
run.scan()
run.judge("Qwen/Qwen3-VL-8B-Instruct@http://localhost:8000/v1")
run.proposals
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from errata.apps.python import Run, open
    from errata.tools.detectors.confident.label_issues import find_label_issues
    from errata.tools.judging.pacing.budget import Budget

    __version__: str

__all__ = ["Budget", "Run", "__version__", "find_label_issues", "open"]

_HOMES = {
    "open": "errata.apps.python",
    "Run": "errata.apps.python",
    "Budget": "errata.tools.judging.pacing.budget",
    "find_label_issues": "errata.tools.detectors.confident.label_issues",
}


def __getattr__(name: str) -> Any:
    """Everything is imported when it is first asked for: `import errata` itself costs nothing."""
    if name == "__version__":
        from importlib.metadata import version

        return version("errata-labels")
    if name not in _HOMES:
        raise AttributeError(f"module 'errata' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
