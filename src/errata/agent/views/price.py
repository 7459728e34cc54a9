"""What judging would cost, said before a cent is spent."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

from errata.agent.contributions import Queue
from errata.agent.evidence.next_questions import ALL_LABELS
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.workspace import Workspace
from errata.tools.judging.bank.bank import by_rule
from errata.tools.judging.expected_requests import expected_requests
from errata.tools.judging.pacing.budget import Prices
from errata.tools.judging.protocol import AnnotationEvidence
from errata.tools.judging.registry import controls, protocol_named
from errata.tools.judging.task import ControlItem, JudgeSetup, JudgeTask
from errata.types import Item

SAMPLE = 20
"""So many suspects, spread over the queue, show how long questions are."""


@dataclass(frozen=True, slots=True)
class Price:
    """Upper bounds: every suspect is asked everything; contests that cannot change an outcome will not be held. What a
    judge is calibrated with, and the writing of a question bank, come on top."""

    suspects: int
    drawn: int
    calls: int
    tokens: int
    usd: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def in_words(self) -> str:
        return (
            f"{self.suspects} suspects, and {self.drawn} others drawn at random. Judging them takes at most "
            f"{self.calls} calls, about {self.tokens:,} tokens, {self.usd:.2f} USD at the prices set "
            "(usd_per_mtok_in, usd_per_mtok_out). No model was asked."
        )


def price(workspace: Workspace) -> Price:
    """Of the questions that a scanned run's queue stands for."""
    queue = Snapshot.of(workspace).contributions.find(Queue) or Queue(suspects=0)
    waiting = queue.suspects + queue.drawn
    settings, judges = workspace.settings, max(len(workspace.settings.judge), 1)
    asked = dict.fromkeys(settings.protocols, waiting)
    known = controls(asked)  # they mean something only where they leave the control items alone
    for name in {*known, *(control.alone for control in known.values())}:
        asked[name] = asked.get(name, 0) + len(queue.control_items)
    takes = [(judges * times, _takes(workspace, name)) for name, times in asked.items()]
    calls = sum(times * one.calls for times, one in takes)
    sent = round(sum(times * one.calls * one.sent for times, one in takes))
    answered = round(sum(times * one.calls * one.answered for times, one in takes))
    usd = Prices(settings.usd_per_mtok_in, settings.usd_per_mtok_out).cost_usd(sent, answered)
    return Price(queue.suspects, queue.drawn, calls, sent + answered, usd)


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
