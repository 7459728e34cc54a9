"""errata doctor: what a model server really supports."""

from __future__ import annotations

from typing import Annotated

import typer

from errata.apps.cli.options import AsJson, OfLabel, keyboard_session, open_session, print_json, print_text
from errata.apps.cli.run import AllowHost

Server = Annotated[
    str | None,
    typer.Argument(metavar="[URL]", help="http://HOST:PORT/v1, or MODEL@URL. Default: this machine's default ports."),
]


On = Annotated[
    str | None, typer.Option(metavar="DATA", help="How often it is right on your data, which was scanned before.")
]


def doctor(
    server: Server = None, on: On = None, label: OfLabel = None, allow_host: AllowHost = None, as_json: AsJson = False
) -> None:
    """What a model server really supports, and how to use it as a judge. Exit code 2: no usable judge."""
    if on is not None:
        _measure(server, on, label, allow_host or [], as_json)
        return
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


def _measure(judge: str | None, on: str, label: str | None, allow_host: list[str], as_json: bool) -> None:
    from errata.agent.actions.measuring import MEASURE, in_words
    from errata.agent.actions.perform import perform

    if judge is None or "@" not in judge:
        raise typer.BadParameter("--on needs a judge by name: errata doctor MODEL@URL --on DATA")
    with open_session(on, label) as session:
        card = perform(MEASURE, session, judge=judge, allow_host=tuple(allow_host))
    if as_json:
        print_json({"judge": judge, **card.model_dump()})
    else:
        print_text(in_words(judge.partition("@")[0], card))
    if not card.used:
        raise typer.Exit(2)


def add_to(app: typer.Typer) -> None:
    app.command()(doctor)
