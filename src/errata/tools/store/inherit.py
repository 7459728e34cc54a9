"""What a new run takes over from the one before: verdicts, and the knowledge of what was settled, by content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from errata.tools.store.store import ItemRow, RunInfo, Store
from errata.types import Verdict


def inherit_verdicts(store: Store, run: RunInfo, rows: Sequence[ItemRow]) -> set[int]:
    """The items that an earlier run has settled, so that nobody needs to be asked again; its verdicts are copied.

    Settled: same content and given label, same panel, guideline and label space, and the earlier run either did not
    suspect the item, or asked all that it wanted to ask. What a stopped run left in its queue is open again.
    """
    earlier = _comparable_run(store, run)
    if earlier is None:
        return set()
    verdicts_of: dict[int, list[Verdict]] = {}
    for verdict in store.verdicts(earlier.run_id):
        verdicts_of.setdefault(verdict.idx, []).append(verdict)
    before = {(row.content_sha, row.given_label): row for row in store.items(earlier.run_id)}
    settled, copies = set(), []
    for row in rows:
        old = before.get((row.content_sha, row.given_label))
        if old is not None and (old.suspicion is None or not earlier.facts["stopped"]):
            settled.add(row.idx)
            copies += [replace(verdict, idx=row.idx, cached=True) for verdict in verdicts_of.get(old.idx, ())]
    store.add_verdicts(run.run_id, copies)
    return settled


def _comparable_run(store: Store, run: RunInfo) -> RunInfo | None:
    """The newest earlier run that judged under the same panel, guideline and labels."""
    for old in reversed(store.all_runs()):
        same = (old.panel_sha, old.guideline_sha, old.label_space.sha) == (
            run.panel_sha,
            run.guideline_sha,
            run.label_space.sha,
        )
        if old.run_id < run.run_id and same and "stopped" in old.facts:
            return old
    return None
