"""From decisions to files: what would change, apply it, undo it. The source is touched only where that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from errata.agent.results import result_rows
from errata.agent.workspace import Workspace, open_data
from errata.errors import SetupError
from errata.tools import patch as patches
from errata.tools.data.copying import copy_path
from errata.tools.data.fingerprint import sha_of_path
from errata.tools.patch import AppliedPatch, Patch, PatchLine
from errata.tools.store.events import Event


@dataclass(frozen=True, slots=True)
class Applied:
    changed: int
    output: Path
    patch: Path


@dataclass(frozen=True, slots=True)
class Reverted:
    changed: int
    output: Path
    identical: bool


def changes(workspace: Workspace) -> list[PatchLine]:
    """One line for each item whose standing decision gives it another label."""
    rows, proposals = workspace.rows(), workspace.store.proposals(workspace.run.run_id)
    decisions = workspace.decisions(rows)
    lines = []
    for row in rows:
        decision = decisions.get(row.idx)
        if decision is None or not decision.changes_label or row.protected:
            continue
        proposal = proposals.get(row.idx)
        lines.append(
            PatchLine(
                item_id=row.item_id,
                row=row.idx,
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
            )
        )
    return lines


def apply(workspace: Workspace, out: Path | None = None, *, in_place: bool = False, annotate: bool = False) -> Applied:
    """Write the decided changes as a patch file, and the data with them. Applying again gives the same bytes."""
    if in_place and out is not None:
        raise SetupError("Say either -o FILE or --in-place, not both.")
    with workspace.folder.lock():
        source = workspace.dataset
        patch = patches.make(source, changes(workspace), workspace.folder.path.name)
        columns = _annotations(workspace) if annotate else None
        path = _next_patch_file(workspace)
        output = source.path if in_place else (out or _relabeled(source.path))
        if not in_place and output.resolve() == source.path.resolve():
            raise SetupError(f"{output} is the source itself. Say --in-place to change it; a backup is kept.")
        # In place, the whole result stands elsewhere and in the history before the source is replaced in one step.
        draft = workspace.folder.backups / f"draft-{source.path.name}" if in_place else output
        draft.parent.mkdir(parents=True, exist_ok=True)
        applied = patches.apply(patch, source, draft, columns)
        applied.patch.write(path)
        backup = _back_up(workspace, path) if in_place else None
        _note(workspace, applied, output, path, backup)
        if in_place:
            copy_path(draft, output)
            _remove(draft)
    return Applied(len(patch.lines), output, path)


def revert(workspace: Workspace, out: Path | None = None) -> Reverted:
    """Undo the last patch that stands applied: into ``out``, or into the file that it was written to."""
    with workspace.folder.lock():
        event = _standing(workspace)
        patch = Patch.read(workspace.folder.path / event.body["patch"])
        written = Path(event.body["output"])
        if not written.exists():
            raise SetupError(f"{written} is gone: there is nothing to revert. The source is {workspace.run.data_path}")
        source = Path(event.body["backup"] or workspace.run.data_path)
        target = out or written
        if sha_of_path(written) == patch.header.source_sha256:
            copy_path(written, target)
        else:
            patches.revert(patch, open_data(written, workspace.settings, patched=True), target, source)
        identical = sha_of_path(target) == patch.header.source_sha256
        body = {"run_id": workspace.run.run_id, "patch": event.body["patch"], "output": str(target.resolve())}
        workspace.store.events.append("reverted", [body | {"items": event.body["items"], "identical": identical}])
    return Reverted(len(patch.lines), target, identical)


def _standing(workspace: Workspace) -> Event:
    """The last event of this folder that applied a patch and has not been reverted."""
    standing: list[Event] = []
    for event in workspace.store.events.read("applied", "reverted"):
        if event.kind == "applied":
            standing.append(event)
        else:
            standing = [other for other in standing if other.body["patch"] != event.body["patch"]]
    if not standing:
        raise SetupError(f"Nothing of {workspace.folder.path} stands applied: there is nothing to revert.")
    return standing[-1]


def _note(workspace: Workspace, applied: AppliedPatch, output: Path, path: Path, backup: Path | None) -> None:
    body = {
        "run_id": workspace.run.run_id,
        "patch": path.relative_to(workspace.folder.path).as_posix(),
        "output": str(output.resolve()),
        "out_sha256": applied.out_sha256,
        "backup": str(backup) if backup else None,
        "items": [line.item_id for line in applied.patch.lines],
    }
    workspace.store.events.append("applied", [body])


def _back_up(workspace: Workspace, patch_file: Path) -> Path:
    source = workspace.dataset.path
    backup = workspace.folder.backups / f"{patch_file.stem}-{source.name}"
    copy_path(source, backup)
    return backup.resolve()


def _remove(path: Path) -> None:
    import shutil

    shutil.rmtree(path) if path.is_dir() else path.unlink()


def _next_patch_file(workspace: Workspace) -> Path:
    """0001.jsonl, 0002.jsonl, ...: a patch file is never written over."""
    numbers = [int(file.stem) for file in workspace.folder.patches.glob("*.jsonl") if file.stem.isdigit()]
    return workspace.folder.patches / f"{max(numbers, default=0) + 1:04}.jsonl"


def _relabeled(source: Path) -> Path:
    return source.with_name(
        f"{source.stem}.relabeled{source.suffix}" if source.is_file() else f"{source.name}.relabeled"
    )


def _annotations(workspace: Workspace) -> dict[str, Sequence[object]]:
    """errata_* columns for every row; the decided answer stands beside what was proposed."""
    table, decisions = result_rows(workspace), workspace.decisions()
    columns = ("status", "outcome", "proposed_label", "confidence", "quality")
    found: dict[str, Sequence[object]] = {f"errata_{name}": [row[name] for row in table] for name in columns}
    found["errata_decision"] = [decisions[i].answer if i in decisions else None for i in range(len(table))]
    return found
