"""The graph's state: which run, how far, how much. Everything else is in the run's store."""

from __future__ import annotations

from typing import TypedDict


class RunState(TypedDict, total=False):
    """JSON-plain, so that any later errata can read a checkpoint, and losing one does no harm."""

    run_dir: str
    run_id: int
    phase: str
    items: int
    suspects: int
    to_judge: int
    judged: int
    calls: int
    stopped: str
    open_proposals: int
    approved: bool
    changed: int
    output: str


class DetectorTask(TypedDict):
    """The state of one branch of the fan-out over detectors."""

    detector: str
