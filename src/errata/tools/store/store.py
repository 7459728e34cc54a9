"""The store of a run folder: runs with their items, verdicts, and proposals; calls and events."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select, update

from errata.errors import SetupError
from errata.settings import column_names, label_name
from errata.tools.store.anchor import Anchor
from errata.tools.store.calls import Calls
from errata.tools.store.contributions import Contributions
from errata.tools.store.database import Database, raw_rows
from errata.tools.store.events import EventChain, now
from errata.tools.store.proposal_table import ProposalColumns, ProposalTable
from errata.tools.store.revisions import Revisions, bump, read_revisions
from errata.tools.store.run_folder import RunFolder
from errata.tools.store.schema import items, proposals, runs, store
from errata.tools.store.verdict_and_proposal_rows import (
    delete_verdicts,
    insert_proposals,
    insert_verdicts,
    select_proposal_columns,
    select_proposals,
    select_verdicts,
    select_verdicts_of,
)
from errata.tools.store.written_files import WrittenFiles
from errata.types import ITEM, LabelSpace, Place, Proposal, Spot, Verdict

AT_ONCE = 500
"""Rows requested by number in one query: fewer than any SQLite allows variables."""


@dataclass(frozen=True, slots=True)
class RunInfo:
    """One run: this data, under these settings. ``guideline`` is its text when the run began; ``turn`` increases with
    every run that begins or continues: the run worked on last has the highest."""

    run_id: int
    started_at: str
    data_path: str
    data_sha256: str
    settings: dict[str, Any]
    label_space: LabelSpace
    guideline_sha: str
    panel_sha: str
    guideline: str
    turn: int

    @property
    def label_column(self) -> str:
        """What the run asks about; for an image folder, its folders; without a label column, the marks or votes."""
        named = self.settings.get("label") or " + ".join(self._columns("mark"))
        return str(named or label_name(self._columns("votes")))

    @property
    def content_columns(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What is looked at: the text columns and the image columns."""
        return self._columns("text"), self._columns("image")

    def _columns(self, setting: str) -> tuple[str, ...]:
        return tuple(column_names(self.settings.get(setting)))

    @property
    def judged(self) -> bool:
        """Whether judges were named for it, regardless of what they said."""
        return bool(self.settings.get("judge"))


class ItemRow(NamedTuple):
    """What the store knows about the input of one annotation: of the item in this ``row`` of the data, at this
    ``place``. The content stays in the user's file."""

    idx: int
    item_id: str
    content_sha: str
    given_label: str | None
    protected: bool
    problem: str | None
    suspicion: int | None
    row: int
    place: Place = ITEM

    @property
    def spot(self) -> Spot:
        """Which annotation it is, whatever the run."""
        return self.item_id, self.place


