"""errata doctor: what a model server really does."""

from __future__ import annotations

from typing import Annotated

import typer

from errata.apps.cli.options import AsJson, print_json, say
from errata.apps.cli.run import AllowHost
from errata.errors import ModelError, SetupError

Server = Annotated[
    str | None,
    typer.Argument(metavar="[URL]", help="http://HOST:PORT/v1, or MODEL@URL. Default: this machine's usual ports."),
]


def doctor(server: Server = None, allow_host: AllowHost = None, as_json: AsJson = False) -> None:
    """What a model server really does, by asking it, and how to use it as a judge. Exit code 2: no usable judge."""
    import asyncio

    from errata.settings import vouched_settings
    from errata.tools.judging.doctor import Report, in_words, none_in_words, probe_here, probe_named

    reports: tuple[Report, ...]
    if server is None:
        reports, refused = asyncio.run(probe_here())
    else:
        # Not an errata.toml of this folder, whoever wrote that.
        allowed = {host for own in vouched_settings(allow_host=allow_host) for host in own.allow_host}
        try:
            reports, refused = (asyncio.run(probe_named(server, allowed)),), {}
        except ModelError as error:  # nothing was under way that could stop early
            raise SetupError(str(error)) from None
    if as_json:
        print_json({"servers": [report.as_json() for report in reports], "refused": refused})
    else:
        for report in reports:
            say(in_words(report) + "\n")
        if refused or not reports:
            say(none_in_words(refused))
    if not any(report.usable for report in reports):
        raise typer.Exit(2)


def add_to(app: typer.Typer) -> None:
    app.command()(doctor)
