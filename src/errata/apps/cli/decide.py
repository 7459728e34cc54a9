"""errata review and errata decide: where a person says yes or no."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from errata.apps.cli.options import As, AsJson, RunName, opened, person, print_json, say
from errata.errors import SetupError


def review(
    run: RunName = None,
    as_: As = None,
    terminal: Annotated[bool, typer.Option("--terminal", help="In this shell, one key a decision.")] = False,
    as_json: AsJson = False,
) -> None:
    """Decide the open proposals, one by one."""
    from rich.console import Console

    from errata.apps.terminal_review import read_key, review

    if not terminal:
        raise SetupError("The review page is not built yet: use errata review --terminal")
    with opened(run) as workspace:
        summary = review(workspace, person(workspace, as_), Console(stderr=as_json), read_key)
    if as_json:
        print_json(asdict(summary))


def decide(
    run: RunName = None,
    as_: As = None,
    accept: Annotated[bool, typer.Option("--accept", help="Take what is proposed.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Keep the given label.")] = False,
    where: Annotated[
        str | None, typer.Option(metavar="CONDITION", help='For example "confidence >= 0.9"; see docs/where.md.')
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Accept or reject open proposals by a rule; recorded as a rule."""
    from errata.agent.approval import decide_where

    if accept == reject or where is None:
        raise SetupError('Say --accept or --reject, and which: errata decide --accept --where "confidence >= 0.9"')
    with opened(run) as workspace:
        done = decide_where(workspace, person(workspace, as_), accept, where)
    if as_json:
        print_json({"decided": done.decided, "left": done.left})
        return
    say(f"{done.decided} proposals {'accepted' if accept else 'rejected'} by rule.")
    if done.left:
        say(f"{done.left} matched but are ambiguous: there is nothing to accept. Decide them: errata review --terminal")
    say("Next: errata diff, then errata apply")


def add_to(app: typer.Typer) -> None:
    app.command()(review)
    app.command()(decide)
