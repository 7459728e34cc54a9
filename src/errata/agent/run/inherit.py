"""What a new run inherits from an earlier one: verdicts, and which items were settled, by content."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from errata.agent.contributions import Contributions, JudgeProfile, JudgeProfiles, Judging, Queue
from errata.tools.guideline import Rewording, same_words
from errata.tools.judging.calibration.trusted import FEWEST
from errata.tools.store.decisions import Terms
from errata.tools.store.store import ItemRow, RunInfo, Store
from errata.types import Verdict


def inherit_verdicts(
    store: Store, run: RunInfo, rows: Sequence[ItemRow], challengers: Sequence[str | None]
) -> set[int]:
    """Copy verdicts of items that an earlier run settled, so that they need not be asked again; returns these items.

    Settled: same content, given label, label column, and panel; the guideline says the same about all labels that the
    verdicts rest on; and the earlier run either did not suspect the item or asked all it wanted to. Items that a
    stopped run left in its queue are open again, and so is an item whose ``challengers`` entry, its likeliest other
    label by today's scan, did not exist then. Added or removed classes otherwise void nothing.
    """
    earlier = _comparable_run(store, run)
    if earlier is None:
        return set()
    verdicts_of: dict[int, list[Verdict]] = {}
    unread: set[int] = set()
    for verdict in store.verdicts(earlier.run_id):
        if not verdict.readable:  # it says nothing about the item, whose question stays open
            unread.add(verdict.idx)
            continue
        verdicts_of.setdefault(verdict.idx, []).append(verdict)
    today, rewording = run.label_space.today, Rewording(Terms.of(earlier).meaning, Terms.of(run).meaning)
    known = {today(name) for name in earlier.label_space.names}
    before = {(row.content_sha, row.place, today(row.given_label)): row for row in store.items(earlier.run_id)}
    finished = judging_finished(store, earlier)
    settled, copies = set(), []
    for row in rows:
        old = before.get((row.content_sha, row.place, today(row.given_label)))
        if old is None or challengers[row.idx] not in (None, *known):
            continue
        found = [carried_over(v, old.given_label, rewording) for v in verdicts_of.get(old.idx, ())]
        copies += [
            replace(verdict, idx=row.idx, place=row.place, cached=True) for verdict in found if verdict is not None
        ]
        if None not in found and old.idx not in unread and (old.suspicion is None or finished):
            settled.add(row.idx)
    store.add_verdicts(run.run_id, copies)
    return settled


def earlier_control_items(store: Store, run: RunInfo, rows: Sequence[ItemRow]) -> list[int]:
    """Current positions of the comparable earlier run's control items, if they are unchanged."""
    earlier = _comparable_run(store, run)
    if earlier is None:
        return []
    queue = Contributions.of_run(store, earlier.run_id).find(Queue)
    drawn = set(queue.control_items if queue else ())
    known = {_same(row) for row in store.items(earlier.run_id) if row.idx in drawn}
    return [row.idx for row in rows if _same(row) in known]


def _same(row: ItemRow) -> tuple[str | None, ...]:
    return row.content_sha, row.place, row.given_label


def earlier_profiles(store: Store, run: RunInfo) -> JudgeProfiles | None:
    """What the comparable earlier run measured of its judges, for the labels of today; None if the guideline has
    changed."""
    earlier = _comparable_run(store, run)
    if earlier is None or earlier.guideline != run.guideline:
        return None
    known = Contributions.of_run(store, earlier.run_id).find(JudgeProfiles) or JudgeProfiles()
    names = set(run.label_space.names)
    kept = {
        judge: profile.model_copy(update={"trusted": tuple(one for one in profile.trusted if one.label in names)})
        for judge, profile in known.judges.items()
    }
    return JudgeProfiles(judges={judge: one for judge, one in kept.items() if _tells(one)})


def _tells(profile: JudgeProfile) -> bool:
    """Whether enough of the answers were readable: a server that gave none may be a different one by now."""
    return sum(bool(answer.said) for answer in profile.trusted) >= FEWEST


def judging_finished(store: Store, run: RunInfo) -> bool:
    """Whether the run asked all that it wanted to."""
    judging = Contributions.of_run(store, run.run_id).find(Judging)
    return judging is not None and judging.stopped == ""


def carried_over(verdict: Verdict, given: str | None, rewording: Rewording) -> Verdict | None:
    """The verdict in today's label space; None if it was about something else. ``given``: its item's label then.

    The probability of a removed class goes to the others, unless the judge favored it. If the guideline changed for a
    label that the verdict rests on, it was a different question.
    """
    then, now = rewording.then, rewording.now
    if rewording.touched(then.of_verdict(verdict, given), verdict.wording) is not None:
        return None
    kept: dict[str, float] = {}
    for option, log_prob in verdict.log_probs.items():
        # "several" and the like, and the two answers of a steering control, are not labels.
        today = str(now.space.today(option)) if option in then.space.names else option
        if today in now.space.names or option not in then.space.names:
            kept[today] = log_prob
    if len(kept) < len(verdict.log_probs):
        if not kept or max(kept.values()) < max(verdict.log_probs.values()):
            return None
        rest = math.log(sum(map(math.exp, kept.values())))
        kept = {option: log_prob - rest for option, log_prob in kept.items()}
    return now.worded(replace(verdict, log_probs=kept), now.space.today(given))


def _comparable_run(store: Store, run: RunInfo) -> RunInfo | None:
    """The newest earlier run that put the same question to the same panel: preferably under the same guideline."""
    comparable = [
        old
        for old in store.all_runs()
        if old.run_id < run.run_id
        and (old.panel_sha, old.label_column) == (run.panel_sha, run.label_column)
        and Contributions.of_run(store, old.run_id).find(Queue) is not None
    ]
    guideline = Terms.of(run).guideline
    return max(comparable, key=lambda old: (same_words(Terms.of(old).guideline, guideline), old.run_id), default=None)
