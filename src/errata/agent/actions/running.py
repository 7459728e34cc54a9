"""Go from data to proposals: begin a run, scan, judge, and price the judging."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from errata.agent import drive
from errata.agent.actions.action import Action, Inputs, NoInputs
from errata.agent.actions.session import Session
from errata.agent.run import begin as beginning
from errata.agent.run.external_settings import ExternalSetting, confirmed
from errata.agent.run.external_settings import in_words as settings_in_words
from errata.agent.run.go_ahead import Job
from errata.agent.run.go_ahead import refuse as refuse_job
from errata.agent.views import price as pricing
from errata.agent.views.price import Price
from errata.agent.views.status import status_of
from errata.errors import DataError, ModelError, SetupError, Stopped, StoreError
from errata.settings import Settings, load_settings
from errata.tools.judging.spec import check_forms
from errata.tools.store.run_folder import RunFolder

__all__ = [
    "ANSWER",
    "BEGIN",
    "PRICE",
    "RUN",
    "SCAN",
    "SETTINGS",
    "ExternalSetting",
    "Job",
    "OpenedRun",
    "refuse_job",
    "settings_in_words",
]


class SettingsInputs(Inputs):
    data: Path = Field(description="The file or folder with the data.")
    run_dir: Path | None = Field(default=None, description="The run folder; by default NAME.errata next to the data.")
    typed: dict[str, Any] = Field(
        default={}, description="Settings by name, as a person gave them here and now; null means not given."
    )
    go_on: bool = Field(
        default=True, description="If no column is named, keep the settings of the existing run on this data."
    )


class BeginInputs(Inputs):
    data: Path = Field(description="The file or folder with the data.")
    settings: Settings = Field(
        description="Columns, detectors, judges, budget: everything that decides what the run does."
    )
    run_dir: Path | None = Field(default=None, description="The run folder; by default NAME.errata next to the data.")
    named: tuple[str, ...] = Field(default=(), description="Judges named just now: their form is checked first.")


@dataclass(frozen=True, slots=True)
class OpenedRun:
    """The run that was opened. ``remarks``: what a person should know about the data before paying for anything."""

    run: str
    run_id: int
    items: int
    remarks: tuple[str, ...]


class Going(Inputs):
    yes: bool = Field(default=False, description="Continue, however long it takes and whatever it costs.")
    retry_unreadable: bool = Field(
        default=False, description="Ask again for every answer that could not be read, and every request refused."
    )


class YesOrNo(Inputs):
    approve: bool = Field(description="True applies what has been decided by now; false changes nothing.")


def _settings(session: Session, given: SettingsInputs) -> Settings:
    if given.go_on:
        return beginning.settings_for(given.data, given.run_dir, given.typed, session.confirm)
    folder = given.run_dir or RunFolder.beside(given.data).path
    return confirmed(load_settings(**given.typed), given.typed, given.data, folder, session.confirm)


def _begin(session: Session, given: BeginInputs) -> OpenedRun:
    check_forms(given.named)
    session.close()
    run = beginning.begin(given.data, given.settings, given.run_dir, session.notify)
    session.use(run)
    return OpenedRun(str(run.folder.path), run.run.run_id, len(run.dataset), tuple(run.dataset.remarks))


def _run(session: Session, given: Going) -> dict[str, Any]:
    session.run.retry_unreadable = given.retry_unreadable
    session.run.go_ahead = None if given.yes else session.go_ahead
    drive.drive(session.run, session.progress)
    return status_of(session.run)


def _scan(session: Session, given: NoInputs) -> dict[str, Any]:
    if judges := session.run.settings.judge:
        raise SetupError(f"This run has judges ({', '.join(judges)}), and a scan asks none: begin one without a judge.")
    return _run(session, Going())


def _price(session: Session, _: NoInputs) -> Price:
    drive.scanned(session.run, session.progress)
    return pricing.price(session.run)


def _answer(session: Session, given: YesOrNo) -> dict[str, Any]:
    return dict(drive.resume(session.run, given.approve, session.progress))


SETTINGS = Action(
    "settings",
    "The settings that a run on this data would have: what is given here, over the environment, errata.toml and, by "
    "default, those of the existing run. Starts nothing.",
    "read",
    SettingsInputs,
    Settings,
    (SetupError, DataError, StoreError),
    _settings,
)
BEGIN = Action(
    "begin",
    "Begin a run on data, or continue the one begun with these settings, and open it. Settles which judges may be "
    "asked, at which prices and within which budget, but asks none yet. Returns the run's folder and number.",
    "spend",  # asks no judge, but settles what will be spent later
    BeginInputs,
    OpenedRun,
    (SetupError, DataError, StoreError),
    _begin,
)
RUN = Action(
    "run",
    "Scan the open run's data, ask its judges about the suspects within its budget, and propose an outcome for each "
    "item. Continues where it stopped; no finished call is paid for again. Returns the run's status.",
    "spend",
    Going,
    dict[str, Any],
    (SetupError, DataError, StoreError, ModelError, Stopped),
    _run,
)
SCAN = Action(
    "scan",
    "Run only the detectors on the open run, which must have no judge, and propose. No model is asked. Returns the "
    "run's status.",
    "read",  # its arrays and proposals derive from the data and can be made again
    NoInputs,
    dict[str, Any],
    (SetupError, DataError, StoreError),
    _scan,
)
PRICE = Action(
    "price",
    "Scan the open run and count what judging it would take at most: calls, tokens, US dollars. No model is asked.",
    "read",
    NoInputs,
    Price,
    (SetupError, DataError, StoreError),
    _price,
)
ANSWER = Action(
    "answer",
    "Answer the open run, which waits for approval: yes writes the decided changes into a new file beside the data, no "
    "changes nothing. Gives the state in which the run ended.",
    "write",
    YesOrNo,
    dict[str, Any],
    (SetupError, DataError, StoreError),
    _answer,
)