class Store:
    def __init__(self, folder: RunFolder) -> None:
        is_new = not folder.exists()
        if is_new:
            folder.create()
        folder.refuse_links()
        self.folder = folder
        self._database = Database(folder.store)
        self.store_id = self._read_id()
        self.anchor = Anchor(folder.path, self.store_id)
        self.calls = Calls(self._database)
        self.events = EventChain(self._database, self.anchor.advance)
        self.written = WrittenFiles(self._database)
        self.contributions = Contributions(self._database)
        if is_new:
            self.anchor.reset()

    @property
    def read_only(self) -> bool:
        """Whether the run folder can only be read."""
        return self._database.read_only

    def refuse_read_only(self) -> None:
        """Call before a step that writes: StoreError if the run folder can only be read."""
        self._database.refuse_read_only()

    def check_history(self) -> None:
        """Call before anything that rests on the history: StoreError if it was edited, or is not the one that this user
        has seen here."""
        self.anchor.check(self.events.verify())

    def _read_id(self) -> str:
        """Drawn when the store was created; a copy has the same."""
        with self._database.read() as connection:
            return str(connection.execute(select(store.c.store_id)).scalar_one())

    def close(self) -> None:
        self._database.close()

    def calls_of(self, run_id: int) -> Calls:
        """The same calls, recorded as paid for by this run."""
        return Calls(self._database, run_id)

    # --- runs -------------------------------------------------------------------------------------------------
    def start_run(self, rows: Sequence[ItemRow], **values: Any) -> RunInfo:
        """A new run with all its items, in one transaction."""
        record = {"started_at": now(), **values, "settings": json.dumps(values["settings"])}
        record["label_space"] = json.dumps(asdict(values["label_space"]), ensure_ascii=False)
        with self._database.write() as connection:
            run_id = connection.execute(insert(runs).values(**record).returning(runs.c.run_id)).scalar_one()
            if rows:
                connection.execute(insert(items), [{"run_id": run_id, **row._asdict()} for row in rows])
        return self._take_turn(run_id)

    def run(self, run_id: int) -> RunInfo:
        """SetupError, listing the runs, if there is no such run."""
        found = self.all_runs()
        for run in found:
            if run.run_id == run_id:
                return run
        raise SetupError(
            f"{self.folder.path} has no run {run_id}; there are: {', '.join(str(r.run_id) for r in found)}"
        )

    def all_runs(self) -> list[RunInfo]:
        """Oldest first."""
        with self._database.read() as connection:
            return [_run(row._mapping) for row in connection.execute(select(runs).order_by(runs.c.run_id))]

    def find_run(self, data_sha256: str, settings_sha: str) -> RunInfo | None:
        """The newest run of this data under these settings: it continues; anything else starts a new one."""
        query = select(runs.c.run_id).where(runs.c.data_sha256 == data_sha256, runs.c.settings_sha == settings_sha)
        with self._database.read() as connection:
            found = connection.execute(query.order_by(runs.c.run_id.desc()).limit(1)).scalar()
        return None if found is None else self.run(found)

    def revisions(self, run_id: int) -> Revisions:
        """How often each part of a run has changed."""
        return read_revisions(self._database, run_id)

    def go_on(self, run_id: int, data_path: str, settings: dict[str, Any]) -> RunInfo:
        """Update what may change in a run that continues: the path of its data, its budget, its prices, the hosts it
        may reach."""
        values = {"data_path": data_path, "settings": json.dumps(settings)}
        with self._database.write() as connection:
            connection.execute(update(runs).where(runs.c.run_id == run_id).values(**values))
        return self._take_turn(run_id)

    def _take_turn(self, run_id: int) -> RunInfo:
        highest = select(func.max(runs.c.turn)).scalar_subquery()
        with self._database.write() as connection:
            connection.execute(update(runs).where(runs.c.run_id == run_id).values(turn=highest + 1))
        return self.run(run_id)

    # --- items ------------------------------------------------------------------------------------------------
    def items(self, run_id: int) -> list[ItemRow]:
        query = f"SELECT {', '.join(ItemRow._fields)} FROM items WHERE run_id = ? ORDER BY idx"  # noqa: S608  our own names
        with self._database.read() as connection:
            return list(map(ItemRow._make, raw_rows(connection, query, run_id)))

    def annotations_of(self, run_id: int, item_id: str) -> list[ItemRow]:
        """Those of one item, in order; none if there is no such item."""
        columns = [items.c[name] for name in ItemRow._fields]
        with self._database.read() as connection:
            query = select(*columns).where(items.c.run_id == run_id, items.c.item_id == item_id)
            return list(map(ItemRow._make, connection.execute(query.order_by(items.c.idx))))

    def items_at(self, run_id: int, indices: Sequence[int]) -> list[ItemRow]:
        """These annotations, in the order requested."""
        found: dict[int, ItemRow] = {}
        with self._database.read() as connection:
            for start in range(0, len(indices), AT_ONCE):
                block = list(map(int, indices[start : start + AT_ONCE]))
                query = (
                    f"SELECT {', '.join(ItemRow._fields)} FROM items "  # noqa: S608  our own names
                    f"WHERE run_id = ? AND idx IN ({', '.join('?' * len(block))})"
                )
                found |= {row[0]: ItemRow._make(row) for row in raw_rows(connection, query, run_id, *block)}
        return [found[int(idx)] for idx in indices]

    def add_items(self, run_id: int, rows: Sequence[ItemRow]) -> None:
        """Further annotations of a run; one that it has already stays as it is."""
        with self._database.write() as connection:
            if rows:
                values = [{"run_id": run_id, **row._asdict()} for row in rows]
                connection.execute(insert(items).prefix_with("OR IGNORE"), values)
            bump(connection, run_id, "items")

    def usable_items(self, run_id: int) -> list[bool]:
        """Whether each item has a given label and readable content, in order."""
        query = "SELECT given_label IS NOT NULL AND problem IS NULL FROM items WHERE run_id = ? ORDER BY idx"
        with self._database.read() as connection:
            return [bool(usable) for (usable,) in raw_rows(connection, query, run_id)]

    def suspect_items(self, run_id: int) -> list[tuple[int, int]]:
        """The indices of the items in the queue, each with its rank, in order of rank."""
        query = "SELECT idx, suspicion FROM items WHERE run_id = ? AND suspicion IS NOT NULL ORDER BY suspicion"
        with self._database.read() as connection:
            return [(idx, rank) for idx, rank in raw_rows(connection, query, run_id)]

    def unreadable_items(self, run_id: int) -> list[str]:
        """The ids of items whose content cannot be read, in order."""
        query = "SELECT item_id FROM items WHERE run_id = ? AND problem IS NOT NULL ORDER BY idx"
        with self._database.read() as connection:
            return [item_id for (item_id,) in raw_rows(connection, query, run_id)]

    def set_suspicion(self, run_id: int, ranked: Sequence[int]) -> None:
        """Put these items into the queue of suspects, the most suspicious first, and remove all others from it."""
        queue = [{"i": idx, "rank": rank} for rank, idx in enumerate(ranked)]
        with self._database.write() as connection:
            connection.execute(update(items).where(items.c.run_id == run_id).values(suspicion=None))
            if queue:
                one = update(items).where(items.c.run_id == run_id, items.c.idx == bindparam("i"))
                connection.execute(one.values(suspicion=bindparam("rank")), queue)
            bump(connection, run_id, "items")

    def add_problems(self, run_id: int, problems: dict[int, str]) -> None:
        """Record items whose content turned out to be unreadable."""
        rows = [{"i": idx, "what": problem} for idx, problem in problems.items()]
        with self._database.write() as connection:
            one = update(items).where(items.c.run_id == run_id, items.c.idx == bindparam("i"))
            connection.execute(one.values(problem=bindparam("what")), rows)
            bump(connection, run_id, "items")

    # --- evidence and proposals ---------------------------------------------------------------------------------
    def add_verdicts(self, run_id: int, found: Iterable[Verdict]) -> None:
        with self._database.write() as connection:
            if insert_verdicts(connection, run_id, found):
                bump(connection, run_id, "verdicts")

    def reopen(self, run_id: int, again: Callable[[Verdict], bool]) -> int:
        """Delete the verdicts for which ``again`` is true, so that their questions are open again. Returns how many
        there were."""
        with self._database.write() as connection:
            rows = [row for row, verdict in select_verdicts(connection, run_id, 0) if again(verdict)]
            if rows:
                delete_verdicts(connection, rows)
                bump(connection, run_id, "verdicts")
        return len(rows)

    def verdicts(self, run_id: int) -> list[Verdict]:
        """In the order of the items."""
        return sorted((verdict for _, verdict in self.verdicts_after(run_id, 0)), key=lambda verdict: verdict.idx)

    def verdicts_after(self, run_id: int, row: int) -> list[tuple[int, Verdict]]:
        """Those stored after this row, each with its own row number."""
        with self._database.read() as connection:
            return select_verdicts(connection, run_id, row)

    def verdicts_of(self, run_id: int, idx: int) -> list[Verdict]:
        """Those of one item, in the order stored."""
        with self._database.read() as connection:
            return select_verdicts_of(connection, run_id, idx)

    def set_proposals(self, run_id: int, found: Iterable[Proposal]) -> None:
        """Replace all proposals of a run: they are always derived from the evidence as a whole."""
        with self._database.write() as connection:
            connection.execute(delete(proposals).where(proposals.c.run_id == run_id))
            insert_proposals(connection, run_id, found)
            bump(connection, run_id, "proposals")

    def proposal(self, run_id: int, idx: int) -> Proposal | None:
        with self._database.read() as connection:
            return select_proposals(connection, run_id, idx).get(idx)

    def proposals(self, run_id: int) -> ProposalTable:
        """idx -> what is proposed for the annotation."""
        with self._database.read() as connection:
            return select_proposals(connection, run_id)

    def proposal_columns(self, run_id: int) -> ProposalColumns:
        """For every item, the parts that can be counted."""
        with self._database.read() as connection:
            return select_proposal_columns(connection, run_id)


def _run(row: Any) -> RunInfo:
    values = {name: row[name] for name in RunInfo.__slots__}
    space = json.loads(values["label_space"])
    values["label_space"] = LabelSpace(**(space | {name: tuple(space.get(name, ())) for name in ("names", "marks")}))
    return RunInfo(**values | {"settings": json.loads(values["settings"])})
