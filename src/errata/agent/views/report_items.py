"""The most suspicious items with their content, as shown in a report."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import repeat

from errata import words
from errata.agent.run.workspace import Workspace
from errata.agent.views.results import proposed
from errata.errors import DataError, SetupError
from errata.tools.data.images import as_png
from errata.tools.report.data import ShownPart, WorstItem
from errata.tools.store.store import ItemRow
from errata.types import Decision, Item, Part, Proposal, Status

TEXT_CHARS, IMAGE_SIDE = 1500, 336


def worst_items(
    workspace: Workspace,
    suspected: Sequence[tuple[ItemRow, Proposal]],
    decisions: Mapping[int, Decision],
    statuses: Sequence[Status],
) -> tuple[WorstItem, ...]:
    """These items, in this order. One whose content cannot be shown says why."""
    contents = _contents(workspace, [row.idx for row, _ in suspected])
    shown = []
    for (row, proposal), (item, missing) in zip(suspected, contents, strict=False):
        decision, says = decisions.get(row.idx), proposed(proposal)
        bare = WorstItem(
            item_id=row.item_id,
            given_label=str(row.given_label),
            outcome=proposal.outcome or "keep",
            proposed_label=says["proposed_label"],
            best_other_label=says["best_other_label"],
            confidence=says["confidence"],
            quality=proposal.quality,
            reason=proposal.reason,
            status=statuses[row.idx],
            decided=_in_words(decision) if decision else None,
            place=row.place,
        )
        if item is None:
            shown.append(replace(bare, missing=missing))
        else:
            named = len(item.parts) > 1
            shown.append(replace(bare, parts=tuple(_shown(part, named) for part in item.parts)))
    return tuple(shown)


def _in_words(decision: Decision) -> str:
    what = str(decision.label) if decision.changes_label else words.against_proposal(decision)
    return f"{decision.by} said: {what}"


def _contents(workspace: Workspace, rows: Sequence[int]) -> Iterator[tuple[Item | None, str]]:
    """The items with their content, one at a time, or why it is missing; at least as many entries as requested."""
    try:
        for item in workspace.each(rows):
            yield item, ""
    except (DataError, SetupError) as error:
        # A report must not fail because the data was moved or changed since the run.
        yield from repeat((None, str(error)))


def _shown(part: Part, named: bool) -> ShownPart:
    bare = ShownPart(part.name if named else "")
    if part.image is None:
        text = part.text or ""
        return replace(bare, text=text[:TEXT_CHARS], text_chars=len(text))
    try:
        return replace(bare, image=base64.b64encode(as_png(part.image, IMAGE_SIDE)).decode())
    except DataError as error:
        return replace(bare, missing=str(error))
