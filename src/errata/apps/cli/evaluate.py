"""errata eval: how much of what is wrong errata finds in the user's own data, on errors that it plants."""

from __future__ import annotations

from typing import Annotated

import typer

from errata.apps.cli.confirm import confirm, go_ahead
from errata.apps.cli.graceful_shutdown import graceful_shutdown
from errata.apps.cli.options import (
    AsJson,
    Number,
    OfLabel,
    RunName,
    open_session,
    print_json,
    print_text,
    report_retries,
)
from errata.apps.cli.progress import showing_progress

Plant = Annotated[int, typer.Option("--plant", metavar="N", min=1, help="How many errors to plant.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what asking the judges would cost. Asks no model.")]
Yes = Annotated[bool, typer.Option("--yes", help="Continue, however long it takes and whatever it costs.")]


def evaluate(
    run: RunName = None,
    label: OfLabel = None,
    number: Number = None,
    plant: Plant = 200,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Plant errors in your labels, in memory only, and say how many of them are found and put right: by the scan, by
    each judge of the run, and by all together."""
    from errata.agent.actions.evaluating import EVALUATE, EVALUATE_JUDGES, in_words
    from errata.agent.actions.perform import perform

    report_retries()
    with open_session(run, label, number) as session:
        session.confirm, session.go_ahead = confirm, lambda job: go_ahead(job, lambda: session.stopped)
        with graceful_shutdown(session), showing_progress(session.cost_so_far) as session.progress:
            if session.run.settings.judge and not dry_run:
                found = perform(EVALUATE_JUDGES, session, plant=plant, yes=yes)
            else:
                found = perform(EVALUATE, session, plant=plant)
    print_json(found.as_json()) if as_json else print_text(in_words(found))


def add_to(app: typer.Typer) -> None:
    app.command("eval")(evaluate)
