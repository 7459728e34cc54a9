"""Write the results of a run as rows or as a file, its proposals, its noisy classes, and the report page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from errata.agent.actions.action import Action, Inputs, NoInputs
from errata.agent.actions.session import Session
from errata.agent.decisions.approval import OPEN_OUTCOMES
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.views import replication, report, results, review_sheet
from errata.errors import DataError, SetupError, StoreError
from errata.tools.report.data import ClassNoise

__all__ = ["CLASS_NOISE", "METHODS", "PAGE", "PROPOSALS", "REPORT", "RESULTS", "WRITE_RESULTS", "ClassNoise"]

Rows = list[dict[str, Any]]


class Columns(Inputs):
    columns: tuple[str, ...] = Field(default=(), description="Columns of the data to add, as data.NAME.")
    reasons: bool = Field(default=False, description="Add the reason of each item's proposal.")


class ResultsFile(Inputs):
    out: Path = Field(description="The file to write: .parquet, .csv, .jsonl, or .xlsx to decide in.")
    columns: tuple[str, ...] = Field(default=(), description="Columns of the data to add, as data.NAME.")
    escape_formulas: bool = Field(default=False, description="In a .csv: ' before cells that a spreadsheet would run.")
    force: bool = Field(default=False, description="Replace a file that errata did not write; a backup is kept.")


@dataclass(frozen=True, slots=True)
class ReportFiles:
    html: str
    json: str


@dataclass(frozen=True, slots=True)
class Methods:
    """``replication``: the folder that was written."""

    paragraph: str
    replication: str


def _results(session: Session, given: Columns) -> Rows:
    rows = results.result_rows(session.run, given.columns)
    if not given.reasons:
        return rows
    proposals = Snapshot.of(session.run).proposals
    return [row | {"reason": proposals[i].reason if i in proposals else None} for i, row in enumerate(rows)]


def _proposals(session: Session, _: NoInputs) -> Rows:
    found = [row for row in results.result_rows(session.run) if row["outcome"] in OPEN_OUTCOMES]
    return sorted(found, key=lambda row: row["quality"])


def _write_results(session: Session, given: ResultsFile) -> int:
    if given.out.suffix == ".xlsx":  # where nothing is a formula anyway
        return review_sheet.write_review(session.run, given.out, given.columns, force=given.force)
    return results.write_results(
        session.run, given.out, given.columns, escape_formulas=given.escape_formulas, force=given.force
    )


def _class_noise(session: Session, _: NoInputs) -> tuple[ClassNoise, ...]:
    return report.class_noise(session.run)


def _report(session: Session, _: NoInputs) -> ReportFiles:
    report.write_run_report(session.run)
    page = session.run.folder.report
    return ReportFiles(str(page), str(page.with_suffix(".json")))


def _methods(session: Session, _: NoInputs) -> Methods:
    paragraph, folder = replication.write_replication(session.run)
    return Methods(paragraph, str(folder))


def _page(session: Session, _: NoInputs) -> str:
    return report.short_page(session.run)


RESULTS = Action(
    "results",
    "The table of the open run, one row for each item in the data's order: given label, status, outcome, proposed "
    "label, confidence, quality (low = bad), the likeliest other label.",
    "read",
    Columns,
    Rows,
    (SetupError, DataError, StoreError),
    _results,
)
PROPOSALS = Action(
    "proposals",
    "The rows that a person should look at, those whose outcome is other than keep, the least trustworthy label first.",
    "read",
    NoInputs,
    Rows,
    (SetupError, DataError, StoreError),
    _proposals,
)
WRITE_RESULTS = Action(
    "write_results",
    "Write the table of the open run into a file, and give its number of rows. In an .xlsx it has the content, the "
    "reasons, and a column to decide in, which decide_reviewed takes back.",
    "write",  # the caller chooses the path, and a file may already exist there
    ResultsFile,
    int,
    (SetupError, DataError, StoreError),
    _write_results,
)
CLASS_NOISE = Action(
    "class_noise",
    "How noisy each class of the open run is: its items, proposals, the estimate of wrong labels, and the label that "
    "its items look like most often; the surely noisiest first.",
    "read",
    NoInputs,
    tuple[ClassNoise, ...],
    (SetupError, DataError, StoreError),
    _class_noise,
)
REPORT = Action(
    "report",
    "Write the report page of the open run and its JSON again in the run folder, and return their paths.",
    "read",  # both are errata's own files in its own folder and can be made again from the store
    NoInputs,
    ReportFiles,
    (SetupError, DataError, StoreError),
    _report,
)
PAGE = Action(
    "page",
    "The short form of the open run's report as HTML: counts, flow from given to proposed labels, the worst items.",
    "read",
    NoInputs,
    str,
    (SetupError, DataError, StoreError),
    _page,
)
METHODS = Action(
    "methods",
    "A paragraph for a paper about what was done in the open run, with its figures; and a folder for replication in "
    "the run folder, without content of the data.",
    "read",  # errata's own files in its own folder, as for the report
    NoInputs,
    Methods,
    (SetupError, DataError, StoreError),
    _methods,
)
