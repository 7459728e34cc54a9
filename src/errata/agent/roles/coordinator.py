"""The coordinator reads the data's profile, chooses detectors and their order by rule, and says why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from errata.agent.contributions import Plan, Profile
from errata.agent.evidence.view import View
from errata.agent.role import Ask, Role, RoleOutput
from errata.errors import SetupError
from errata.tools.detectors import detector_named
from errata.tools.detectors import detectors as available
from errata.tools.detectors.arrays.top_probs import labels_kept
from errata.tools.detectors.detector import Need
from errata.tools.guideline.excerpt import long_guideline
from errata.tools.judging.untrusted.names import names_like_orders
from errata.tools.tasks.registry import task_named

SMALL_CLASS = 5
MOST_CLASSES_NAMED = 50


class Coordinator(Role):
    name, phase, place = "coordinator", "plan", 10

    def work(self, view: View, ask: Ask) -> Sequence[RoleOutput]:
        """A Profile of the data and a Plan. SetupError for a detector that does not exist, or cannot run on so many
        labels."""
        labels = (row.place or view.space.canonical(row.given_label) for row in view.rows)
        counts: Counter[str | None] = Counter(label for label in labels if label is not None)
        return profile(view, counts), plan(view, counts)


def profile(view: View, counts: Counter[str | None]) -> Profile:
    copies = Counter((row.content_sha, row.place) for row in view.rows)
    labels_of: dict[tuple[str, str], set[str | None]] = {}
    for row in view.rows:
        labels_of.setdefault((row.content_sha, row.place), set()).add(view.space.canonical(row.given_label))
    return Profile(
        items=len(view.rows),
        classes={str(name): items for name, items in counts.most_common(MOST_CLASSES_NAMED)},
        without_label=sum(row.given_label is None for row in view.rows),
        unreadable=sum(row.problem is not None for row in view.rows),
        left_out=view.content.left_out.as_json(),
        remarks=(
            *view.content.remarks,
            *names_like_orders(view.space),
            *long_guideline(view.guideline),
        ),
        protected=sum(row.protected for row in view.rows),
        duplicates=sum(n - 1 for n in copies.values()),
        conflicting_duplicates=sum(len(labels) > 1 for labels in labels_of.values()),
    )


def plan(view: View, counts: Counter[str | None]) -> Plan:
    settings = view.settings
    wanted = [detector_named(name) for name in settings.detectors or task_named(view.space.task).detectors]
    wanted = wanted or [detector for detector in available().values() if detector.default]
    have: tuple[Need, ...] = ("probs", "content")
    only_probs = bool(settings.probs) and not settings.embeddings and not settings.embedder and not settings.detectors
    if not only_probs:
        have += ("embeddings",)
    able = [detector for detector in wanted if detector.can_run(have)]
    large = labels_kept(sum(counts.values()), len(view.space.names)) is not None
    too_wide = [detector.name for detector in able if large and not detector.in_blocks]
    if too_wide and settings.detectors:
        raise SetupError(_too_wide(too_wide, view))
    chosen = [detector for detector in able if detector.name not in too_wide]
    reasons = [f"{detector.name}: {detector.adds}" for detector in chosen]
    if too_wide:
        reasons.append(f"not {', '.join(too_wide)}: does not work in blocks, and there are too many labels")
    if only_probs:
        reasons.append("no other detector: probabilities were given, and no embeddings; --embeddings adds them")
    small = [name for name, n in counts.items() if n < SMALL_CLASS]
    if small:
        reasons.append(f"{len(small)} classes have fewer than {SMALL_CLASS} items: what is said of them is weak")
    return Plan(detectors=tuple(detector.name for detector in chosen), reasons=tuple(reasons))


def _too_wide(names: Sequence[str], view: View) -> str:
    others = ", ".join(name for name, detector in available().items() if detector.in_blocks)
    return (
        f"{', '.join(names)}: would hold the probabilities of all {len(view.space.names):,} labels for each of "
        f"{len(view.rows):,} items, which is too many. Choose among {others}: they hold the likeliest labels alone."
    )


ROLE = Coordinator()
