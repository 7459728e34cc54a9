"""errata review, decide, and undo: where a person says yes or no."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from errata.apps.cli.from_sheet import take_sheet, write_check
from errata.apps.cli.options import As, AsJson, Force, Number, OfLabel, RunName, open_session, print_json, print_text
from errata.errors import SetupError

if TYPE_CHECKING:
    from errata.agent.actions.deciding import DecidedMany
    from errata.agent.actions.session import Session
    from errata.apps.terminal_check import CheckSummary
    from errata.apps.terminal_review import ReviewSummary

LONGEST_TYPED = 200
"""Longer conditions are not printed for a person to retype."""

Where = Annotated[
    str | None,
    typer.Option(metavar="CONDITION", help='For example "confidence >= 0.9"; see docs/guides/conditions.md.'),
]


def review(
    run: RunName = None,
    label: OfLabel = None,
    number: Number = None,
    as_: As = None,
    terminal: Annotated[bool, typer.Option("--terminal", help="In this shell, one key per decision.")] = False,
    check: Annotated[
        int | None, typer.Option("--check", min=1, metavar="N", help="Look at N items drawn at random, blind.")
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(metavar="CONDITION", help="With --check: of the proposals that this rule would accept."),
    ] = None,
    people: Annotated[
        int | None,
        typer.Option(
            min=1, max=2, metavar="1|2", help="With --check: how many look at each; a third where two differ."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", metavar="FILE.xlsx", help="With --check: a sheet to fill in instead.")
    ] = None,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Decide the open proposals, one by one; or count what is wrong, by a random check."""
    from rich.console import Console

    from errata.apps.terminal_check import check as go_through_check
    from errata.apps.terminal_review import read_key, review

    if check is None and (where is not None or people is not None or out is not None):
        raise SetupError("--where, --people and -o are for a random check: errata review --check 200 -o FILE.xlsx")
    if check is not None and out is not None:
        with open_session(run, label, number, by=as_) as session:
            write_check(session, check, where, people, out, force=force, as_json=as_json)
        return
    if not terminal:
        raise SetupError("The review page is not built yet: use errata review --terminal")
    piped, keys = not sys.stdin.isatty(), 0

    def counted() -> str:
        nonlocal keys
        key = read_key()
        keys += 1
        return key

    summary: ReviewSummary | CheckSummary
    with open_session(run, label, number, by=as_) as session:
        console = Console(stderr=as_json)
        if check is None:
            summary = review(session, console, counted)
        else:
            summary = go_through_check(session, check, where, people, console, counted)
    if piped and not keys and summary.left:
        raise SetupError(
            "Nothing was asked: this is no terminal, and its input is empty. Pipe keys into it, one a line, or decide "
            'by a rule: errata decide --accept --where "confidence >= 0.9"'
        )
    if as_json:
        print_json(asdict(summary))


def decide(
    run: RunName = None,
    label: OfLabel = None,
    number: Number = None,
    as_: As = None,
    accept: Annotated[bool, typer.Option("--accept", help="Take what is proposed.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Keep the given label.")] = False,
    where: Where = None,
    sheet: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="A sheet of errata results -o FILE.xlsx, filled in.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --from: record it without asking.")] = False,
    as_json: AsJson = False,
) -> None:
    """Accept or reject open proposals by a rule, recorded as a rule; or take the decisions of a sheet, as looks."""
    if sheet is not None:
        if accept or reject or where is not None:
            raise SetupError("--from takes the decisions of a sheet: leave out --accept, --reject and --where.")
        with open_session(run, label, number, by=as_) as session:
            take_sheet(session, sheet, yes=yes, as_json=as_json)
        return
    if accept == reject or where is None:
        raise SetupError('Say --accept or --reject, and which: errata decide --accept --where "confidence >= 0.9"')
    with open_session(run, label, number, by=as_) as session:
        _by_rule(session, accept, where, as_json)


def _by_rule(session: Session, accept: bool, where: str, as_json: bool) -> None:
    from errata.agent.actions.deciding import DECIDE_WHERE
    from errata.agent.actions.perform import perform

    done = perform(DECIDE_WHERE, session, accept=accept, where=where)
    if as_json:
        already = [{"by": by, "looked": looked, "items": items} for (by, looked), items in done.already.items()]
        print_json(
            {
                "decided": done.decided,
                "ambiguous": done.ambiguous,
                "judge_alone": done.judge_alone,
                "small_class": done.small_class,
                "already": already,
                "nothing_open": done.nothing_open,
            }
        )
    else:
        print_text(_in_words(done, "accepted" if accept else "rejected", where))


def undo(
    run: RunName = None,
    label: OfLabel = None,
    number: Number = None,
    as_: As = None,
    event: Annotated[
        list[str] | None, typer.Option(metavar="N|N-M", help="Its number in errata log, or a range; repeat it.")
    ] = None,
    where: Where = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="What was decided since: 30m, 2h, 1d, or 2026-01-31T18:00.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take decisions back: the last one, whoever made it, or those selected.

    Everything a rule decided at once is one decision. All of it stays in errata log but no longer counts.
    """
    from errata.agent.actions.deciding import UNDO, undone_in_words
    from errata.agent.actions.perform import perform

    with open_session(run, label, number, by=as_) as session:
        done = perform(UNDO, session, events=event or (), where=where, since=since)
    print_json(done.as_json()) if as_json else print_text(undone_in_words(done))


def add_to(app: typer.Typer) -> None:
    for command in (review, decide, undo):
        app.command()(command)


def _in_words(done: DecidedMany, what: str, where: str) -> str:
    import shlex

    from errata.agent.actions.deciding import decided_by
    from errata.tools.visible import one_line

    already = sum(done.already.values())
    matched = done.decided + done.ambiguous + done.judge_alone + done.small_class + already
    lines = [f"{done.decided} proposals {what} by rule."] if matched > already else []
    if already:
        condition = shlex.quote(one_line(where)) if len(where) <= LONGEST_TYPED else "CONDITION"
        undo = f"errata undo --where {condition}"
        who = decided_by(done.already)
        lines.append(f"{already} of the {matched} that match were decided already: {who}. {undo} takes them back.")
    if done.ambiguous:
        lines.append(
            f"{done.ambiguous} matched but are ambiguous: there is nothing to accept. Decide: errata review --terminal"
        )
    if done.small_class:
        lines.append(
            f"{done.small_class} matched but go into or out of a class of fewer than five items: a person looks at "
            "them. Decide: errata review --terminal"
        )
    if done.judge_alone:
        lines.append(
            f"{done.judge_alone} matched but rest on a judge alone, which may have obeyed the item: a person looks at "
            "them. See which: errata results -o FILE, column basis. Decide: errata review --terminal"
        )
    if not matched:
        nothing = f", though {done.nothing_open} items do: nothing is proposed for them" * bool(done.nothing_open)
        lines.append(f"No open proposal matches{nothing}. errata results shows what there is.")
    return "\n".join([*lines, "Next: errata diff, then errata apply"] if done.decided else lines)
