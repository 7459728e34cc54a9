"""Recorded model calls: every call is paid once, in this run or in any later one that uses the same store."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from pydantic_core import from_json, to_json
from sqlalchemy import func, select
from sqlalchemy.dialects.sqlite import insert

from errata.tools.judging.budget import Spent
from errata.tools.judging.calls import CallRecord
from errata.tools.store.database import Database
from errata.tools.store.schema import calls

KEYS_PER_QUERY = 500


class Calls:
    """The CallLog of a run: a call is finished once ``record`` has returned."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, keys: Sequence[str]) -> dict[str, CallRecord]:
        found: dict[str, CallRecord] = {}
        with self._database.read() as connection:
            for start in range(0, len(keys), KEYS_PER_QUERY):
                query = select(calls.c.key, calls.c.record).where(calls.c.key.in_(keys[start : start + KEYS_PER_QUERY]))
                found.update((row.key, _unpack(row.record)) for row in connection.execute(query))
        return found

    def record(self, records: Sequence[CallRecord]) -> None:
        rows = [_row(record) for record in records]
        with self._database.write() as connection:
            # Two processes may have paid for the same call; the first answer stands.
            connection.execute(insert(calls).on_conflict_do_nothing(), rows)

    def models(self) -> list[str]:
        """Names of the models that have recorded calls."""
        with self._database.read() as connection:
            return list(connection.execute(select(calls.c.model).distinct().order_by(calls.c.model)).scalars())

    def spent_since(self, moment: str) -> Spent:
        """What the calls recorded since then took: a run that was killed and goes on keeps its budget."""
        sums = (func.count(), func.sum(calls.c.tokens_in), func.sum(calls.c.tokens_out), func.sum(calls.c.cost_usd))
        with self._database.read() as connection:
            count, tokens_in, tokens_out, usd = connection.execute(select(*sums).where(calls.c.made_at >= moment)).one()
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
