"""The results table of a run: one row per annotation, a format that scripts rely on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from errata.agent.decisions.values import as_number, as_text
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.applied import on_disk, standing_patches
from errata.agent.run.workspace import Workspace
from errata.errors import SetupError
from errata.tools.data.plain import Plain, plain
from errata.tools.store.store import ItemRow
from errata.types import Basis, Outcome, Proposal, Spot, Status

if TYPE_CHECKING:
    import pyarrow as pa

PROPOSED = ("outcome", "proposed_label", "confidence", "quality", "best_other_label", "basis")
"""The columns of a proposal."""
LOOKS = ("looked", "in_check", "inclusion_probability")
"""How people looked: see ``looks``."""
COLUMNS = ("item_id", "given_label", "status", *PROPOSED, *LOOKS)
NOTHING = (None,) * len(PROPOSED)
NUMBERS = ("confidence", "quality", "in_check", "inclusion_probability")
OWN = "data."
"""Prefix of the user's own columns, so that they never clash with COLUMNS."""

CONFIDENT = ("relabel", "several", "none_of_these", "keep")
"""Outcomes that can be more or less certain; ``ambiguous`` cannot."""


FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""How a cell begins that a spreadsheet would run; the last four are full-width forms of = + - @."""


def result_rows(workspace: Workspace, own: Sequence[str] = ()) -> list[dict[str, Any]]:
    """``result_columns`` as one row per item."""
    columns = result_columns(workspace, own)
    names = tuple(columns)
    return [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def result_row(snapshot: Snapshot, row: ItemRow, proposal: Proposal | None) -> dict[str, Any]:
    """The row of one item."""
    usable = proposal is not None and row.problem is None and row.given_label is not None
    status = _furthest(
        row.spot in applied_spots(snapshot.workspace),
        row.idx in snapshot.decisions,
        proposal is not None and is_judged(proposal.basis),
        usable,
    )
    found: dict[str, Any] = {"item_id": row.item_id, "given_label": row.given_label, "status": status}
    found |= {"place": row.place} if row.place else {}
    found |= proposed(proposal) if usable and proposal else dict.fromkeys(PROPOSED)
    return found | {name: values[0] for name, values in looks(snapshot, [row]).items()}


def result_columns(workspace: Workspace, own: Sequence[str] = ()) -> dict[str, Sequence[Any]]:
    """COLUMNS, each with one value per annotation in the data's order, after ``place`` if items have several. Missing
    values are None; ``quality`` and ``confidence`` are in [0, 1]. What is proposed uses the words of ``proposed``.

    ``own``: columns of the user's data to add, under ``data.NAME``. Only these are read; DataError names one that does
    not exist or holds bytes.
    """
    snapshot = Snapshot.of(workspace)
    rows, found = snapshot.rows, snapshot.proposed
    columns: dict[str, Sequence[Any]] = {name: [None] * len(rows) for name in COLUMNS}
    columns["item_id"], columns["given_label"] = [row.item_id for row in rows], [row.given_label for row in rows]
    columns["status"] = item_statuses(snapshot)
    if any(row.place for row in rows):
        columns = {"item_id": columns["item_id"], "place": [row.place for row in rows], **columns}
    if len(found.idx) == len(rows):
        said = zip(*found[1:], strict=True)
        usable = snapshot.usable_N.tolist()
        proposed_values = [proposed_values_of(*one) if use else NOTHING for use, one in zip(usable, said, strict=True)]
        columns |= dict(
            zip(PROPOSED, zip(*proposed_values, strict=True) if rows else [()] * len(PROPOSED), strict=True)
        )
    columns |= looks(snapshot, rows)
    return columns | {OWN + name: _own(workspace, name) for name in own}


def looks(snapshot: Snapshot, rows: Sequence[ItemRow]) -> dict[str, Sequence[Any]]:
    """How a person looked at each item, if one decided it: ``item``, ``grid``, or ``rule``. Whether it was drawn into a
    random check (1 or 0), and with what probability it would be, in (0, 1]; None if it could not be."""
    decisions = snapshot.decisions
    looked = [decisions[row.idx].looked if row.idx in decisions else None for row in rows]
    if not snapshot.checks:
        return dict(zip(LOOKS, (looked, [0] * len(rows), [None] * len(rows)), strict=True))
    idx_n = np.array([row.idx for row in rows], np.int64)
    left_out_n, drawn = np.ones(len(rows)), set[Spot]()
    for check in snapshot.checks:
        share = len(check.draw.sample) / check.draw.population
        left_out_n *= np.where(check.draw.has(idx_n), 1 - share, 1)
        drawn.update(check.draw.sample)
    probability = [1 - out if out < 1 else None for out in left_out_n.tolist()]
    return dict(zip(LOOKS, (looked, [int(row.spot in drawn) for row in rows], probability), strict=True))


def _own(workspace: Workspace, name: str) -> Sequence[Plain]:
    """One of the user's columns, for each annotation the value of its row."""
    return of_rows(workspace, plain(workspace.dataset.column(name), name))


