"""The command line. Every command imports what it needs when it runs: `errata --help` must answer at once."""

from __future__ import annotations

import sys

import typer

from errata.apps.cli import changes, decide, demo, doctor, look, run, runs
from errata.apps.cli.ending import Ended
from errata.errors import ErrataError

app = typer.Typer(
    name="errata",
    help="Find the wrong labels in your dataset, see why, fix them. Undo anything.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for module in (run, look, decide, changes, runs, demo, doctor):
    module.add_to(app)


def main() -> None:
    """Exit codes: 0 done, or waiting for a person; 2 usage, data or setup; 130 interrupted, 143 terminated."""
    try:
        app()
    except Ended as ended:
        _stop(str(ended), ended.exit_code)
    except ErrataError as error:
        _stop(str(error), 2)
    except KeyboardInterrupt:
        _stop("Interrupted. Everything finished is kept; the same command goes on from here.", 130)
    except OSError as error:
        _stop(f"{error.filename or 'a file'}: {error.strerror or error}. Nothing was half written.", 2)


def _stop(message: str, code: int) -> None:
    from errata.tools.visible import one_line

    sys.stderr.write(f"errata: {one_line(message)}\n")
    sys.exit(code)
