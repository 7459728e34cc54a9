"""errata diff, apply, revert, blame, log: what changes, and what has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from errata.apps.cli.options import AsJson, Force, Number, OfLabel, RunName, opened, print_json, say
from errata.apps.cli.progress import showing_progress

Out = Annotated[Path | None, typer.Option("-o", metavar="FILE", help="Where to write.")]


def diff(run: RunName = None, label: OfLabel = None, number: Number = None, as_json: AsJson = False) -> None:
    """The label changes that have been decided."""
    from errata.agent.decisions.apply import changes
    from errata.tools.visible import one_line

    with opened(run, label, number) as workspace:
        found = [
            {"item_id": c.item_id, "old": c.old, "new": c.new, "by": c.by, "looked": c.looked}
            for c in changes(workspace)
        ]
    if as_json:
        print_json(found)
        return
    for change in found:
        say(one_line(f"{change['item_id']}   {change['old']} -> {change['new']}   {change['by']} ({change['looked']})"))
    say(f"{len(found)} changes." + (" Next: errata apply" if found else " Decide first: errata review --terminal"))


def apply(
    run: RunName = None,
    out: Out = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="Change the source itself; a backup is kept.")] = False,
    annotate: Annotated[bool, typer.Option("--annotate", help="Add errata_* columns with all outcomes.")] = False,
    force: Force = False,
    label: OfLabel = None,
    number: Number = None,
    as_json: AsJson = False,
) -> None:
    """Write the decided changes into NAME.relabeled.EXT.

    -o names another file; --in-place changes the source itself and keeps a backup.
    """
    from errata.agent.decisions.apply import apply as apply_changes

    with opened(run, label, number) as workspace, showing_progress() as progress:

        def copied(done: int, total: int) -> None:
            progress("copy MB", done >> 20, total >> 20)

        applied = apply_changes(workspace, out, in_place=in_place, annotate=annotate, force=force, copied=copied)
    if as_json:
        print_json({"changed": applied.changed, "output": str(applied.output), "patch": str(applied.patch)})
        return
    say(f"{applied.changed} labels changed in {applied.output}" + ("" if in_place else "; the source is untouched."))
    for column in applied.beside:
        say(f"The changes of the label column {column} stand in it too.")
    say(f"The patch: {applied.patch}. Undo: errata revert")


def revert(run: RunName = None, out: Out = None, force: Force = False, as_json: AsJson = False) -> None:
    """Undo what was applied last."""
    from errata.agent.decisions.revert import revert as revert_changes

    with opened(run) as workspace:
        done = revert_changes(workspace, out, force=force)
    if as_json:
        print_json({"reverted": done.changed, "output": str(done.output), "identical_to_source": done.identical})
        return
    same = "yes" if done.identical else "no"
    say(f"{done.changed} labels put back in {done.output}; bytes identical to the source: {same}")


def blame(
    item: Annotated[str, typer.Argument()],
    run: RunName = None,
    label: OfLabel = None,
    number: Number = None,
    as_json: AsJson = False,
) -> None:
    """Who changed this item's label, when, why, seeing what."""
    from errata.agent.views.history import history_of, in_words
    from errata.tools.visible import one_line

    with opened(run, label, number) as workspace:
        found = history_of(workspace, item)
    print_json(found) if as_json else say(
        "\n".join(map(in_words, found)) or f"Nobody has decided anything about {one_line(item)}."
    )


def log(run: RunName = None, as_json: AsJson = False) -> None:
    """All decisions and changes, in order.

    The chain of their hashes is checked: an edited history is an error.
    """
    from errata.agent.views.history import history, in_words

    with opened(run) as workspace:
        found = history(workspace)
    print_json(found) if as_json else say("\n".join(map(in_words, found)) or "Nothing has been decided yet.")


def add_to(app: typer.Typer) -> None:
    for command in (diff, apply, revert, blame, log):
        app.command()(command)
