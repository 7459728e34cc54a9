"""Measure how good a judge is on the user's own data before a run relies on it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from pydantic import Field

from errata.agent.actions.action import Action, Inputs
from errata.agent.actions.session import Session
from errata.agent.contributions import Contribution, JudgeCard, Queue
from errata.agent.evidence.judge_cards import card_of
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.roles import calibrator, questioner
from errata.agent.run.external_settings import remember_confirmed
from errata.agent.run.panel import Panel
from errata.errors import ModelError, SetupError


class MeasureInputs(Inputs):
    judge: str = Field(description="MODEL@URL.")
    allow_host: tuple[str, ...] = Field(default=(), description="Hosts outside private networks that may be asked.")


def _measure(session: Session, given: MeasureInputs) -> JudgeCard:
    workspace = session.run
    view = Snapshot.of(workspace).view
    queue = view.contributions.find(Queue)
    if queue is None or view.scan is None or not queue.trusted:
        raise SetupError("This run has no trusted items to measure a judge on: scan the data first (errata scan DATA).")
    settings = workspace.settings.model_copy(
        update={"judge": (given.judge,), "allow_host": (*workspace.settings.allow_host, *given.allow_host)}
    )
    remember_confirmed(settings, workspace.data_path, workspace.folder.path)  # the user just named it
    try:
        with closing(Panel(workspace.store, workspace.run, settings)) as panel:
            (judge,) = panel.judges
            view = replace(view, settings=settings, judges=(judge,), judge=judge, verdicts=(), columns=None)
            for role in (questioner.ROLE, calibrator.ROLE):
                if role.wanted(view):
                    left = [one for one in role.work(view, panel.ask) if isinstance(one, Contribution)]
                    view = replace(view, contributions=view.contributions.plus(*left))
    except ModelError as error:
        raise SetupError(str(error)) from None
    return card_of(view, judge)


def in_words(judge: str, card: JudgeCard) -> str:
    verdict = "better than chance: a run uses it" if card.used else "no better than chance: no run uses it"
    return "\n".join([f"{judge} on your data: {verdict}", *(f"  {line}" for line in card.lines)])


MEASURE = Action(
    "measure",
    "Ask a judge about trusted items of a scanned dataset, and return how often it is right and whether a run uses it. "
    "Its calls are recorded: a run with this judge does not pay for them again.",
    "spend",
    MeasureInputs,
    JudgeCard,
    (SetupError,),
    _measure,
)
