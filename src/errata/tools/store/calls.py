"""Recorded model calls: every call is paid for once, in this run or any later one that uses the same store."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from pydantic_core import from_json, to_json
from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from errata.tools.judging.calls import CallRecord
from errata.tools.judging.pacing.budget import Spent
from errata.tools.store.database import Database
from errata.tools.store.schema import calls, runs

KEYS_PER_QUERY = 500
LATELY, ENOUGH = 512, 16
BREAK_S = 60.0


class Calls:
    """The CallLog of a store; ``run_id`` is the run that pays for what is recorded. A call is finished once ``record``
    has returned."""

    def __init__(self, database: Database, run_id: int | None = None) -> None:
        self._database, self._run_id = database, run_id

    def find(self, keys: Sequence[str]) -> dict[str, CallRecord]:
        found: dict[str, CallRecord] = {}
        with self._database.read() as connection:
            for start in range(0, len(keys), KEYS_PER_QUERY):
                query = select(calls.c.key, calls.c.record).where(calls.c.key.in_(keys[start : start + KEYS_PER_QUERY]))
                found.update((row.key, _unpack(row.record)) for row in connection.execute(query))
        return found

    def set_aside(self, keys: Sequence[str]) -> None:
        aside = update(calls).where(calls.c.key.in_(keys)).values(key=calls.c.key + ":" + calls.c.made_at)
        with self._database.write() as connection:
            connection.execute(aside)

    def record(self, records: Sequence[CallRecord]) -> None:
        rows = [_row(record) | {"run_id": self._run_id} for record in records]
        with self._database.write() as connection:
            # Two processes may have paid for the same call; the first answer is kept.
            connection.execute(insert(calls).on_conflict_do_nothing(), rows)

    def asked_about(self, model: str) -> set[str]:
        """The hashes of the contents that the model has been asked about."""
        query = select(calls.c.content_sha).distinct().where(calls.c.model == model)
        with self._database.read() as connection:
            return set(connection.execute(query).scalars())

    def models(self) -> list[str]:
        """Names of the models with recorded calls."""
        with self._database.read() as connection:
            return list(connection.execute(select(calls.c.model).distinct().order_by(calls.c.model)).scalars())

    def seconds_per_call(self, model: str) -> float | None:
        """The recent average interval between two answers of this model, with however many in flight; None if there
        were too few. A long break does not count."""
        query = select(calls.c.made_at).where(calls.c.model == model).order_by(calls.c.made_at.desc()).limit(LATELY)
        with self._database.read() as connection:
            made = [datetime.fromisoformat(at) for at in connection.execute(query).scalars()]
        gaps_s = [(later - earlier).total_seconds() for later, earlier in pairwise(made)]
        gaps_s = [gap_s for gap_s in gaps_s if gap_s < BREAK_S]
        return sum(gaps_s) / len(gaps_s) if len(gaps_s) >= ENOUGH else None

    def spent(self) -> Spent:
        """What the run's calls took: a killed run that continues keeps its budget, regardless of elapsed time.

        For calls from before they were counted by run, those made since the run began.
        """
        sums = (func.count(), func.sum(calls.c.tokens_in), func.sum(calls.c.tokens_out), func.sum(calls.c.cost_usd))
        began = select(runs.c.started_at).where(runs.c.run_id == self._run_id).scalar_subquery()
        own = or_(calls.c.run_id == self._run_id, calls.c.run_id.is_(None) & (calls.c.made_at >= began))
        with self._database.read() as connection:
            count, tokens_in, tokens_out, usd = connection.execute(select(*sums).where(own)).one()
        return Spent(count, tokens_in or 0, tokens_out or 0, usd or 0.0)


def _row(record: CallRecord) -> dict[str, object]:
    return {
        "key": record.key,
        "model": record.model,
        "prompt": f"{record.prompt_id}/{record.prompt_version}",
        "content_sha": record.content_sha,
        "record": zlib.compress(to_json(record), 1),
        "tokens_in": record.tokens_in,
        "tokens_out": record.tokens_out,
        "cost_usd": record.cost_usd,
        "made_at": record.made_at,
    }


def _unpack(packed: bytes) -> CallRecord:
    return CallRecord.from_json(from_json(zlib.decompress(packed)))
