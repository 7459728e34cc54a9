"""The verdicts of a run as they arrive: each is read from the store once and made into a row of columns once."""

from __future__ import annotations

from errata.agent.run.workspace import Workspace
from errata.tools.inference.verdict_columns import VerdictColumns
from errata.tools.judging.registry import controls
from errata.types import Verdict


class VerdictLog:
    """``of_items``: verdicts on items. ``control_verdicts``: verdicts that test the judges."""

    def __init__(self, workspace: Workspace) -> None:
        self._store, self._run_id = workspace.store, workspace.run.run_id
        self._last_row = 0
        self.of_items: tuple[Verdict, ...] = ()
        self.control_verdicts: tuple[Verdict, ...] = ()
        self._columns = VerdictColumns.of((), workspace.run.label_space)
        self._in_columns = 0

    def read(self) -> VerdictLog:
        """Add the verdicts that arrived since the last read."""
        found = self._store.verdicts_after(self._run_id, self._last_row)
        if found:
            self._last_row = found[-1][0]
            of_judges = controls({verdict.protocol for _, verdict in found})
            new = [verdict for _, verdict in found if verdict.protocol not in of_judges]
            self.of_items += tuple(new)
            self.control_verdicts += tuple(verdict for _, verdict in found if verdict.protocol in of_judges)
        return self

    @property
    def columns(self) -> VerdictColumns:
        """``of_items`` as columns."""
        if new := self.of_items[self._in_columns :]:
            self._columns, self._in_columns = self._columns.with_more(new), len(self.of_items)
        return self._columns
