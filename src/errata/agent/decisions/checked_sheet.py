"""Take back the sheet of a random check that a person filled in: each decision in it is a blind look at one item."""

from __future__ import annotations

from collections import Counter

from errata.agent.decisions.answer_words import AnswerWords
from errata.agent.decisions.approval import Signer
from errata.agent.decisions.check_key import SHA, CheckKey
from errata.agent.decisions.filled_in import ANSWERS, Reviewed, cells_of
from errata.agent.decisions.random_check import TurnAnswer, answer, turns
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.workspace import Workspace
from errata.agent.views.review_sheet import DECISION, KEY
from errata.tools.data.table import Table
from errata.tools.store.checks import RandomCheck
from errata.types import Answered


class CheckedSheet:
    """Such a sheet, compared with what the check knows now. ``taken``: per check."""

    def __init__(self, workspace: Workspace, table: Table, by: str) -> None:
        self.sha256, self._workspace, self._by = table.sha256, workspace, by
        self._words = AnswerWords(workspace.run.label_space, blind=True)
        self._checks = {check.event: check for check in Snapshot.of(workspace).checks}
        self._turns = {
            number: {turn.index: turn for turn in turns(check, by, ahead=True)}
            for number, check in self._checks.items()
        }
        self.taken: dict[int, list[TurnAnswer]] = {}
        self._not_taken: list[tuple[str, str]] = []
        self._already = self._blank = 0
        lines = list(zip(cells_of(table, DECISION), cells_of(table, KEY), strict=True))
        times = Counter(key for decision, key in lines if decision)
        for number, (decision, key) in enumerate(lines, start=2):
            if not decision:
                self._blank += 1
                continue
            why = "its key is in more than one row" if times[key] > 1 else self._take(decision, CheckKey.read(key))
            self._not_taken += [(f"row {number}", why)] if why else []

    def summary(self) -> Reviewed:
        decided = sum(map(len, self.taken.values()))
        not_taken = tuple(self._not_taken)
        return Reviewed(self.sha256, 0, 0, decided, self._already, self._blank, not_taken, in_check=True)

    def record(self, by: Signer) -> None:
        for number, said in self.taken.items():
            answer(self._workspace, by, self._checks[number], said)

    def _take(self, decision: str, key: CheckKey | None) -> str:
        """Why not; "" if it is taken, or stands already."""
        check = self._checks.get(key.check) if key else None
        if key is None or check is None or key.number >= len(check.draw.order):
            return "it belongs to no random check of this run"
        position = check.draw.order[key.number]
        row = self._workspace.item(*check.draw.sample[position])
        if self._workspace.dataset.content_shas[row.row][:SHA] != key.content_sha:
            return "its content has changed since the sheet was written"
        read = self._words.read(decision)
        word, label = read or ("", None)
        if word not in ANSWERS:
            return self._words.no_answer(decision)
        again = key.number != check.draw.order.index(position)
        turn = self._turns[check.event].get(key.number)
        if turn is None:
            return self._stands(check, position, again, (ANSWERS[word], label))
        self.taken.setdefault(check.event, []).append(TurnAnswer(turn, ANSWERS[word], label))
        return ""

    def _stands(self, check: RandomCheck, position: int, again: bool, answered: Answered) -> str:
        found = (check.repeats if again else check.answers).get(position, ())
        mine = [one.answered for one in found if one.by == self._by]
        if not mine:
            return "others have settled it since the sheet was written"
        if mine[-1] != answered:
            return "you have answered it otherwise: errata undo takes that back"
        self._already += 1
        return ""
