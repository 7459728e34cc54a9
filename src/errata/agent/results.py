"""The table of a run: one row per item, the contract that scripts rely on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from errata.agent.workspace import Workspace
from errata.errors import SetupError
from errata.tools.data.atomic import atomic_write
from errata.types import Status

COLUMNS = ("item_id", "given_label", "status", "outcome", "proposed_label", "confidence", "quality")


def result_rows(workspace: Workspace) -> list[dict[str, Any]]:
    """In the data's order. Values that do not exist are None; ``quality`` and ``confidence`` are in [0, 1]."""
    rows, proposals = workspace.rows(), workspace.store.proposals(workspace.run.run_id)
    statuses = item_statuses(workspace)
    table = []
    for row in rows:
        proposal = proposals.get(row.idx)
        result: dict[str, Any] = dict.fromkeys(COLUMNS)
        result |= {"item_id": row.item_id, "given_label": row.given_label, "status": statuses[row.idx]}
        if proposal is not None and row.problem is None and row.given_label is not None:
            result |= {name: getattr(proposal, name) for name in COLUMNS[3:]}
        table.append(result)
    return table


def item_statuses(workspace: Workspace) -> list[Status]:
    """The furthest that each item has come."""
    rows = workspace.rows()
    judged = {verdict.idx for verdict in workspace.verdicts() if verdict.readable}
    decided, applied = workspace.decisions(rows), applied_items(workspace)
    scanned = bool(workspace.store.proposals(workspace.run.run_id))

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
    found: set[str] = set()
    for event in workspace.store.events.read("applied", "reverted"):
        if event.body["run_id"] == workspace.run.run_id:
            found = set(event.body["items"]) if event.kind == "applied" else set()
    return found


def write_results(workspace: Workspace, out: Path) -> int:
    """The table as parquet, csv or jsonl, by the file's ending; how many rows it has."""
    rows = result_rows(workspace)
    writers = {".parquet": _parquet, ".csv": _csv, ".jsonl": _jsonl}
    if out.suffix not in writers:
        raise SetupError(f"{out}: results are written as {', '.join(writers)}; got the ending {out.suffix!r}.")
    with atomic_write(out) as file:
        writers[out.suffix](rows, file)
    return len(rows)


def _table(rows: list[dict[str, Any]]) -> Any:
    import pyarrow as pa

    numbers = ("confidence", "quality")
    schema = pa.schema([(name, pa.float64() if name in numbers else pa.string()) for name in COLUMNS])
    return pa.Table.from_pylist(rows, schema=schema)


def _parquet(rows: list[dict[str, Any]], file: Any) -> None:
    import pyarrow.parquet as pq

    pq.write_table(_table(rows), file)


def _csv(rows: list[dict[str, Any]], file: Any) -> None:
    from pyarrow import csv

    csv.write_csv(_table(rows), file)


def _jsonl(rows: list[dict[str, Any]], file: Any) -> None:
    file.writelines(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
