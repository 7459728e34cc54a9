"""The table of a run: one row per item, the contract that scripts rely on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from errata.agent.decisions.values import as_number, as_text
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.applied import on_disk, standing_patches
from errata.agent.run.workspace import Workspace
from errata.errors import SetupError
from errata.tools.data.plain import Plain, plain
from errata.types import Proposal, Status

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = (
    "item_id",
    "given_label",
    "status",
    "outcome",
    "proposed_label",
    "confidence",
    "quality",
    "best_other_label",
)
NUMBERS = ("confidence", "quality")
OWN = "data."
"""Stands before the name of a column of the user's own, so that it never clashes with one of COLUMNS."""

CONFIDENT = ("relabel", "several", "none_of_these", "keep")
"""Outcomes that say something that can be sure or not; ``ambiguous`` says that nothing is."""


FORMULA = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What a cell begins with that a spreadsheet runs; the last four are = + - @ as some keyboards type them."""


def result_rows(workspace: Workspace, own: Sequence[str] = ()) -> list[dict[str, Any]]:
    """In the data's order. Values that do not exist are None; ``quality`` and ``confidence`` are in [0, 1].

    ``own``: columns of the user's data to put beside them, under ``data.NAME``. Only these are read; DataError names
    one that is not there, or whose values are bytes.
    """
    snapshot = Snapshot.of(workspace)
    rows, proposals, statuses = snapshot.rows, snapshot.proposals, item_statuses(snapshot)
    columns = {OWN + name: plain(workspace.dataset.column(name), name) for name in own}
    table = []
    for row in rows:
        proposal = proposals.get(row.idx)
        result: dict[str, Any] = dict.fromkeys(COLUMNS)
        result |= {"item_id": row.item_id, "given_label": row.given_label, "status": statuses[row.idx]}
        if proposal is not None and row.problem is None and row.given_label is not None:
            result |= proposed(proposal)
        result |= {name: values[row.idx] for name, values in columns.items()}
        table.append(result)
    return table


def proposed(proposal: Proposal) -> dict[str, Any]:
    """What a proposal says to a person. Only ``relabel`` proposes a label; ``confidence`` is of the proposed label, of
    the outcome (several, none_of_these) or of the given label (keep)."""
    return {
        "outcome": proposal.outcome,
        "proposed_label": proposal.proposed_label if proposal.outcome == "relabel" else None,
        "confidence": proposal.confidence if proposal.outcome in CONFIDENT else None,
        "quality": proposal.quality,
        "best_other_label": proposal.proposed_label,
    }


def item_statuses(snapshot: Snapshot) -> list[Status]:
    """The furthest that each item has come."""
    rows = snapshot.rows
    judged = {verdict.idx for verdict in snapshot.verdicts if verdict.readable}
    decided, applied = snapshot.decisions, applied_items(snapshot.workspace)
    scanned = bool(snapshot.proposals)

    def status(idx: int, item_id: str, readable: bool) -> Status:
        if item_id in applied:
            return "applied"
        if idx in decided:
            return "decided"
        if idx in judged:
            return "judged"
        return "scanned" if scanned and readable else "unchecked"

    return [status(r.idx, r.item_id, r.problem is None and r.given_label is not None) for r in rows]


def applied_items(workspace: Workspace) -> set[str]:
    """Items whose label stands changed by a patch of this run."""
    own = [patch for patch in standing_patches(workspace.store) if patch.run.run_id == workspace.run.run_id]
    states = on_disk(own)
    written = [patch for patch in own if states[patch.event.seq] not in ("not_written", "gone")]
    return {item for patch in written for item in patch.event.body["items"]}


def write_results(
    workspace: Workspace, out: Path, own: Sequence[str] = (), *, escape_formulas: bool = False, force: bool = False
) -> int:
    """The table as parquet, csv or jsonl, by the file's ending; how many rows it has. SetupError where ``out`` is the
    source, a part of a run, or (without ``force``, which keeps a backup) a file that errata did not write.

    ``escape_formulas``: for a spreadsheet, with an apostrophe before what it would run as a formula; .csv only.
    """
    writers = {".parquet": _parquet, ".csv": _csv, ".jsonl": _jsonl}
    if out.suffix not in writers:
        raise SetupError(f"{out}: results are written as {', '.join(writers)}; got the ending {out.suffix!r}.")
    if escape_formulas and out.suffix != ".csv":
        raise SetupError(f"{out}: formulas are escaped in a .csv, which spreadsheets open; got {out.suffix!r}.")
    rows = result_rows(workspace, own)
    if escape_formulas:
        rows = [{name: _harmless(value) for name, value in row.items()} for row in rows]
    with workspace.gate.replacing(out, force=force) as draft, draft.open("wb") as file:
        writers[out.suffix](rows, [OWN + name for name in own], file)
    return len(rows)


def _harmless(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula, with an apostrophe before it; numbers are none."""
    if not isinstance(value, str) or not value.startswith(FORMULA) or as_number(value) is not None:
        return value
    return f"'{value}"


def _table(rows: list[dict[str, Any]], own: Sequence[str]) -> pa.Table:
    import pyarrow as pa

    kinds = {name: pa.float64() if name in NUMBERS else pa.string() for name in COLUMNS}
    arrays = {name: pa.array([row[name] for row in rows], kind) for name, kind in kinds.items()}
    return pa.table(arrays | {name: _own_array([row[name] for row in rows]) for name in own})


def _own_array(values: list[Plain]) -> pa.Array:
    """Of the type that all values have; of text where they have several."""
    import pyarrow as pa

    try:
        array = pa.array(values)
    except (pa.ArrowException, OverflowError):
        array = pa.array([as_text(value) for value in values])
    return array.cast(pa.string()) if pa.types.is_null(array.type) else array


def _parquet(rows: list[dict[str, Any]], own: Sequence[str], file: BinaryIO) -> None:
    import pyarrow.parquet as pq

    pq.write_table(_table(rows, own), file)


def _csv(rows: list[dict[str, Any]], own: Sequence[str], file: BinaryIO) -> None:
    from pyarrow import csv

    csv.write_csv(_table(rows, own), file)


def _jsonl(rows: list[dict[str, Any]], own: Sequence[str], file: BinaryIO) -> None:
    file.writelines(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
