"""Take back a review sheet that a person filled in: each decision in it is a look at one item."""

from __future__ import annotations

from collections import Counter
from itertools import repeat
from pathlib import Path

from errata import words
from errata.agent.decisions.answer_words import ACCEPT, KEEP, AnswerWords
from errata.agent.decisions.approval import Given, Signer, accepted, decide_each
from errata.agent.decisions.checked_sheet import CheckedSheet
from errata.agent.decisions.filled_in import ANSWERS, Reviewed, cells_of
from errata.agent.decisions.review_key import ReviewKey
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.workspace import Workspace
from errata.agent.views.results import result_columns
from errata.agent.views.review_sheet import DECISION, ID, KEY, PLACE, SHEET, keys
from errata.errors import DataError, SetupError
from errata.tools.data.formats import read_table
from errata.tools.data.table import Table
from errata.tools.store.store import ItemRow
from errata.tools.visible import one_line, visible
from errata.types import ITEM, Decision, Proposal, Spot

CHANGED = "its content, its label or what is proposed has changed since the sheet was written"


def read_reviewed(workspace: Workspace, path: Path, by: str) -> Reviewed:
    """What ``decide_reviewed`` would record for this person. Raises DataError for a file that is no review sheet."""
    return _sheet(workspace, path, by).summary()


def decide_reviewed(workspace: Workspace, by: Signer, path: Path, sha256: str) -> Reviewed:
    """Record the decisions of a sheet. ``sha256``: of the file that the person agreed to; SetupError if it is another
    one now."""
    sheet = _sheet(workspace, path, by.name)
    if sheet.sha256 != sha256:
        raise SetupError(f"{path} has changed since it was read. Nothing was decided: try again.")
    sheet.record(by)
    return sheet.summary()


def _sheet(workspace: Workspace, path: Path, by: str) -> ReviewedSheet | CheckedSheet:
    table = read_table(path, sheet=SHEET if path.suffix.lower() == ".xlsx" else None)
    names = table.names
    if ID not in names and all(names.count(name) == 1 for name in (DECISION, KEY)):
        return CheckedSheet(workspace, table, by)
    return ReviewedSheet(workspace, table, path, by)


class ReviewedSheet:
    """A sheet, compared with what the run knows now."""

    def __init__(self, workspace: Workspace, table: Table, path: Path, by: str) -> None:
        snapshot = Snapshot.of(workspace)
        self.sha256, self._workspace = table.sha256, workspace
        self._decisions, self._proposals, self._by = snapshot.decisions, snapshot.proposals, by
        self._words = AnswerWords(workspace.run.label_space)
        self._space = workspace.run.label_space
        self._rows = {_spot(row.item_id, row.place): row for row in snapshot.rows}
        self._keys = keys(workspace, result_columns(workspace))
        self.taken: list[Given] = []
        self._not_taken: list[tuple[str, str]] = []
        self._already = self._blank = 0
        lines = self._read(table, path)
        times = Counter(spot for spot, decision, _ in lines if decision)
        for spot, decision, key in lines:
            if not decision:
                self._blank += 1
            elif times[spot] > 1:
                self._not_taken.append((words.spot(*spot), "it has a decision in more than one row"))
            else:
                self._take(spot, decision, key)

    def record(self, by: Signer) -> None:
        decide_each(self._workspace, by, self.taken)

    def summary(self) -> Reviewed:
        labels = [(label, row.given_label) for row, answer, label in self.taken if answer == "label"]
        kept = sum(self._space.same(label, given) for label, given in labels)
        others = len(self.taken) - len(labels)
        not_taken = tuple(self._not_taken)
        return Reviewed(self.sha256, len(labels) - kept, kept, others, self._already, self._blank, not_taken)

    def _read(self, table: Table, path: Path) -> list[tuple[Spot, str, str]]:
        missing = [name for name in (ID, DECISION, KEY) if table.names.count(name) != 1]
        if missing:
            raise DataError(
                f"{path} is no review sheet: it has no column {missing[0]!r}. Write one: errata results -o review.xlsx"
            )
        ids, decisions, keys = (cells_of(table, name) for name in (ID, DECISION, KEY))
        in_places = table.names.count(PLACE) == 1 and any(place for _, place in self._rows)
        places = cells_of(table, PLACE) if in_places else repeat(ITEM, len(table))
        return list(zip(map(_spot, ids, places), decisions, keys, strict=True))

    def _take(self, spot: Spot, decision: str, key: str) -> None:
        found = self._understood(spot, decision, key)
        if isinstance(found, str):
            self._not_taken.append((words.spot(*spot), found))
        elif self._stands(found):
            self._already += 1
        else:
            self.taken.append(found)

    def _understood(self, spot: Spot, decision: str, key: str) -> Given | str:
        """The answer, or why it is not taken."""
        row, answer = self._rows.get(spot), self._words.read(decision)
        if row is None:
            return "there is no such item in this run"
        if answer is None:
            return self._words.no_answer(decision)
        given = self._given(row, *answer)
        if given is None:
            return "nothing is proposed that could be accepted"
        why = None if self._stands(given) else self._refused(given, key)
        return given if why is None else why

    def _given(self, row: ItemRow, word: str, label: str | None) -> Given | None:
        """The answer that a word means for this item; None if there is none, as for what cannot be accepted."""
        proposal: Proposal | None = self._proposals.get(row.idx)
        if word == ACCEPT:
            said = accepted(proposal) if proposal else None
            word, label = said or (KEEP if proposal and proposal.outcome == "keep" else ACCEPT, None)
        if word == KEEP and row.given_label is not None:
            word, label = "label", row.given_label
        answer = ANSWERS.get(word)
        return None if answer is None else Given(row, answer, label)

    def _refused(self, given: Given, key: str) -> str | None:
        """Why the decision is not taken, in words."""
        row, now, then = given.row, self._keys[given.row.idx], ReviewKey.read(key)
        if then is None or then.shown != now.shown:
            return CHANGED
        decision: Decision | None = self._decisions.get(row.idx)
        if decision is not None and decision.event != then.event and decision.by != self._by:
            return f"{one_line(decision.by, 40)} has decided it since the sheet was written"
        if row.protected and given.answer == "label" and not self._space.same(given.label, row.given_label):
            return "it is protected (--protect): its label never changes"
        return None

    def _stands(self, given: Given) -> bool:
        """Whether this answer is what is recorded."""
        decision: Decision | None = self._decisions.get(given.row.idx)
        if decision is None or decision.answer != given.answer:
            return False
        return given.answer != "label" or self._space.same(decision.label, given.label)


def _spot(item_id: str, place: str) -> Spot:
    """An annotation as a sheet names it."""
    return visible(item_id).strip(), visible(place).strip()
