"""Write decided changes to files, and revert them."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from errata.agent.actions.action import Action, Inputs
from errata.agent.actions.session import Session
from errata.agent.decisions import apply as applying
from errata.agent.decisions import revert as reverting
from errata.agent.decisions.apply import Applied
from errata.agent.decisions.revert import Reverted
from errata.errors import DataError, PatchConflict, SetupError, StoreError

__all__ = ["APPLY", "REVERT", "Applied", "Reverted"]

MB = 1 << 20
FORCE = "Replace a file that errata did not write; a backup is kept."


class ApplyInputs(Inputs):
    out: Path | None = Field(default=None, description="Where to write; default: NAME.relabeled.EXT next to the data.")
    in_place: bool = Field(default=False, description="Change the source itself; a backup is kept.")
    annotate: bool = Field(default=False, description="Add errata_* columns with all outcomes.")
    into: str | None = Field(
        default=None,
        description="A new column for the labels as decided, which leaves the given ones alone. Votes are never "
        "changed: without a label column this is 'adjudicated'.",
    )
    distribution: bool = Field(
        default=False, description="Beside the new column another one, COL_distribution: how likely each label is."
    )
    force: bool = Field(default=False, description=FORCE)


class RevertInputs(Inputs):
    out: Path | None = Field(default=None, description="Where to write; by default the file that was changed.")
    force: bool = Field(default=False, description=FORCE)


def _apply(session: Session, given: ApplyInputs) -> Applied:
    def copied(done: int, total: int) -> None:
        session.progress("copy MB", done // MB, total // MB)

    return applying.apply(
        session.run,
        given.out,
        in_place=given.in_place,
        annotate=given.annotate,
        into=given.into,
        distribution=given.distribution,
        force=given.force,
        copied=copied,
    )


def _revert(session: Session, given: RevertInputs) -> Reverted:
    return reverting.revert(session.run, given.out, force=given.force)


APPLY = Action(
    "apply",
    "Write the label changes that people decided: a patch file, and the data with them in a new file, or in the source "
    "itself. Only decided labels change; applying again gives the same bytes.",
    "write",
    ApplyInputs,
    Applied,
    (SetupError, DataError, StoreError, PatchConflict),
    _apply,
)
REVERT = Action(
    "revert",
    "Undo the patch that was applied last, in the file that it was written to or into another one, and say whether the "
    "bytes are those of the source again.",
    "write",
    RevertInputs,
    Reverted,
    (SetupError, DataError, StoreError, PatchConflict),
    _revert,
)
