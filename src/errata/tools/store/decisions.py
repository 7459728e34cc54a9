"""People's decisions, read from the chain of events: which are in effect for each item of a run, and which lapsed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any

from errata.tools.guideline import About, Guideline, Rewording
from errata.tools.store.events import Event, EventChain
from errata.tools.store.store import ItemRow, RunInfo, Store
from errata.types import Decision, LabelSpace, Spot

_FIELDS = [f.name for f in fields(Decision) if f.name not in ("at", "event", "event_hash")]

ROW_GONE = "their rows have changed or are gone"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a decision rests on besides its item: the question that was asked, and what was known about its labels.
    ``guideline``: its text."""

    label_column: str
    space: LabelSpace
    guideline: str
    panel_sha: str
    judged: bool

    @classmethod
    def of(cls, run: RunInfo) -> Terms:
        return cls(run.label_column, run.label_space, run.guideline, run.panel_sha, run.judged)

    @property
    def meaning(self) -> Guideline:
        """What the labels mean under these terms."""
        return Guideline(self.guideline, self.space)


@dataclass(frozen=True)
class Change:
    """What has changed between the terms of a decision and today's."""

    then: Terms
    now: Terms

    @cached_property
    def rewording(self) -> Rewording:
        return Rewording(self.then.meaning, self.now.meaning)


def record(
    chain: EventChain, run: RunInfo, decisions: Iterable[Decision], os_user: str, *, rule: int = 0, check: int = 0
) -> list[Event]:
    """Append decisions to the chain, with what the run's guideline says about their labels, and the event of the rule
    or the random check that they were made in."""
    bodies, guideline = [], Terms.of(run).meaning
    for decision in decisions:
        wording = guideline.wording(guideline.of_decision(decision))
        values = asdict(replace(decision, wording=wording, rule=rule, check=check))
        bodies.append({"run_id": run.run_id, "user": os_user} | {name: values[name] for name in _FIELDS})
    return chain.append("decision", bodies)


def standing(
    store: Store, terms: Terms, rows: Callable[[], Sequence[ItemRow]], run_id: int | None = None
) -> dict[int, Decision]:
    """idx -> the last decision that is in effect for it under these terms; ``run_id`` is the run that the rows belong
    to, if it has begun. ``rows`` are read only if there is a decision.

    In its own run a decision belongs to its item. From other runs it is inherited by content and given label,
    preferring the row with the same id, as long as its terms still hold: see ``why_lapsed``.
    """
    changes = _changes(store, terms)
    own: dict[Spot, Decision] = {}
    inherited: dict[tuple[str, ...], Decision] = {}
    for body, decision in _not_undone(store.events):
        if body["run_id"] == run_id:
            own[decision.spot] = decision
        elif why_lapsed(decision, changes[body["run_id"]]) is None:
            same = (decision.content_sha, decision.place, str(terms.space.today(decision.given_label)))
            inherited[same] = inherited[*same, decision.item_id] = decision
    found: dict[int, Decision] = {}
    if not own and not inherited:
        return found
    for row in rows():
        same = (row.content_sha, row.place, str(terms.space.today(row.given_label)))
        from_others = inherited.get((*same, row.item_id)) or inherited.get(same)
        candidates = [own.get(row.spot), from_others and _in_words_of(row, from_others, terms.space)]
        if any(candidates):
            found[row.idx] = max(filter(None, candidates), key=lambda decision: decision.event)
    return found


def settled(decisions: Mapping[int, Decision]) -> dict[int, Decision]:
    """Without those that one person passed on to another: such items are still open."""
    return {idx: decision for idx, decision in decisions.items() if decision.answer != "passed_on"}


def lapsing(store: Store, terms: Terms, rows: Sequence[ItemRow]) -> Counter[str]:
    """Reason -> how many decisions are in effect in the newest run of this label column, but would lapse in a new one
    of these rows under these terms."""
    earlier = [run for run in store.all_runs() if run.label_column == terms.label_column]
    if not earlier:
        return Counter()
    before = Terms.of(earlier[-1])
    stood = standing(store, before, lambda: store.items(earlier[-1].run_id), earlier[-1].run_id)
    gone = {d.event for d in stood.values()} - {d.event for d in standing(store, terms, lambda: rows).values()}
    changes = _changes(store, terms)
    made = [(body["run_id"], decision) for body, decision in _not_undone(store.events) if decision.event in gone]
    return Counter(why_lapsed(decision, changes[run_id]) or ROW_GONE for run_id, decision in made)


def _changes(store: Store, now: Terms) -> dict[int, Change]:
    """Run -> what has changed since it."""
    return {run.run_id: Change(Terms.of(run), now) for run in store.all_runs()}


def why_lapsed(decision: Decision, change: Change) -> str | None:
    """Why a decision no longer holds under today's terms, in words; None if it still does.

    The label space and the guideline as a whole are not part of the question: other classes may be added, removed, or
    described differently. New judges reopen what was rejected, because they may know better; a scan does not.
    """
    made_under, now = change.then, change.now
    if made_under.label_column != now.label_column:
        return f"they are about another label column ({made_under.label_column})"
    for label in (decision.given_label, decision.label):
        if label is not None and now.space.today(label) not in now.space.names:
            return f"the label {label!r} is gone"
    labels = change.rewording.then.of_decision(decision)
    touched = change.rewording.touched(labels, decision.wording)
    if touched is not None:
        return _in_words(touched, change.rewording)
    if not decision.changes_label and now.judged and made_under.panel_sha != now.panel_sha:
        return "the judges have changed, and may know better than what was rejected"
    return None


def _in_words(touched: About, rewording: Rewording) -> str:
    if not touched:
        return "the guideline has changed in what it says of all labels"
    if len(touched) == 1 and rewording.redefined(touched[0]):
        return f"the definition of {touched[0]!r} has changed"
    return f"what the guideline says of {' and '.join(map(repr, touched))} has changed"


def _in_words_of(row: ItemRow, decision: Decision, space: LabelSpace) -> Decision:
    """The decision with today's names of its labels; the row's own label as the row spells it."""
    same = space.today(decision.label) == space.today(row.given_label)
    label = row.given_label if same else space.renames.get(str(decision.label), decision.label)
    return replace(decision, given_label=row.given_label, label=None if decision.label is None else label)


def _not_undone(chain: EventChain) -> Iterator[tuple[Mapping[str, Any], Decision]]:
    events = list(chain.read("decision", "undo"))
    undone = {event.body["undoes"] for event in events if event.kind == "undo"}
    for event in events:
        if event.kind == "decision" and event.seq not in undone:
            values = {name: event.body[name] for name in _FIELDS if name in event.body}
            yield event.body, Decision(**values, at=event.at, event=event.seq, event_hash=event.hash)
