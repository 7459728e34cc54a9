"""What judging would cost, estimated before any money is spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from errata.agent.contributions import Contribution, Queue
from errata.agent.evidence.next_questions import Question, tasks_of
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.evidence.still_to_ask import still_to_ask
from errata.agent.evidence.view import View
from errata.agent.phases import roles_of
from errata.agent.run.workspace import Workspace
from errata.tools.judging.expected_requests import Rehearsal
from errata.tools.judging.pacing.budget import Prices
from errata.tools.judging.pacing.expected import Tokens
from errata.tools.judging.registry import protocol_named
from errata.tools.judging.spec import model_name

CENT = 0.005
SAMPLE = 20
"""How many questions of a protocol, spread over the queue, are sampled to estimate its length."""


@dataclass(frozen=True, slots=True)
class Price:
    """Upper bounds on what is still to be asked: as if every judge were asked every question about every suspect,
    although contests that cannot change an outcome are skipped. Calls already paid for do not count. ``usd`` is None if
    no price is known, ``minutes`` if a judge's speed is not."""

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
            "how long is known only after the first calls"
            if self.minutes is None
            else f"about {self.minutes:.0f} minutes"
            if self.minutes >= 1
            else "less than a minute"
        )
        return f"{self.calls} calls, about {self.tokens:,} tokens, {usd}; {minutes}"


def price(workspace: Workspace) -> Price:
    """The price of what a scanned run may still ask, including measuring its judges."""
    snapshot = Snapshot.of(workspace)
    queue = snapshot.contributions.find(Queue) or Queue(suspects=0)
    return _price(workspace, snapshot.view, queue.suspects, queue.drawn)


def price_of(workspace: Workspace, views: Sequence[View]) -> Price:
    """The price of what would be asked about the queues of these views of the run."""
    each = [_price(workspace, view, len(view.suspects), 0) for view in views]
    calls = sum(one.calls for one in each)
    usd = None if any(one.usd is None for one in each) else sum(one.usd or 0.0 for one in each)
    tokens, suspects = sum(one.tokens for one in each), sum(one.suspects for one in each)
    return Price(suspects, 0, calls, tokens, usd, minutes(workspace, calls))


def _price(workspace: Workspace, view: View, suspects: int, drawn: int) -> Price:
    takes = _takes(workspace, view)
    prices = Prices(workspace.settings.usd_per_mtok_in, workspace.settings.usd_per_mtok_out)
    usd = prices.cost_usd(takes.sent, takes.answered) if prices.known else None
    tokens = takes.sent + takes.answered
    return Price(suspects, drawn, takes.calls, tokens, usd, minutes(workspace, takes.calls))


def minutes(workspace: Workspace, calls: int) -> float | None:
    """How long this many calls take, split among the judges, at their recent speed; None if any judge's speed is
    unknown."""
    seconds = [workspace.store.calls.seconds_per_call(name) for name in _judges(workspace)]
    known = [one for one in seconds if one is not None]
    return sum(known) / len(known) * calls / 60 if known and len(known) == len(seconds) else None


def _judges(workspace: Workspace) -> tuple[str, ...]:
    """The names under which the judges' calls are recorded."""
    panel = workspace.open_panel
    return tuple(map(model_name, workspace.settings.judge)) if panel is None else panel.judges


class _Takes(NamedTuple):
    calls: int
    sent: int
    answered: int

    @classmethod
    def of(cls, seen: Sequence[Tokens], calls: int | None = None) -> _Takes:
        """The total of the ``seen`` requests, scaled up to this number of ``calls`` if given."""
        each = 1.0 if calls is None else calls / max(len(seen), 1)
        sent, answered = (sum(tokens[part] for tokens in seen) for part in (0, 1))
        return cls(len(seen) if calls is None else calls, round(each * sent), round(each * answered))


def _takes(workspace: Workspace, view: View) -> _Takes:
    """Items that a judge has been asked about before are rehearsed request by request, since some are paid for; for all
    others, a sample of each kind of question gives the length."""
    rehearsal = Rehearsal(workspace.store.calls)
    view = replace(view, judges=_judges(workspace))
    waiting = still_to_ask(view, _wanted_now(workspace, view, rehearsal))
    view = _prepared(workspace, view, waiting, rehearsal)
    known: dict[str, list[Question]] = {}
    new: dict[tuple[str, str], list[Question]] = {}
    for question in waiting:
        if rehearsal.knows(question.judge, view.rows[question.idx].content_sha):
            known.setdefault(question.judge, []).append(question)
        else:
            new.setdefault((question.judge, question.protocol), []).append(question)
    for judge, questions in known.items():
        rehearsal.put(judge, tasks_of(view, questions), view.setup)
    parts = [_Takes.of(rehearsal.seen[:])]
    for (judge, protocol), questions in new.items():
        some = questions[:: max(len(questions) // SAMPLE, 1)][:SAMPLE]
        calls = sum(protocol_named(protocol).calls(len(question.labels), view.setup) for question in questions)
        parts.append(_Takes.of(rehearsal.put(judge, tasks_of(view, some), view.setup), calls))
    return _Takes(*map(sum, zip(*parts, strict=True)))


def _wanted_now(workspace: Workspace, view: View, rehearsal: Rehearsal) -> set[int]:
    """The items about which some role would ask now."""
    roles = [role for role in roles_of("ask", workspace.settings.roles) if role.wanted(view)]
    return {one.idx for role in roles for one in role.rehearse(view, rehearsal) if isinstance(one, Question)}


def _prepared(workspace: Workspace, view: View, waiting: Sequence[Question], rehearsal: Rehearsal) -> View:
    """The view after the roles have rehearsed what they ask each judge before it is asked about items."""
    for judge in dict.fromkeys(question.judge for question in waiting):
        for role in roles_of("prepare", workspace.settings.roles):
            view = replace(view, judge=judge)
            if role.wanted(view):
                left = [one for one in role.rehearse(view, rehearsal) if isinstance(one, Contribution)]
                view = replace(view, contributions=view.contributions.plus(*left))
    return view
