"""The command line. Every command imports what it needs when it runs: `errata --help` must answer at once."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Annotated

import typer

from errata.apps.cli import changes, decide, demo, doctor, evaluate, look, run, runs
from errata.apps.cli.console import take_any_text
from errata.apps.cli.exits import exit_code_of

OBJECTS_BETWEEN_COLLECTIONS = 200_000
"""A command makes many objects and keeps most of them: scanning them as often as Python does by default takes a quarter
of the time of errata status."""

app = typer.Typer(
    name="errata",
    help="Find the wrong labels in your dataset, see why, fix them. Undo anything.",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for module in (run, look, decide, changes, runs, demo, doctor, evaluate):
    module.add_to(app)


def _version(wanted: bool) -> None:
    if wanted:
        from errata import __version__

        typer.echo(f"errata {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Find the wrong labels in your dataset, see why, fix them. Undo anything."""
    if context.invoked_subcommand is None:
        if any(Path.cwd().glob("*.errata/store.sqlite")):
            look.status()
            typer.echo("All commands: errata --help")
        else:
            typer.echo(context.get_help())


def main() -> None:
    """Exit codes: 0 done, even if proposals are open; 1 a bug in errata; 2 usage, data, or setup; 3 stopped early, by
    the budget or a model's server; 130 interrupted, 143 terminated; 141 the reader of a pipe is gone."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    take_any_text()
    sys.exit(exit_code_of(app))
