"""Revert a patch: the last one still applied, into another file or in place."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from errata.agent.run.applied import StandingPatch, place_of, standing_patches
from errata.agent.run.workspace import Workspace, open_data
from errata.errors import SetupError
from errata.tools import patch as patches
from errata.tools.data.atomic import put_in_place
from errata.tools.data.copying import copy_path
from errata.tools.data.fingerprint import sha_of_path
from errata.tools.data.renames import rename_all


@dataclass(frozen=True, slots=True)
class Reverted:
    changed: int
    output: Path
    identical: bool


def revert(workspace: Workspace, out: Path | None = None, *, force: bool = False) -> Reverted:
    """Undo the last patch that is still applied: into ``out``, or in the file it was written to."""
    workspace.store.refuse_read_only()
    workspace.store.check_history()
    with workspace.folder.lock():
        standing = standing_patches(workspace.store)
        if not standing:
            raise SetupError(f"Nothing of {workspace.folder.path} is applied: there is nothing to revert.")
        undone = standing[-1]
        patch, written, target = undone.patch, undone.output, out or undone.output
        if not written.exists():
            raise SetupError(f"{written} is gone: there is nothing to revert. The source is {undone.data}")
        if out is None and not undone.is_known_place(written):
            raise SetupError(f"{written} is outside the data's folder. If that is meant: errata revert -o {written}")
        if undone.moves_files and out is None:
            rename_all(written, [(new, old) for old, new in undone.moves])
        elif sha_of_path(written) == patch.header.source_sha256:
            _copy(workspace, written, target, force)
        else:
            _write_back(workspace, undone, target, force)
        identical = sha_of_path(target) == patch.header.source_sha256
        kept = {name: undone.event.body[name] for name in ("run_id", "patch", "items")}
        place = place_of(target, workspace.data_path, workspace.folder.path)
        workspace.store.events.append("reverted", [kept | {"output": place, "identical": identical}])
    return Reverted(len(patch.lines), target, identical)


def _write_back(workspace: Workspace, undone: StandingPatch, target: Path, force: bool) -> None:
    """Write the output with the patch's labels undone."""
    source = undone.backup or undone.data
    encoding = undone.patch.header.encoding
    applied = open_data(undone.output, undone.settings, patched=True, folder=undone.data.parent, encoding=encoding)
    with ExitStack() as stack:
        if target == undone.output:
            draft = stack.enter_context(workspace.gate.drafting(target))
            patches.revert(undone.patch, applied, draft, source)
            workspace.gate.note(target, draft)
            put_in_place(draft, target.resolve(), lambda path: sha_of_path(path) == applied.sha256)
        else:
            draft = stack.enter_context(workspace.gate.replacing(target, force=force))
            patches.revert(undone.patch, applied, draft, source)


def _copy(workspace: Workspace, written: Path, target: Path, force: bool) -> None:
    if target != written:
        with workspace.gate.replacing(target, force=force) as draft:
            copy_path(written, draft)
