"""What another group needs to repeat a run on the same data, without anything of the data's content in it.

Items are named by their row and the hash of their id, people by numbers. Whoever has the data can tell which is which.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.applied import standing_patches
from errata.agent.run.workspace import Workspace
from errata.agent.views.report import summarize
from errata.agent.views.results import looks
from errata.settings import Settings
from errata.tools.data.atomic import atomic_folder
from errata.tools.patch import PatchLine
from errata.tools.report.data import ReportData
from errata.tools.report.methods import methods_paragraph
from errata.tools.store.own_files import writing_own
from errata.types import Place

PACKAGES = ("numpy", "scipy", "scikit-learn", "onnxruntime", "tokenizers", "pyarrow", "pillow", "torch", "transformers")
SETTINGS = (
    *("label", "text", "image", "context", "split", "fix_split", "task", "separator", "no_label", "many_labels"),
    *("embedder", "detectors", "probe", "style", "permutations", "protocols", "roles", "pool", "escalate"),
    *("calibrate", "costs", "clear_ratio", "random_share"),
)
"""Those that decide what comes out and name no place on this machine."""
SEEDS = {
    "scan, judges' requests, planted errors": 0,
    "items drawn at random": "those of which the first 32 bits of content_sha are below random_share",
}
README = """\
# Replication

{paragraph}

- `run.json`: versions, seeds, settings, and the prompts with their SHA-256.
- `asked.jsonl`: the items that judges were to look at, each with the probability with which it came there: 1 for a
  suspect, null for one that was chosen to test a judge or that an earlier run asked about.
- `decisions.jsonl`: what people decided, in order; people are numbered. `rule` and `check` tell which decisions were
  made by one rule, or in one random check (0: in none), and `inclusion_probability` with what probability a label was
  drawn into a check (null: it could not be).
- `patches/`: the label changes that are applied.

Rows count from 0 in the data with the SHA-256 in `run.json`; `id_sha256` is of an item's own id. No text, image or id
of the data is in this folder; the names of its columns and labels are.
"""


def write_replication(workspace: Workspace) -> tuple[str, Path]:
    """Write ``replication`` in the run folder, in one step, and return the methods paragraph and the folder's path. A
    folder that somebody edited is kept among the backups. SetupError if the run has no proposals yet."""
    workspace.store.refuse_read_only()
    report, out = summarize(workspace, 0), workspace.folder.replication
    snapshot, people = Snapshot.of(workspace), People()
    paragraph = methods_paragraph(report, snapshot.decisions.values())
    with writing_own(workspace.store, out), atomic_folder(out) as draft:
        (draft / "README.md").write_text(README.format(paragraph=paragraph), encoding="utf-8")
        (draft / "run.json").write_text(json.dumps(_run(workspace, report), indent=1) + "\n", encoding="utf-8")
        _write_lines(draft / "asked.jsonl", _asked(snapshot))
        _write_lines(draft / "decisions.jsonl", _decisions(snapshot, people))
        (draft / "patches").mkdir()
        for patch in standing_patches(workspace.store):
            if patch.run.run_id == workspace.run.run_id:
                lines = (_change(line, people) for line in patch.patch.lines)
                _write_lines(draft / "patches" / Path(patch.event.body["patch"]).name, lines)
    return paragraph, out


class People:
    """Numbers in place of names: person 1 is who comes first."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __call__(self, name: str) -> str:
        return f"person {self._numbers.setdefault(name, len(self._numbers) + 1)}"


def _run(workspace: Workspace, report: ReportData) -> dict[str, Any]:
    settings = Settings.model_validate(workspace.run.settings).model_dump(mode="json", include=set(SETTINGS))
    return {
        "errata": report.source.errata_version,
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "data": {"sha256": report.source.sha256, "labels": report.profile.items, "classes": report.profile.labels},
        "seeds": SEEDS,
        "settings": settings,
        "features": report.features.name,
        "detectors": report.features.detectors,
        "label_space_sha256": workspace.run.label_space.sha,
        "guideline_sha256": workspace.run.guideline_sha,
        "prompts": [
            {name: getattr(row, name) for name in ("judge", "protocol", "prompt", "version", "sha", "items")}
            for row in report.judging.asked
        ],
        "wrong": {"estimate": report.wrong.estimate, "low": report.wrong.low, "high": report.wrong.high},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _asked(snapshot: Snapshot) -> Iterator[Mapping[str, Any]]:
    suspects, share = set(snapshot.suspects), snapshot.workspace.settings.random_share
    judged = {verdict.idx for verdict in snapshot.verdicts}
    for row in snapshot.rows:
        drawn = share if row.suspicion is not None else None
        if drawn is not None or row.idx in judged:
            probability = 1.0 if row.idx in suspects else drawn
            yield _named(row.row, row.place, row.item_id) | {
                "inclusion_probability": probability,
                "judged": row.idx in judged,
            }


def _decisions(snapshot: Snapshot, people: People) -> Iterator[Mapping[str, Any]]:
    rows = snapshot.rows
    drawn = looks(snapshot, rows)["inclusion_probability"]
    for idx, decision in sorted(snapshot.decisions.items(), key=lambda pair: pair[1].event):
        yield _named(rows[idx].row, decision.place, decision.item_id) | {
            "given": decision.given_label,
            "proposed": decision.proposed_label,
            "answer": decision.answer,
            "label": decision.label,
            "by": people(decision.by),
            "at": decision.at,
            "looked": decision.looked,
            "seeing": decision.seeing,
            "rule": decision.rule,
            "check": decision.check,
            "inclusion_probability": drawn[idx],
            "guideline_sha256": decision.guideline_sha,
            "event": decision.event_hash,
        }


def _change(line: PatchLine, people: People) -> Mapping[str, Any]:
    kept = ("old", "new", "proposed", "confidence", "looked", "at", "decision")
    named = _named(line.row, line.place, line.item_id)
    return named | {name: getattr(line, name) for name in kept} | {"by": people(line.by)}


def _named(row: int, place: Place, item_id: str) -> dict[str, Any]:
    return {"row": row, "place": place, "id_sha256": sha256(item_id.encode()).hexdigest()}


def _write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
