"""errata doctor: what a model server really does."""

from __future__ import annotations

from typing import Annotated

import typer

from errata.apps.cli.options import AsJson, keyboard_session, print_json, print_text
from errata.apps.cli.run import AllowHost

Server = Annotated[
    str | None,
    typer.Argument(metavar="[URL]", help="http://HOST:PORT/v1, or MODEL@URL. Default: this machine's usual ports."),
]


def doctor(server: Server = None, allow_host: AllowHost = None, as_json: AsJson = False) -> None:
    """What a model server really does, by asking it, and how to use it as a judge. Exit code 2: no usable judge."""
    from errata.agent.actions.doctor import DOCTOR, in_words, none_in_words
    from errata.agent.actions.perform import perform

    with keyboard_session() as session:
        found = perform(DOCTOR, session, server=server, allow_host=allow_host or ())
    if as_json:
        print_json({"servers": [report.as_json() for report in found.reports], "refused": found.refused})
    else:
        for report in found.reports:
            print_text(in_words(report) + "\n")
        if found.refused or not found.reports:
            print_text(none_in_words(found.refused))
    if not any(report.usable for report in found.reports):
        raise typer.Exit(2)


def add_to(app: typer.Typer) -> None:
    app.command()(doctor)
