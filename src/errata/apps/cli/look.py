"""errata status, show, results, report: look at a run without changing anything."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from errata import words
from errata.apps.cli.options import AsJson, Force, Number, OfLabel, RunName, lined, opened, print_json, say
from errata.errors import SetupError


def status(run: RunName = None, label: OfLabel = None, number: Number = None, as_json: AsJson = False) -> None:
    """Where a run stands, and what to type next."""
    from errata.agent.views.status import describe, status_of

    with opened(run, label, number) as workspace:
        found = status_of(workspace)
    print_json(found) if as_json else say(describe(lined(found)))


def show(
    item: Annotated[str, typer.Argument()],
    run: RunName = None,
    label: OfLabel = None,
    number: Number = None,
    as_json: AsJson = False,
) -> None:
    """One item with all its evidence."""
    from errata.agent.views.item import describe, evidence_of

    with opened(run, label, number) as workspace:
        found = evidence_of(workspace, item)
    print_json(found) if as_json else say(describe(found))


def results(
    run: RunName = None,
    label: OfLabel = None,
    number: Number = None,
    out: Annotated[Path | None, typer.Option("-o", metavar="FILE", help="A .parquet, .csv or .jsonl file.")] = None,
    own: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="COL", help="A column of your data beside them, as data.COL; repeat it."),
    ] = None,
    escape_formulas: Annotated[
        bool, typer.Option("--escape-formulas", help="In a .csv: ' before cells that a spreadsheet would run.")
    ] = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """The table: one row per item. Without -o, the counts.

    proposed_label is what to change the label to; best_other_label is the likeliest other label of every item.
    """
    from errata.agent.views.results import result_rows, write_results

    if escape_formulas and out is None:
        raise SetupError("--escape-formulas is for a file that a spreadsheet opens: errata results -o FILE.csv")
    with opened(run, label, number) as workspace:
        if out is not None:
            written = write_results(workspace, out, own or (), escape_formulas=escape_formulas, force=force)
            print_json({"rows": written, "file": str(out)}) if as_json else say(f"{written} rows written to {out}")
            return
        rows = result_rows(workspace, own or ())
    if as_json:
        print_json(rows)
        return
    for outcome, count in Counter(row["outcome"] or "(not suspected)" for row in rows).most_common():
        say(f"{count:>8}  {words.outcome(outcome)}")
    say("Write the table: errata results -o FILE.parquet")


def report(run: RunName = None, label: OfLabel = None, number: Number = None, as_json: AsJson = False) -> None:
    """Write the report page anew, and say where it is."""
    from errata.agent.views.report import write_run_report

    with opened(run, label, number) as workspace:
        write_run_report(workspace)
        path = workspace.folder.report
    print_json({"html": str(path), "json": str(path.with_suffix(".json"))}) if as_json else say(str(path))


def add_to(app: typer.Typer) -> None:
    for command in (status, show, results, report):
        app.command()(command)
