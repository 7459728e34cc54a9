"""The verdicts of a run as they come: each is read from the store once, and becomes a row of columns once."""

from __future__ import annotations

from errata.agent.run.workspace import Workspace
from errata.tools.inference.held_back import STEERING
from errata.tools.inference.verdict_columns import VerdictColumns
from errata.types import Verdict


class VerdictLog:
    """``of_items``: what judges said of items. ``steering_verdicts``: what says something of the judges."""

    def __init__(self, workspace: Workspace) -> None:
        self._store, self._run_id = workspace.store, workspace.run.run_id
        self._last_row = 0
        self.of_items: tuple[Verdict, ...] = ()
        self.steering_verdicts: tuple[Verdict, ...] = ()
        self.columns = VerdictColumns.of((), workspace.run.label_space)

    def read(self) -> VerdictLog:
        """With what has come since it was read last."""
        found = self._store.verdicts_after(self._run_id, self._last_row)
        if found:
            self._last_row = found[-1][0]
            new = [verdict for _, verdict in found if verdict.protocol != STEERING]
            self.of_items += tuple(new)
            self.steering_verdicts += tuple(verdict for _, verdict in found if verdict.protocol == STEERING)
            self.columns = self.columns.with_more(new)
        return self