def of_rows(workspace: Workspace, values: Sequence[Plain]) -> Sequence[Plain]:
    """For each annotation, the value of its row of the data."""
    if workspace.task.of_items:
        return values
    return [values[row.row] for row in Snapshot.of(workspace).rows]


def proposed(proposal: Proposal) -> dict[str, Any]:
    """What a proposal tells a person. Only ``relabel`` proposes a label; ``confidence`` refers to the proposed label,
    the outcome (several, none_of_these), or the given label (keep)."""
    said = (proposal.outcome, proposal.proposed_label, proposal.confidence, proposal.quality, proposal.basis)
    values = proposed_values_of(*said)
    return dict(zip(PROPOSED, values, strict=True))


def proposed_values_of(
    outcome: Outcome | None, label: str | None, confidence: float, quality: float | None, basis: Basis
) -> tuple[Any, ...]:
    """The values of PROPOSED."""
    proposed_label = label if outcome == "relabel" else None
    return outcome, proposed_label, confidence if outcome in CONFIDENT else None, quality, label, basis


def item_statuses(snapshot: Snapshot) -> list[Status]:
    """The furthest status of each item, in the order of the items."""
    found = snapshot.proposed
    judged = {idx for idx, basis in zip(found.idx, found.basis, strict=True) if is_judged(basis)}
    decided, written = snapshot.decisions, applied_spots(snapshot.workspace)
    applied = {row.idx for row in snapshot.rows if row.spot in written} if written else set()
    scanned_N = snapshot.usable_N & bool(found.idx)
    return [_furthest(i in applied, i in decided, i in judged, scanned) for i, scanned in enumerate(scanned_N.tolist())]


def is_judged(basis: Basis) -> bool:
    """Whether a judge said something about the item that counts."""
    return basis != "scan"


def _furthest(applied: bool, decided: bool, judged: bool, scanned: bool) -> Status:
    """The furthest status of one item."""
    if applied:
        return "applied"
    if decided:
        return "decided"
    if judged:
        return "judged"
    return "scanned" if scanned else "unchecked"


def applied_spots(workspace: Workspace) -> set[Spot]:
    """The annotations whose label a patch of this run has changed."""
    own = [patch for patch in standing_patches(workspace.store) if patch.run.run_id == workspace.run.run_id]
    states = on_disk(own)
    written = [patch for patch in own if states[patch.event.seq] not in ("not_written", "gone")]
    return {spot for patch in written for spot in patch.spots}


def write_results(
    workspace: Workspace, out: Path, own: Sequence[str] = (), *, escape_formulas: bool = False, force: bool = False
) -> int:
    """Write the table as parquet, csv, or jsonl, by the file's extension; returns the number of rows. SetupError if
    ``out`` is the source, part of a run, or (without ``force``, which keeps a backup) a file that errata did not write.

    ``escape_formulas``: put an apostrophe before what a spreadsheet would run as a formula; .csv only.
    """
    writers = {".parquet": _parquet, ".csv": _csv, ".jsonl": _jsonl}
    if out.suffix not in writers:
        known = ", ".join((*writers, ".xlsx"))  # write_review writes that one
        raise SetupError(f"{out}: results are written as {known}; got the ending {out.suffix!r}.")
    if escape_formulas and out.suffix != ".csv":
        raise SetupError(f"{out}: formulas are escaped in a .csv, which spreadsheets open; got {out.suffix!r}.")
    columns = result_columns(workspace, own)
    if escape_formulas:
        columns = {name: [_harmless(value) for value in values] for name, values in columns.items()}
    with workspace.gate.replacing(out, force=force) as draft, draft.open("wb") as file:
        writers[out.suffix](columns, file)
    return len(columns["item_id"])


def _harmless(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula, prefixed with an apostrophe; numbers are left alone."""
    if not isinstance(value, str) or not value.startswith(FORMULA) or as_number(value) is not None:
        return value
    return f"'{value}"


def _table(columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    import pyarrow as pa

    kinds = {name: pa.float64() if name in NUMBERS else pa.string() for name in (*COLUMNS, "place")}
    return pa.table(
        {name: pa.array(of, kinds[name]) if name in kinds else _own_array(of) for name, of in columns.items()}
    )


def _own_array(values: Sequence[Plain]) -> pa.Array:
    """An array of the values' common type; of text if they have several."""
    import pyarrow as pa

    try:
        array = pa.array(values)
    except (pa.ArrowException, OverflowError):
        array = pa.array([as_text(value) for value in values])
    return array.cast(pa.string()) if pa.types.is_null(array.type) else array


def _parquet(columns: Mapping[str, Sequence[Any]], file: BinaryIO) -> None:
    import pyarrow.parquet as pq

    pq.write_table(_table(columns), file)


def _csv(columns: Mapping[str, Sequence[Any]], file: BinaryIO) -> None:
    from pyarrow import csv

    csv.write_csv(_table(columns), file)


def _jsonl(columns: Mapping[str, Sequence[Any]], file: BinaryIO) -> None:
    rows = (dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True))
    file.writelines(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
