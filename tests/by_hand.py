"""A hand-made run without a scan: items, and what is proposed for each."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from errata.agent.actions.permission import Permission, Person, check
from errata.agent.actions.session import Session
from errata.agent.decisions.approval import Signer
from errata.agent.run.begin import begin
from errata.agent.run.workspace import Workspace
from errata.settings import Settings
from errata.types import Outcome, Proposal

FILL = 5
OPENED: list[Workspace] = []
"""Runs to close when the test is over."""

Row = tuple[str, str, str]
ROWS: list[Row] = [("a", "a meow", "dog"), ("b", "a bark", "cat"), ("c", "an oink", "cat"), ("d", "a moo", "dog")]


def make_run(
    folder: Path,
    rows: Sequence[Row] = ROWS,
    outcomes: Sequence[Outcome | None] = ("relabel",) * 4,
    columns: Mapping[str, Sequence[object]] | None = None,
    fill: int = FILL,
    **options: str,
) -> Workspace:
    """Each item's proposed label is another label of the data; the first item is the least trustworthy. An item called
    gold is protected. ``columns``: additional columns for the file. Each class gets ``fill`` more items without a
    proposal, so that no class is too small for a rule."""
    more, labels = columns or {}, dict.fromkeys(label for _, _, label in rows)
    with (folder / "d.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "content", "label", "gold", *more])
        cells = zip(*more.values(), strict=True) if more else [()] * len(rows)
        for row, own in zip(rows, cells, strict=True):
            writer.writerow([*row, "yes" if row[0] == "gold" else "", *own])
        writer.writerows(
            [f"{n} {label}", "nothing", label, "", *[""] * len(more)] for label in labels for n in range(fill)
        )
    settings: dict[str, Any] = {"text": "content", "label": "label", "id": "id", "protect": "gold"} | options
    workspace = begin(folder / "d.csv", Settings(many_labels=True, **{k: v for k, v in settings.items() if v}))
    names = workspace.run.label_space.names
    others = [next((name for name in names if name != given), given) for _, _, given in rows]
    proposals = [Proposal(i, o, others[i], 0.9, i / 100, "because I said so") for i, o in enumerate(outcomes)]
    if len(proposals) == len(rows):
        proposals += [Proposal(i, None, None, 1.0, 1.0, "") for i in range(len(rows), len(workspace.dataset))]
    workspace.store.set_proposals(workspace.run.run_id, proposals)
    return workspace


def somebody(workspace: Workspace, name: str = "ann") -> Signer:
    """A person who may decide here."""
    signer = check("decide", Permission(Person(name)), workspace.folder, workspace)
    assert signer is not None
    return signer


def session_of(workspace: Workspace, name: str = "ann", token: str | None = None) -> Session:
    """A person at this run, who allowed spending its own budget."""
    return Session(Permission(Person(name, token), ""), folder=workspace.folder, workspace=workspace)


def decided(workspace: Workspace) -> dict[str, tuple[str, str | None]]:
    return {d.item_id: (d.answer, d.label) for d in workspace.decisions().values()}


def closed_later(workspace: Workspace) -> Workspace:
    """Close the run after the test, since a run with a judge keeps connections open."""
    OPENED.append(workspace)
    return workspace
