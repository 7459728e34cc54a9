"""errata eval: how much of what is wrong errata finds in the user's own data, on errors that it plants."""

from __future__ import annotations

from typing import Annotated

import typer

from errata.apps.cli.options import AsJson, Number, OfLabel, RunName, open_session, print_json, print_text
from errata.apps.cli.progress import showing_progress

Plant = Annotated[int, typer.Option("--plant", metavar="N", min=1, help="How many errors to plant.")]


def evaluate(
    run: RunName = None, label: OfLabel = None, number: Number = None, plant: Plant = 200, as_json: AsJson = False
) -> None:
    """Plant errors in your labels, in memory only, and say how many of them a scan finds and puts right."""
    from errata.agent.actions.evaluating import EVALUATE, in_words
    from errata.agent.actions.perform import perform

    with open_session(run, label, number) as session, showing_progress(session.cost_so_far) as session.progress:
        found = perform(EVALUATE, session, plant=plant)
    print_json(found.as_json()) if as_json else print_text(in_words(found))


def add_to(app: typer.Typer) -> None:
    app.command("eval")(evaluate)
