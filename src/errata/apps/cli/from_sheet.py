"""Sheets to decide in: write one of a random check; show what a filled-in one would decide, ask, and record it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from errata.apps.cli.options import print_json, print_text
from errata.errors import SetupError

if TYPE_CHECKING:
    from errata.agent.actions.deciding import Reviewed
    from errata.agent.actions.session import Session

LISTED = 20


def take_sheet(session: Session, sheet: Path, *, yes: bool, as_json: bool) -> None:
    """Take the sheet's decisions, once a person has said yes to their number."""
    from errata.agent.actions.deciding import DECIDE_REVIEWED, READ_REVIEWED
    from errata.agent.actions.perform import perform

    found = perform(READ_REVIEWED, session, path=sheet)
    if not as_json:
        print_text(_in_words(found, sheet))
    if found.decided and not yes:
        if as_json or not sys.stdin.isatty():
            again = shlex.join(["errata", *sys.argv[1:], "--yes"])
            raise SetupError(f"Nothing was decided. To record {_decisions(found.decided)} without being asked: {again}")
        if not typer.confirm(f"Record {_decisions(found.decided)} as {session.who}?"):
            print_text("Nothing was decided.")
            return
    done = perform(DECIDE_REVIEWED, session, path=sheet, sha256=found.sha256) if found.decided else found
    if as_json:
        print_json(done.as_json())
    elif done.decided:
        print_text(f"{_decisions(done.decided)} recorded. Next: errata diff, then errata apply")


def write_check(
    session: Session, size: int, where: str | None, people: int | None, out: Path, *, force: bool, as_json: bool
) -> None:
    """Draw a random check, or go on with the open one, in a sheet."""
    from errata.agent.actions.checking import RANDOM_CHECK, WRITE_CHECK
    from errata.agent.actions.perform import perform

    if out.suffix.lower() != ".xlsx":
        raise SetupError(f"{out}: the sheet of a random check is an .xlsx; got the ending {out.suffix!r}.")
    check = perform(RANDOM_CHECK, session, size=size, where=where, people=people)
    rows = perform(WRITE_CHECK, session, check=check.check, out=out, force=force) if check.left else 0
    if as_json:
        print_json({"check": check.check, "rows": rows, "lines": check.lines})
    elif rows:
        print_text(f"{rows} rows written to {out}; decide in it, then: errata decide --from {out} --as {session.who}")
    else:
        print_text("\n".join(check.lines))


def _in_words(found: Reviewed, sheet: Path) -> str:
    if found.in_check:
        of_them = "in a random check"
    else:
        of_them = f"{found.changed} change a label, {found.kept} keep it, {found.others} say something else"
    lines = [f"{sheet}: {_decisions(found.decided)}" + (f" ({of_them})" if found.decided else "")]
    lines[0] += f"; {found.already} recorded before, {found.blank} rows without one."
    if found.not_taken:
        lines.append(f"{len(found.not_taken)} not taken:")
        lines += [f"  {item or '(no item_id)'}: {why}" for item, why in found.not_taken[:LISTED]]
        more = len(found.not_taken) - LISTED
        lines += [f"  and {more} more; --json lists all"] if more > 0 else []
    return "\n".join(lines)


def _decisions(count: int) -> str:
    return "1 decision" if count == 1 else f"{count:,} decisions"
