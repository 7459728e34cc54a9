"""What a new run takes over from the one before: verdicts, and the knowledge of what was settled, by content."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from errata.agent.contributions import Contributions, Judging, Queue
from errata.tools.store.decisions import same_words
from errata.tools.store.store import ItemRow, RunInfo, Store
from errata.types import LabelSpace, Verdict


def inherit_verdicts(
    store: Store, run: RunInfo, rows: Sequence[ItemRow], challengers: Sequence[str | None]
) -> set[int]:
    """The items that an earlier run has settled, so that nobody needs to be asked again; its verdicts are copied.

    Settled: same content, given label, label column, panel and guideline, and the earlier run either did not suspect
    the item, or asked all that it wanted to ask. What a stopped run left in its queue is open again, and so is an item
    whose ``challengers`` entry, its likeliest other label by today's scan, did not exist then. Classes that are new or
    gone otherwise void nothing.
    """
    earlier = _comparable_run(store, run)
    if earlier is None:
        return set()
    verdicts_of: dict[int, list[Verdict]] = {}
    for verdict in store.verdicts(earlier.run_id):
        verdicts_of.setdefault(verdict.idx, []).append(verdict)
    today = run.label_space.today
    known = {today(name) for name in earlier.label_space.names}
    before = {(row.content_sha, today(row.given_label)): row for row in store.items(earlier.run_id)}
    finished = judged_to_its_end(store, earlier)
    settled, copies = set(), []
    for row in rows:
        old = before.get((row.content_sha, today(row.given_label)))
        if old is None or challengers[row.idx] not in (None, *known):
            continue
        found = [carried_over(v, earlier.label_space, run.label_space) for v in verdicts_of.get(old.idx, ())]
        copies += [replace(verdict, idx=row.idx, cached=True) for verdict in found if verdict is not None]
        if None not in found and (old.suspicion is None or finished):
            settled.add(row.idx)
    store.add_verdicts(run.run_id, copies)
    return settled


def earlier_control_items(store: Store, run: RunInfo, rows: Sequence[ItemRow]) -> list[int]:
    """Where the control items of the comparable earlier run are today, as far as they are unchanged."""
    earlier = _comparable_run(store, run)
    if earlier is None:
        return []
    queue = Contributions.of_run(store, earlier.run_id).find(Queue)
    drawn = set(queue.control_items if queue else ())
    known = {(row.content_sha, row.given_label) for row in store.items(earlier.run_id) if row.idx in drawn}
    return [row.idx for row in rows if (row.content_sha, row.given_label) in known]


def judged_to_its_end(store: Store, run: RunInfo) -> bool:
    """Whether the run asked all that it wanted to ask."""
    judging = Contributions.of_run(store, run.run_id).find(Judging)
    return judging is not None and judging.stopped == ""


def carried_over(verdict: Verdict, then: LabelSpace, now: LabelSpace) -> Verdict | None:
    """The verdict in today's label space; None where it was about something else.

    A class that is gone loses its share to the others, unless the judge favored it; one whose definition has changed is
    another option.
    """
    kept: dict[str, float] = {}
    for option, log_prob in verdict.log_probs.items():
        if option not in then.names:  # "several" and its like, and the two answers of a steering control
            kept[option] = log_prob
            continue
        today = str(now.today(option))
        if today in now.names:
            if then.definitions.get(option, "") != now.definitions.get(today, ""):
                return None
            kept[today] = log_prob
    if len(kept) == len(verdict.log_probs):
        return replace(verdict, log_probs=kept)
    if not kept or max(kept.values()) < max(verdict.log_probs.values()):
        return None
    rest = math.log(sum(map(math.exp, kept.values())))
    return replace(verdict, log_probs={option: log_prob - rest for option, log_prob in kept.items()})


def _comparable_run(store: Store, run: RunInfo) -> RunInfo | None:
    """The newest earlier run that put the same question to the same panel under the same guideline."""
    for old in reversed(store.all_runs()):
        same = (old.panel_sha, old.label_column) == (run.panel_sha, run.label_column)
        same = same and same_words(old.guideline, run.guideline)
        if old.run_id < run.run_id and same and Contributions.of_run(store, old.run_id).find(Queue) is not None:
            return old
    return None
