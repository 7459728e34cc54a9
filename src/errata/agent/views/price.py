"""What judging would cost, said before a cent is spent."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from errata.agent.contributions import Contribution, Queue
from errata.agent.evidence.next_questions import ALL_LABELS
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.phases import roles_of
from errata.agent.run.workspace import Workspace
from errata.tools.judging.bank.bank import by_rule
from errata.tools.judging.expected_requests import Rehearsal, expected_requests
from errata.tools.judging.pacing.budget import Prices
from errata.tools.judging.pacing.expected import Tokens
from errata.tools.judging.protocol import AnnotationEvidence
from errata.tools.judging.registry import controls, protocol_named
from errata.tools.judging.spec import model_name
from errata.tools.judging.task import ControlItem, JudgeSetup, JudgeTask
from errata.types import Item

CENT = 0.005
SAMPLE = 20
"""So many suspects, spread over the queue, show how long questions are."""


@dataclass(frozen=True, slots=True)
class Price:
    """Upper bounds: every suspect is asked everything, by every judge; contests that cannot change an outcome will not
    be held. ``usd`` is None where no price is known, ``minutes`` where no judge's speed is."""

    suspects: int
    drawn: int
    calls: int
    tokens: int
    usd: float | None
    minutes: float | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def in_words(self) -> str:
        return (
            f"{self.suspects} suspects, and {self.drawn} others drawn at random. Judging them takes at most "
            f"{self.costs()}. No model was asked."
        )

    def costs(self) -> str:
        usd = (
            "at an unknown price (--usd-per-mtok-in and --usd-per-mtok-out set one)"
            if self.usd is None
            else f"{self.usd:.2f} USD at the prices set"
            if self.usd >= CENT
            else "less than 0.01 USD"
        )
        minutes = (
            "how long is known after the first calls"
            if self.minutes is None
            else f"about {self.minutes:.0f} minutes"
            if self.minutes >= 1
            else "less than a minute"
        )
        return f"{self.calls} calls, about {self.tokens:,} tokens, {usd}; {minutes}"


def price(workspace: Workspace) -> Price:
    """Of the questions that a scanned run's queue stands for, and of getting to know its judges."""
    queue = Snapshot.of(workspace).contributions.find(Queue) or Queue(suspects=0)
    waiting = queue.suspects + queue.drawn
    settings, judges = workspace.settings, max(len(workspace.settings.judge), 1)
    asked = dict.fromkeys(settings.protocols, waiting)
    known = controls(asked)  # they mean something only where they leave the control items alone
    for name in {*known, *(control.alone for control in known.values())}:
        asked[name] = asked.get(name, 0) + len(queue.control_items)
    takes = [(judges * times, _takes(workspace, name)) for name, times in asked.items()]
    first = _prepared(workspace) if waiting else []
    calls = len(first) + sum(times * one.calls for times, one in takes)
    sent = sum(tokens.sent for tokens in first) + round(sum(times * one.calls * one.sent for times, one in takes))
    answered = sum(tokens.answered for tokens in first)
    answered += round(sum(times * one.calls * one.answered for times, one in takes))
    prices = Prices(settings.usd_per_mtok_in, settings.usd_per_mtok_out)
    usd = prices.cost_usd(sent, answered) if prices.known else None
    return Price(queue.suspects, queue.drawn, calls, sent + answered, usd, minutes(workspace, calls))


def remaining(workspace: Workspace) -> Price:
    """The same, less what the run has asked already."""
    whole, spent = price(workspace), workspace.store.calls_of(workspace.run.run_id).spent()
    left = max(whole.calls - spent.calls, 0)
    share = left / whole.calls if whole.calls else 0.0
    usd = None if whole.usd is None else whole.usd * share
    return replace(whole, calls=left, tokens=round(whole.tokens * share), usd=usd, minutes=minutes(workspace, left))


def minutes(workspace: Workspace, calls: int) -> float | None:
    """How long so many calls take, shared by the judges, as fast as they have answered of late; None where one of them
    is not known to."""
    names = [model_name(spec) for spec in workspace.settings.judge]
    seconds = [workspace.store.calls.seconds_per_call(name) for name in names]
    known = [one for one in seconds if one is not None]
    return sum(known) / len(known) * calls / 60 if known and len(known) == len(seconds) else None


def _prepared(workspace: Workspace) -> list[Tokens]:
    """What the roles ask each judge before it is asked about items."""
    rehearsal = Rehearsal()
    view = replace(Snapshot.of(workspace).view, judges=workspace.settings.judge)
    for judge in view.judges:
        for role in roles_of("prepare", workspace.settings.roles):
            view = replace(view, judge=judge)
            if role.wanted(view):
                output = role.rehearse(view, rehearsal)
                view = replace(
                    view,
                    contributions=view.contributions.plus(*(one for one in output if isinstance(one, Contribution))),
                )
    return rehearsal.seen


class _Takes(NamedTuple):
    """What one question under a protocol takes: calls at most, and tokens of a typical call."""

    calls: int
    sent: float
    answered: float


def _takes(workspace: Workspace, name: str) -> _Takes:
    space = workspace.run.label_space
    # As if nothing were settled: then everything that a protocol may ask is asked.
    names = space.names[:ALL_LABELS]
    labels = protocol_named(name).about(AnnotationEvidence(names[0], names[1], 0.0, True, "relabel", names))
    if labels is None:
        return _Takes(0, 0.0, 0.0)
    bank = Snapshot.of(workspace).view.bank
    setup = JudgeSetup(space, workspace.run.guideline, workspace.settings.style, workspace.settings.permutations, bank)
    items = _typical(workspace)
    beside = tuple(ControlItem(item, names[0]) for item in (items * 2)[:2])
    written = replace(setup, bank=setup.bank or by_rule(space, {}))
    seen = expected_requests([JudgeTask(item, name, labels, beside) for item in items], written)
    count = max(len(seen), 1)
    return _Takes(
        protocol_named(name).calls(len(labels), setup),
        sum(tokens.sent for tokens in seen) / count,
        sum(tokens.answered for tokens in seen) / count,
    )


def _typical(workspace: Workspace) -> list[Item]:
    queue = [row.idx for row in Snapshot.of(workspace).rows if row.suspicion is not None]
    return workspace.dataset.items(queue[:: max(len(queue) // SAMPLE, 1)][:SAMPLE])
