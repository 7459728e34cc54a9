"""errata runs, prune, trust: the run folder itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from errata.apps.cli.options import As, AsJson, RunName, opened, person, print_json, say
from errata.errors import SetupError

MB = 1 << 20


def runs(run: RunName = None, as_json: AsJson = False) -> None:
    """The runs of a folder, or of all run folders here: their columns, how far they are, what they take on the disk."""
    from errata.agent.run.list_runs import runs_of, size_of
    from errata.tools.store.run_folder import RunFolder, find_run

    here = Path.cwd()
    folders = (
        [find_run(run, here).folder]
        if run
        else [RunFolder(f.parent) for f in sorted(here.glob("*.errata/store.sqlite"))]
    )
    found = {str(folder.path): runs_of(folder) for folder in folders}
    if as_json:
        print_json(found)
        return
    for folder in folders:
        say(f"{folder.path}   {size_of(folder.path) / MB:.1f} MB")
        for one in found[str(folder.path)]:
            content = ", ".join(one["content"]) or "files"
            state = one["state"] + (f" by {', '.join(one['judges'])}" if one["judges"] else "")
            head = f"{'*' if one['goes_on'] else ' '} {one['number']:>3}  {one['started_at'][:16]}"
            say(f"{head}  label {one['label']}, of {content}   {state}")
    say("Nothing here yet. Start one: errata run DATA --text COL --label COL" if not folders else "* goes on")


def prune(
    run: RunName = None,
    yes: Annotated[bool, typer.Option("--yes", help="Free it without asking.")] = False,
    as_json: AsJson = False,
) -> None:
    """Free what later runs have taken the place of: arrays, and old backups. Decisions, calls and patches stay."""
    import sys

    from errata.agent.run.free_space import free, to_free
    from errata.tools.store.run_folder import find_run

    folder = find_run(run, Path.cwd()).folder
    found = to_free(folder)
    if not as_json:
        for one in found:
            say(f"{one.size / MB:>9.1f} MB  {one.path}: {one.why}")
    if found and not yes:
        if not sys.stdin.isatty() or as_json:
            raise SetupError("Nothing was freed. To free this without being asked: errata prune --yes")
        if not typer.confirm(f"Free {sum(one.size for one in found) / MB:.1f} MB?"):
            say("Nothing was freed.")
            return
    freed = free(folder, found)
    print_json({"freed": [str(one.path) for one in found], "bytes": freed}) if as_json else say(
        f"{freed / MB:.1f} MB freed."
    )


def trust(run: RunName = None, as_: As = None, as_json: AsJson = False) -> None:
    """Take the history as it stands for the true one, after you have looked at it; who did so is recorded."""
    from errata.agent.decisions.approval import trust as trust_history

    with opened(run) as workspace:
        events = trust_history(workspace, person(workspace, as_))
        path = workspace.folder.path
    print_json({"run": str(path), "events": events}) if as_json else say(
        f"{path}: {events} events, trusted from now on."
    )


def add_to(app: typer.Typer) -> None:
    for command in (runs, prune, trust):
        app.command()(command)
