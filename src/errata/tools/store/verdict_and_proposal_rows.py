"""Verdicts and proposals as rows of the store, made in bulk: every item may have one of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import Connection

from errata.tools.store.database import raw_rows
from errata.tools.store.proposal_table import EVIDENCE, FIELDS, ProposalColumns, ProposalTable
from errata.types import PromptRef, Proposal, Verdict

VERDICT_FIELDS = tuple(field.name for field in fields(Verdict))
NONE = "[]"


def insert_verdicts(connection: Connection, run_id: int, found: Iterable[Verdict]) -> bool:
    """Returns whether there were any. An existing one is left unchanged."""
    rows = [(run_id, v.idx, v.place, v.judge, v.protocol, _verdict_json(v)) for v in found]
    _do(
        connection,
        "INSERT OR IGNORE INTO verdicts (run_id, idx, place, judge, protocol, verdict) VALUES (?, ?, ?, ?, ?, ?)",
        rows,
    )
    return bool(rows)


def select_verdicts(connection: Connection, run_id: int, after: int) -> list[tuple[int, Verdict]]:
    """Those stored after row ``after``, in the order stored, each with its row number."""
    query = "SELECT rowid, verdict FROM verdicts WHERE run_id = ? AND rowid > ? ORDER BY rowid"
    return [(row, _verdict(from_json(text))) for row, text in raw_rows(connection, query, run_id, after)]


def select_verdicts_of(connection: Connection, run_id: int, idx: int) -> list[Verdict]:
    """Those of one item, in the order stored."""
    query = "SELECT verdict FROM verdicts WHERE run_id = ? AND idx = ? ORDER BY rowid"
    return [_verdict(from_json(text)) for (text,) in raw_rows(connection, query, run_id, idx)]


def delete_verdicts(connection: Connection, rows: Iterable[int]) -> None:
    """Those of these rows."""
    _do(connection, "DELETE FROM verdicts WHERE rowid = ?", [(row,) for row in rows])


def insert_proposals(connection: Connection, run_id: int, found: Iterable[Proposal]) -> None:
    columns = ("run_id", *FIELDS)
    rows = [(run_id, *map(p.__getattribute__, FIELDS)) for p in found]
    evidence = EVIDENCE + 1
    plain = [(*row[:evidence], _evidence_json(row[evidence]), *row[evidence + 1 :]) for row in rows]
    places = ", ".join("?" * len(columns))
    query = f"INSERT INTO proposals ({', '.join(columns)}) VALUES ({places})"  # noqa: S608  our own names
    _do(connection, query, plain)


def select_proposals(connection: Connection, run_id: int, idx: int | None = None) -> ProposalTable:
    """What is proposed, for all annotations or for one."""
    query = f"SELECT {', '.join(FIELDS)} FROM proposals WHERE run_id = ?"  # noqa: S608  our own names
    one = () if idx is None else (idx,)
    return ProposalTable(raw_rows(connection, f"{query}{' AND idx = ?' * len(one)} ORDER BY idx", run_id, *one))


def select_proposal_columns(connection: Connection, run_id: int) -> ProposalColumns:
    """For all proposals, in order."""
    names = ", ".join(ProposalColumns._fields)
    query = f"SELECT {names} FROM proposals WHERE run_id = ? ORDER BY idx"  # noqa: S608  our own names
    return ProposalColumns(*zip(*raw_rows(connection, query, run_id), strict=True))


def _do(connection: Connection, query: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        connection.exec_driver_sql(query, list(rows))


def _verdict_json(verdict: Verdict) -> str:
    return to_json({name: getattr(verdict, name) for name in VERDICT_FIELDS}).decode()


def _verdict(values: dict[str, Any]) -> Verdict:
    values["prompt"] = PromptRef(*values["prompt"])
    values["call_keys"] = tuple(values["call_keys"])
    if values["answers"]:
        values["answers"] = {id_: (yes, no) for id_, (yes, no) in values["answers"].items()}
    return Verdict(**values)


def _evidence_json(evidence: Sequence[str]) -> str:
    return to_json(evidence).decode() if evidence else NONE
