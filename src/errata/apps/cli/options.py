"""What several commands share: finding the run and printing."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from errata.agent.actions.session import Session

RETRY_LINE_EVERY_S = 10.0
SERVER_WORDS = 500

RunName = Annotated[
    str | None, typer.Argument(metavar="[RUN]", help="Run folder or the data's path. Default: the newest run here.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]
As = Annotated[str | None, typer.Option("--as", metavar="NAME", help="Who decides. Default: your user name.")]
Force = Annotated[
    bool, typer.Option("--force", help="Replace a file that errata did not write; a backup of it is kept.")
]
OfLabel = Annotated[str | None, typer.Option("--label", metavar="COL", help="The run of this label column.")]
Number = Annotated[int | None, typer.Option("--number", metavar="N", help="A run by its number; see errata runs.")]


@contextmanager
def open_session(
    name: str | None, label: str | None = None, number: int | None = None, *, by: str | None = None
) -> Iterator[Session]:
    """A session on the run that a command means, closed when the command ends; ``by`` is who decides."""
    with keyboard_session(by) as session:
        yield session.open(name, label=label, number=number)


def keyboard_session(by: str | None = None) -> Session:
    """The session of the person at the keyboard: with a token from ERRATA_TOKEN, or the run's own if this user may read
    it."""
    from errata.agent.actions.permission import permission_of
    from errata.agent.actions.session import Session

    return Session(permission_of(by, os.environ.get("ERRATA_TOKEN")))


def print_text(text: str = "") -> None:
    """Print a line for the person, without anything from the dataset that could control the terminal."""
    from errata.tools.visible import one_line

    # Not typer.echo, which writes UTF-8 even to an ASCII stream.
    sys.stdout.write("\n".join(one_line(line) for line in text.split("\n")) + "\n")
    sys.stdout.flush()


def print_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=True, indent=2, allow_nan=False)
    sys.stdout.write("\n")


def on_one_line(found: Any) -> Any:
    """JSON-plain values with each text on one line: no name, reason, or server message can pass for a separate line."""
    from errata.tools.visible import one_line

    if isinstance(found, dict):
        return {name: on_one_line(value) for name, value in found.items()}
    if isinstance(found, list):
        return [on_one_line(value) for value in found]
    return one_line(found) if isinstance(found, str) else found


def report_retries() -> None:
    """Print a line on stderr from time to time while a server fails, instead of one for each call in flight."""
    import time

    from stamina.instrumentation import RetryDetails, set_on_retry_hooks

    from errata.tools.visible import one_line

    told_at = -RETRY_LINE_EVERY_S

    def tell(details: RetryDetails) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= RETRY_LINE_EVERY_S:
            told_at = time.monotonic()
            why = one_line(str(details.caused_by), SERVER_WORDS)
            sys.stderr.write(f"errata: a server is failing, trying again: {why}\n")

    set_on_retry_hooks([tell])
