"""Ask a person at the terminal to confirm stored settings; without a terminal, say what to type instead."""

from __future__ import annotations

import select
import shlex
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import typer

from errata.errors import SetupError

if TYPE_CHECKING:
    from errata.agent.actions.running import ExternalSetting, Job
    from errata.settings import Settings


LOOK_EVERY_S = 0.2


def confirm(settings: Settings, unconfirmed: Sequence[ExternalSetting]) -> None:
    """The ``confirm`` of a session on the command line."""
    from errata.agent.actions.running import settings_in_words
    from errata.tools.visible import one_line

    if sys.stdin.isatty() and sys.stderr.isatty():
        typer.echo("Stored beside the data, and never typed on this machine for this run:", err=True)
        for setting in unconfirmed:
            typer.echo(f"  {setting.name:<16} {one_line(setting.value)}", err=True)
        if typer.confirm("Use this? Items go to these judges, and these files are read.", err=True):
            return
        raise SetupError("Nothing was started. Name what you want instead, for example --judge MODEL@URL.")
    raise SetupError(
        f"{settings_in_words(unconfirmed)}: stored beside the data, and never typed on this machine for this run. "
        "Settings that came with the data decide nothing. If you mean it: "
        f"{_typed(settings, [setting.name for setting in unconfirmed])}"
    )


def go_ahead(job: Job, stopped: Callable[[], bool]) -> None:
    """The ``go_ahead`` of a session on the command line. It is asked in a thread that no signal interrupts, so it looks
    whether the run was ``stopped`` as long as it waits for an answer."""
    from errata.agent.actions.running import refuse_job

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        refuse_job(job)
    # Whole lines: a progress bar below would hide an unfinished one.
    typer.echo(f"This takes {job.costs()}.\nGo on? y or n", err=True)
    if _line(stopped).strip().lower() not in ("y", "yes"):
        raise SetupError("Stopped. Everything finished is kept; limit it with --budget calls=2000,minutes=30.")


def _line(stopped: Callable[[], bool]) -> str:
    """What is typed; nothing where the run was stopped."""
    if sys.platform == "win32":  # there a console cannot be waited for
        return sys.stdin.readline()
    while not stopped():
        if select.select([sys.stdin], [], [], LOOK_EVERY_S)[0]:
            return sys.stdin.readline()
    return ""


def _typed(settings: Settings, names: Sequence[str]) -> str:
    """The command as typed, with these settings added, quoted for a shell."""
    options = []
    for name in dict.fromkeys(names):
        value = getattr(settings, name)
        for one in value if isinstance(value, tuple) else (value,):
            options += [f"--{name.replace('_', '-')}", str(one)]
    return shlex.join(["errata", *sys.argv[1:2], *options, *sys.argv[2:]])
