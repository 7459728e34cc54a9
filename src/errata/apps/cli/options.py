"""What several commands share: finding the run, saying things."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from errata.agent.approval import Person
    from errata.agent.workspace import Workspace

RETRY_LINE_EVERY_S = 10.0

RunName = Annotated[
    str | None, typer.Argument(metavar="[RUN]", help="Run folder or the data's path. Default: the newest run here.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]
As = Annotated[str | None, typer.Option("--as", metavar="NAME", help="Who decides. Default: your user name.")]


@contextmanager
def opened(name: str | None) -> Iterator[Workspace]:
    """The run that a command means, closed when the command ends."""
    from errata.agent.workspace import open_run
    from errata.tools.store.run_folder import find_run

    workspace = open_run(find_run(name, Path.cwd()))
    try:
        yield workspace
    finally:
        workspace.close()


def person(workspace: Workspace, name: str | None) -> Person:
    """The one at the keyboard: a token from ERRATA_TOKEN, or the run's own where this user may read it."""
    import getpass

    from errata.agent.approval import Person

    token = os.environ.get("ERRATA_TOKEN") or workspace.folder.own_token()
    return Person(name or getpass.getuser(), token)


def say(text: str = "") -> None:
    """A line for the person, with nothing from the dataset left that could steer the terminal."""
    from errata.tools.visible import one_line

    typer.echo("\n".join(one_line(line) for line in text.split("\n")))


def print_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=True, indent=2, allow_nan=False)
    sys.stdout.write("\n")


def tell_of_retries() -> None:
    """One line on stderr now and then while a server makes trouble, instead of one for each call in flight."""
    import time

    from stamina.instrumentation import RetryDetails, set_on_retry_hooks

    from errata.tools.visible import one_line

    told_at = -RETRY_LINE_EVERY_S

    def tell(details: RetryDetails) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= RETRY_LINE_EVERY_S:
            told_at = time.monotonic()
            said = one_line(str(details.caused_by))
            sys.stderr.write(f"errata: the judge's server makes trouble, trying again: {said}\n")

    set_on_retry_hooks([tell])
