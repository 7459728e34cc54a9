"""errata diff, apply, revert, blame, log: what will change, and what has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from errata import words
from errata.apps.cli.options import AsJson, Force, Number, OfLabel, RunName, open_session, print_json, print_text
from errata.apps.cli.progress import showing_progress

Out = Annotated[Path | None, typer.Option("-o", metavar="FILE", help="Where to write.")]


def diff(run: RunName = None, label: OfLabel = None, number: Number = None, as_json: AsJson = False) -> None:
    """The label changes that have been decided."""
    from errata.agent.actions.history import DIFF
    from errata.agent.actions.perform import perform
    from errata.tools.visible import one_line

    with open_session(run, label, number) as session:
        found = perform(DIFF, session)
    if as_json:
        told = [
            {"item_id": line.item_id, "old": line.old, "new": line.new, "by": line.by, "looked": line.looked}
            | ({"place": line.place} if line.place else {})
            for line in found
        ]
        print_json(told)
        return
    for line in found:
        which = words.spot(line.item_id, line.place)
        print_text(one_line(f"{which}   {line.old} -> {line.new}   {line.by} ({line.looked})"))
    print_text(
        f"{len(found)} changes." + (" Next: errata apply" if found else " Decide first: errata review --terminal")
    )


def apply(
    run: RunName = None,
    out: Out = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="Change the source itself; a backup is kept.")] = False,
    annotate: Annotated[bool, typer.Option("--annotate", help="Add errata_* columns with all outcomes.")] = False,
    into: Annotated[
        str | None, typer.Option(metavar="COL", help="Write the labels into a new column. With votes: adjudicated.")
    ] = None,
    distribution: Annotated[
        bool, typer.Option("--distribution", help="Add COL_distribution: how likely each label is.")
    ] = False,
    force: Force = False,
    label: OfLabel = None,
    number: Number = None,
    as_json: AsJson = False,
) -> None:
    """Write the decided changes into NAME.relabeled.EXT.

    -o names another file; --in-place changes the source itself and keeps a backup.
    """
    from errata.agent.actions.changing import APPLY
    from errata.agent.actions.perform import perform

    with open_session(run, label, number) as session, showing_progress() as session.progress:
        options = {"annotate": annotate, "into": into, "distribution": distribution, "force": force}
        applied = perform(APPLY, session, out=out, in_place=in_place, **options)
    if as_json:
        told = {"changed": applied.changed, "output": str(applied.output), "patch": str(applied.patch)}
        print_json(told | ({"into": applied.into} if applied.into else {}) | {"ruled": list(applied.ruled)})
        return
    column = f"the new column {applied.into} of " if applied.into else ""
    print_text(
        f"{applied.changed} labels changed in {column}{applied.output}"
        + ("" if in_place else "; the source is untouched.")
    )
    for column in applied.beside:
        print_text(f"It also holds the changes of the label column {column}.")
    for line in applied.ruled:
        print_text(line)
    print_text(f"The patch: {applied.patch}. Undo: errata revert")


def revert(run: RunName = None, out: Out = None, force: Force = False, as_json: AsJson = False) -> None:
    """Undo what was applied last."""
    from errata.agent.actions.changing import REVERT
    from errata.agent.actions.perform import perform

    with open_session(run) as session:
        done = perform(REVERT, session, out=out, force=force)
    if as_json:
        print_json({"reverted": done.changed, "output": str(done.output), "identical_to_source": done.identical})
        return
    same = "yes" if done.identical else "no"
    print_text(f"{done.changed} labels put back in {done.output}; bytes identical to the source: {same}")


def blame(
    item: Annotated[str, typer.Argument()],
    run: RunName = None,
    label: OfLabel = None,
    number: Number = None,
    as_json: AsJson = False,
) -> None:
    """Who changed this item's label, when, why, and on what basis."""
    from errata.agent.actions.history import BLAME, event_in_words
    from errata.agent.actions.perform import perform
    from errata.tools.visible import one_line

    with open_session(run, label, number) as session:
        found = perform(BLAME, session, item_id=item)
    print_json(found) if as_json else print_text(
        "\n".join(map(event_in_words, found)) or f"Nobody has decided anything about {one_line(item)}."
    )


def log(run: RunName = None, as_json: AsJson = False) -> None:
    """All decisions and changes, in order.

    The chain of hashes is checked: an edited history is an error.
    """
    from errata.agent.actions.history import LOG, event_in_words
    from errata.agent.actions.perform import perform

    with open_session(run) as session:
        found = perform(LOG, session)
    print_json(found) if as_json else print_text(
        "\n".join(map(event_in_words, found)) or "Nothing has been decided yet."
    )


def add_to(app: typer.Typer) -> None:
    for command in (diff, apply, revert, blame, log):
        app.command()(command)
