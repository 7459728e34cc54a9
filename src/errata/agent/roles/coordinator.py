"""The coordinator reads the profile and chooses detectors and their order, by rule, and always says why."""

from __future__ import annotations

from collections import Counter

from errata.agent.run.workspace import Workspace
from errata.errors import SetupError, nearest
from errata.tools.detectors import detectors as available
from errata.tools.detectors.detector import Need

SMALL_CLASS = 5
MOST_CLASSES_NAMED = 50


def plan(workspace: Workspace) -> None:
    """Profile the data and note the plan with its reasons among the run's facts."""
    rows = workspace.rows()
    space, dataset = workspace.run.label_space, workspace.dataset
    counts = Counter(space.canonical(row.given_label) for row in rows if row.given_label is not None)
    copies = Counter(row.content_sha for row in rows)
    labels_of: dict[str, set[str | None]] = {}
    for row in rows:
        labels_of.setdefault(row.content_sha, set()).add(space.canonical(row.given_label))
    profile = {
        "items": len(rows),
        "classes": dict(counts.most_common(MOST_CLASSES_NAMED)),
        "without_label": sum(row.given_label is None for row in rows),
        "unreadable": sum(row.problem is not None for row in rows),
        "left_out": dataset.left_out.as_json(),
        "remarks": list(dataset.remarks),
        "protected": sum(row.protected for row in rows),
        "duplicates": sum(n - 1 for n in copies.values()),
        "conflicting_duplicates": sum(len(labels) > 1 for labels in labels_of.values()),
    }
    detectors, reasons = _choose(workspace, counts)
    workspace.note(profile=profile, detectors=detectors, plan=reasons)


def detectors(workspace: Workspace) -> list[str]:
    return list(workspace.run.facts["detectors"])


def _choose(workspace: Workspace, counts: Counter[str | None]) -> tuple[list[str], list[str]]:
    settings, known = workspace.settings, available()
    if unknown := [name for name in settings.detectors if name not in known]:
        raise SetupError(
            f"There is no detector {unknown[0]!r}{nearest(unknown[0], known)}. There are: {', '.join(known)}"
        )
    wanted = settings.detectors or tuple(name for name, detector in known.items() if detector.default)
    have: tuple[Need, ...] = ("probs", "content")
    only_probs = bool(settings.probs) and not settings.embeddings and not settings.embedder and not settings.detectors
    if not only_probs:
        have += ("embeddings",)
    chosen = [name for name in wanted if known[name].can_run(have)]
    reasons = [f"{name}: {known[name].adds}" for name in chosen]
    if only_probs:
        reasons.append("no other detector: probabilities were given, and no embeddings; --embeddings adds them")
    small = [name for name, n in counts.items() if n < SMALL_CLASS]
    if small:
        reasons.append(f"{len(small)} classes have fewer than {SMALL_CLASS} items: what is said of them is weak")
    return chosen, reasons
