"""Turn decisions into files: list what would change, and write it. The source is changed only on request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from errata.agent.evidence.ruled import ruled
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.applied import StandingPatch, place_of, standing_patches
from errata.agent.run.workspace import Workspace, open_data
from errata.agent.views.distributions import distributions
from errata.agent.views.results import result_rows
from errata.errors import DataError, SetupError
from errata.tools import patch as patches
from errata.tools.data import Dataset
from errata.tools.data.atomic import put_in_place
from errata.tools.data.copying import CopyProgress, copy_path, no_progress
from errata.tools.data.fingerprint import sha_of_file, sha_of_path
from errata.tools.data.renames import rename_all
from errata.tools.patch import Patch, PatchLine
from errata.tools.store.relative_paths import is_inside


@dataclass(frozen=True, slots=True)
class Applied:
    """``beside``: other label columns of the same data whose changes are in the same output; ``into``: the new column
    that the labels are in, if not in their own; ``ruled``: what stands behind the changes by rules."""

    changed: int
    output: Path
    patch: Path
    beside: tuple[str, ...] = ()
    into: str | None = None
    ruled: tuple[str, ...] = ()


def changes(workspace: Workspace) -> list[PatchLine]:
    """One line for each item whose current decision gives it another label. DataError if a decision names a label that
    the data does not have."""
    rows, proposals = workspace.rows(), workspace.store.proposals(workspace.run.run_id)
    decisions, known = workspace.decisions(lambda: rows), workspace.run.label_space.index()
    lines = []
    for row in rows:
        decision = decisions.get(row.idx)
        if decision is None or not decision.changes_label or row.protected:
            continue
        if decision.label not in known:
            raise DataError(f"Item {row.item_id!r} was decided as {decision.label!r}, which is no label of this data.")
        proposal = proposals.get(row.idx)
        lines.append(
            PatchLine(
                item_id=row.item_id,
                row=row.row,
                content_sha=row.content_sha,
                old=row.given_label,
                new=decision.label,
                decision=decision.event_hash,
                by=decision.by,
                at=decision.at,
                looked=decision.looked,
                proposed=decision.proposed_label,
                confidence=proposal.confidence if proposal else None,
                evidence=proposal.evidence if proposal else (),
                place=row.place,
            )
        )
    return lines


def apply(
    workspace: Workspace,
    out: Path | None = None,
    *,
    in_place: bool = False,
    annotate: bool = False,
    into: str | None = None,
    distribution: bool = False,
    force: bool = False,
    copied: CopyProgress = no_progress,
) -> Applied:
    """Write the decided changes as a patch file, and the patched data. Applying again gives the same bytes.

    ``into``: a new column that holds the given labels as decided, and leaves the given ones alone; ``distribution``: in
    another one, how likely each label is. Labels that no column holds, such as a consensus of votes, always go into a
    new one. Changes to other label columns of the same data that are already in this output stay in it. ``force``
    replaces a file that errata did not write, after backing it up; ``copied`` is called with the progress of copying a
    folder.
    """
    if in_place and out is not None:
        raise SetupError("Say either -o FILE or --in-place, not both.")
    if in_place and _is_frame(workspace):
        raise SetupError("This data is a frame, kept as it was in the run folder. Apply without in place: run.changed")
    workspace.store.refuse_read_only()
    workspace.store.check_history()
    behind = tuple(one.sentence for one in ruled(Snapshot.of(workspace)))
    with workspace.folder.lock():
        if in_place and (half_done := _half_moved(workspace)):
            applied = _finish(half_done)
        else:
            _forget_unwritten(workspace)
            added = _added(workspace, annotate, into, distribution)
            if not in_place:
                applied = _apply_to(workspace, out, added, force, copied)
            elif workspace.dataset.format == "image_folder":
                applied = _move_files(workspace, added)
            else:
                applied = _apply_in_place(workspace, added)
    return replace(applied, ruled=behind)


def _finish(half_done: StandingPatch) -> Applied:
    """Move the files that a killed command left where they were."""
    rename_all(half_done.output, half_done.moves)
    return Applied(len(half_done.moves), half_done.output, half_done.folder / half_done.event.body["patch"])


@dataclass(frozen=True, slots=True)
class _Added:
    """``into``: the new column of labels, if they do not stay in their own; ``columns``: others to add."""

    into: str | None
    columns: dict[str, Sequence[object]]


def _added(workspace: Workspace, annotate: bool, into: str | None, distribution: bool) -> _Added:
    into = into or (None if workspace.dataset.labels_stored else workspace.task.into)
    columns = _annotations(workspace) if annotate else {}
    if distribution:
        if into is None:
            raise SetupError("--distribution stands beside a new column of labels: name that too (--into COL).")
        columns[f"{into}_distribution"] = distributions(workspace)
    return _Added(into, columns)


def _apply_to(workspace: Workspace, out: Path | None, added: _Added, force: bool, copied: CopyProgress) -> Applied:
    source = workspace.dataset
    output = out or _relabeled(source.path, workspace.folder.path.parent if _is_frame(workspace) else None)
    with workspace.gate.replacing(output, force=force) as draft, _with_others(workspace, output) as (base, beside):
        patch = patches.make(base, changes(workspace), workspace.folder.path.name, added.into)
        applied = patches.apply(patch, base, draft, added.columns, copied)
        file = _note(workspace, applied, output)
    return Applied(len(patch.lines), output, file, beside, added.into)


def _apply_in_place(workspace: Workspace, added: _Added) -> Applied:
    """Replace the source in one step, after the whole result and a backup are in the run folder and recorded in the
    history. If the data is a link, it is followed and kept."""
    source = workspace.dataset
    target = source.path.resolve()
    with workspace.gate.drafting(target) as draft:
        patch = patches.make(source, changes(workspace), workspace.folder.path.name, added.into)
        applied = patches.apply(patch, source, draft, added.columns)
        backup = workspace.folder.free_backup(target.name)
        copy_path(target, backup)
        file = _note(workspace, applied, source.path, backup=f"backups/{backup.name}")
        put_in_place(draft, target, lambda path: sha_of_path(path) == source.sha256)
    return Applied(len(patch.lines), source.path, file, into=added.into)


def _move_files(workspace: Workspace, added: _Added) -> Applied:
    """Change an image folder by moving its files. The backup is the list of moves, which is the patch itself."""
    source = workspace.dataset
    if added.into or added.columns:
        raise DataError("a folder of images has no columns to add to: leave the annotations and the new column out.")
    patch = patches.make(source, changes(workspace), workspace.folder.path.name)
    planned = patches.plan_moves(patch, source)
    file = _note(workspace, planned, source.path, moves_files=True)
    rename_all(source.path, [(line.item_id, str(line.moved_to)) for line in planned.lines])
    return Applied(len(planned.lines), source.path, file)


def _forget_unwritten(workspace: Workspace) -> None:
    """Remove the record of a patch whose command was killed before writing anything: there is nothing to undo."""
    standing = standing_patches(workspace.store)
    if standing and standing[-1].in_place and standing[-1].disk_state == "not_written":
        kept = {name: standing[-1].event.body[name] for name in ("run_id", "patch", "items", "output")}
        workspace.store.events.append("reverted", [kept | {"identical": True}])


def _half_moved(workspace: Workspace) -> StandingPatch | None:
    """A patch that a killed command left half done; it is finished before anything else."""
    standing = standing_patches(workspace.store)
    if standing and standing[-1].moves_files and standing[-1].disk_state in ("half_moved", "not_written"):
        return standing[-1]
    return None


@contextmanager
def _with_others(workspace: Workspace, output: Path) -> Iterator[tuple[Dataset, tuple[str, ...]]]:
    """The source with the changes of other label columns that are in this output, and the names of these columns."""
    source, run = workspace.dataset, workspace.run
    others = [
        patch
        for patch in standing_patches(workspace.store)
        if patch.run.label_column != run.label_column
        and patch.run.data_sha256 == run.data_sha256
        and patch.output.absolute() == output.absolute()
    ]
    with ExitStack() as stack:
        base = source
        for number, other in enumerate(others):
            other_base = open_data(base.path, other.settings, folder=source.path.parent, encoding=source.encoding)
            draft = stack.enter_context(workspace.gate.drafting(Path(f"{number}-{source.path.name}")))
            patches.apply(other.patch, other_base, draft)
            base = open_data(draft, workspace.settings, folder=source.path.parent, encoding=source.encoding)
        yield base, tuple(other.run.label_column for other in others)


def _note(workspace: Workspace, applied: Patch, output: Path, **more: Any) -> Path:
    """Write the patch to a new file and record the event that describes it."""
    file = _next_patch_file(workspace)
    applied.write(file)
    place = place_of(output, workspace.data_path, workspace.folder.path)
    body = {
        "run_id": workspace.run.run_id,
        "patch": file.relative_to(workspace.folder.path).as_posix(),
        "patch_sha256": sha_of_file(file),
        "output": place,
        "out_sha256": applied.header.out_sha256,
        "source_sha256": applied.header.source_sha256,
        "backup": None,
        "items": [line.item_id for line in applied.lines],
        "places": [line.place for line in applied.lines],
        "into": applied.header.into,
    }
    workspace.store.events.append("applied", [body | more])
    return file


def _next_patch_file(workspace: Workspace) -> Path:
    """0001.jsonl, 0002.jsonl, ...: a patch file is never overwritten."""
    numbers = [int(file.stem) for file in workspace.folder.patches.glob("*.jsonl") if file.stem.isdigit()]
    return workspace.folder.patches / f"{max(numbers, default=0) + 1:04}.jsonl"


def _is_frame(workspace: Workspace) -> bool:
    """Whether the source is errata's own copy of a frame."""
    return is_inside(workspace.data_path, workspace.folder.path)


def _relabeled(source: Path, folder: Path | None) -> Path:
    """In ``folder``, by default next to the source."""
    name = f"{source.stem}.relabeled{source.suffix}" if source.is_file() else f"{source.name}.relabeled"
    return (folder or source.parent) / name


def _annotations(workspace: Workspace) -> dict[str, Sequence[object]]:
    """The errata_* columns for every row, with the decided answer next to what was proposed."""
    if not workspace.dataset.task.of_items:
        raise SetupError("--annotate adds one value for each row, and here a row has several labels: leave it out.")
    table, decisions = result_rows(workspace), workspace.decisions()
    columns = ("status", "outcome", "proposed_label", "best_other_label", "confidence", "quality")
    found: dict[str, Sequence[object]] = {f"errata_{name}": [row[name] for row in table] for name in columns}
    found["errata_decision"] = [decisions[i].answer if i in decisions else None for i in range(len(table))]
    return found
