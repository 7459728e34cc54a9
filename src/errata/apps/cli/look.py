"""errata status, show, results, report: look at a run without changing anything."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from errata import words
from errata.apps.cli.options import (
    AsJson,
    Force,
    Number,
    OfLabel,
    RunName,
    on_one_line,
    open_session,
    print_json,
    print_text,
)
from errata.errors import SetupError


def status(run: RunName = None, label: OfLabel = None, number: Number = None, as_json: AsJson = False) -> None:
    """The status of a run, and what to type next."""
    from errata.agent.actions.looking import STATUS, status_in_words
    from errata.agent.actions.perform import perform

    with open_session(run, label, number) as session:
        found = perform(STATUS, session)
    print_json(found) if as_json else print_text(status_in_words(on_one_line(found)))


def show(
    item: Annotated[str, typer.Argument()],
    run: RunName = None,
    place: Annotated[str | None, typer.Option(metavar="PLACE", help="Which label, if the item has several.")] = None,
    label: OfLabel = None,
    number: Number = None,
    as_json: AsJson = False,
) -> None:
    """One item with all its evidence."""
    from errata.agent.actions.looking import SHOW, item_in_words
    from errata.agent.actions.perform import perform

    with open_session(run, label, number) as session:
        found = perform(SHOW, session, item_id=item, place=place)
    print_json(found) if as_json else print_text(item_in_words(found))


def results(
    run: RunName = None,
    label: OfLabel = None,
    number: Number = None,
    out: Annotated[
        Path | None, typer.Option("-o", metavar="FILE", help="A .parquet, .csv, .jsonl or .xlsx file.")
    ] = None,
    own: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="COL", help="A column of your data to add, as data.COL; repeat it."),
    ] = None,
    escape_formulas: Annotated[
        bool, typer.Option("--escape-formulas", help="In a .csv: ' before cells that a spreadsheet would run.")
    ] = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """The table: one row per item. Without -o, the counts.

    proposed_label is the proposed change; best_other_label is the likeliest other label of every item. An .xlsx is a
    sheet to decide in, which errata decide --from takes back.
    """
    from errata.agent.actions.perform import perform
    from errata.agent.actions.tables import RESULTS, WRITE_RESULTS

    if escape_formulas and out is None:
        raise SetupError("--escape-formulas is for a file that a spreadsheet opens: errata results -o FILE.csv")
    with open_session(run, label, number) as session:
        if out is not None:
            written = perform(
                WRITE_RESULTS, session, out=out, columns=own or (), escape_formulas=escape_formulas, force=force
            )
            then = f"; decide in it, then: errata decide --from {out}" * (out.suffix == ".xlsx")
            print_json({"rows": written, "file": str(out)}) if as_json else print_text(
                f"{written} rows written to {out}{then}"
            )
            return
        rows = perform(RESULTS, session, columns=own or ())
    if as_json:
        print_json(rows)
        return
    for outcome, count in Counter(row["outcome"] or "(not suspected)" for row in rows).most_common():
        print_text(f"{count:>8}  {words.outcome(outcome)}")
    print_text("Write the table: errata results -o FILE.parquet")


def report(
    run: RunName = None,
    label: OfLabel = None,
    number: Number = None,
    methods: Annotated[
        bool, typer.Option("--methods", help="For a paper: print a methods paragraph, and write a replication folder.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the report page again, and print its path."""
    from errata.agent.actions.perform import perform
    from errata.agent.actions.tables import METHODS, REPORT

    with open_session(run, label, number) as session:
        if methods:
            told = perform(METHODS, session)
            print_json({"methods": told.paragraph, "replication": told.replication}) if as_json else print_text(
                f"{told.paragraph}\n\nFor replication, without content of the data: {told.replication}"
            )
            return
        written = perform(REPORT, session)
    print_json({"html": written.html, "json": written.json}) if as_json else print_text(written.html)


def add_to(app: typer.Typer) -> None:
    for command in (status, show, results, report):
        app.command()(command)
