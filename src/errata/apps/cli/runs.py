"""errata runs, prune, trust: the run folder itself."""

from __future__ import annotations

from typing import Annotated

import typer

from errata.apps.cli.options import As, AsJson, RunName, keyboard_session, open_session, print_json, print_text
from errata.errors import SetupError

MB = 1 << 20


def runs(run: RunName = None, as_json: AsJson = False) -> None:
    """The runs of a folder, or of all run folders here: their columns, their progress, and their size on disk."""
    from errata.agent.actions.folders import RUNS
    from errata.agent.actions.perform import perform

    with keyboard_session() as session:
        found = perform(RUNS, session, run=run)
    if as_json:
        print_json({folder.path: folder.runs for folder in found})
        return
    for folder in found:
        print_text(f"{folder.path}   {folder.size / MB:.1f} MB")
        for one in folder.runs:
            content = ", ".join(one["content"]) or "files"
            state = one["state"] + (f" by {', '.join(one['judges'])}" if one["judges"] else "")
            head = f"{'*' if one['goes_on'] else ' '} {one['number']:>3}  {one['started_at'][:16]}"
            print_text(f"{head}  label {one['label']}, of {content}   {state}")
    print_text("Nothing here yet. Start one: errata run DATA --text COL --label COL" if not found else "* goes on")


def prune(
    run: RunName = None,
    yes: Annotated[bool, typer.Option("--yes", help="Free it without asking.")] = False,
    as_json: AsJson = False,
) -> None:
    """Free what later runs have replaced: arrays and old backups. Decisions, calls, and patches stay."""
    import sys

    from errata.agent.actions.folders import PRUNE, REMOVABLE
    from errata.agent.actions.perform import perform

    with keyboard_session() as session:
        session.find(run)
        found = perform(REMOVABLE, session)
        if not as_json:
            for one in found:
                print_text(f"{one.size / MB:>9.1f} MB  {one.path}: {one.why}")
        if found and not yes:
            if not sys.stdin.isatty() or as_json:
                raise SetupError("Nothing was freed. To free this without being asked: errata prune --yes")
            if not typer.confirm(f"Free {sum(one.size for one in found) / MB:.1f} MB?"):
                print_text("Nothing was freed.")
                return
        freed = perform(PRUNE, session, paths=[one.path for one in found])
    print_json({"freed": [str(path) for path in freed.paths], "bytes": freed.size}) if as_json else print_text(
        f"{freed.size / MB:.1f} MB freed."
    )


def trust(run: RunName = None, as_: As = None, as_json: AsJson = False) -> None:
    """Accept the current history as the true one, after you have looked at it; who did so is recorded."""
    from errata.agent.actions.deciding import TRUST
    from errata.agent.actions.perform import perform

    with open_session(run, by=as_) as session:
        events, path = perform(TRUST, session), session.run_folder
    print_json({"run": str(path), "events": events}) if as_json else print_text(
        f"{path}: {events} events, trusted from now on."
    )


def add_to(app: typer.Typer) -> None:
    for command in (runs, prune, trust):
        app.command()(command)
