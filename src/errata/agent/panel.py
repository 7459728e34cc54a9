"""The judges of a run, open while it runs: each behind its door, all in one event loop, under one budget."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from errata.errors import SetupError
from errata.settings import Settings
from errata.tools.judging.budget import Budget, Prices
from errata.tools.judging.door import Door
from errata.tools.judging.examine import Judged, JudgeSetup, JudgeTask, judge_items
from errata.tools.judging.spec import open_model
from errata.tools.store import RunInfo, Store
from errata.tools.store.calls import Calls
from errata.tools.store.run_folder import find_run


class Panel:
    def __init__(self, store: Store, run: RunInfo, settings: Settings) -> None:
        prices = Prices(settings.usd_per_mtok_in, settings.usd_per_mtok_out)
        # Counted from the run's start, so that a run that was killed and goes on keeps its limits.
        before = store.calls.spent_since(run.started_at)
        self.budget = Budget.parse(settings.budget, prices=prices, before=before)
        self._runner = asyncio.Runner()
        self._doors: dict[str, Door] = {}
        for spec in settings.judge:
            model = open_model(spec, allow_host=settings.allow_host, open_recorded=_recorded)
            if model.name in self._doors:
                raise SetupError(
                    f"Two judges are called {model.name!r}: one model asked twice is one judge. Name it once."
                )
            self._doors[model.name] = Door(model, store.calls, self.budget)

    @property
    def judges(self) -> tuple[str, ...]:
        """Their names, in the order in which the user gave them."""
        return tuple(self._doors)

    def judge(
        self, judge: str, tasks: Sequence[JudgeTask], setup: JudgeSetup, progress: Callable[[int], None]
    ) -> Judged:
        return self._runner.run(judge_items(self._doors[judge], tasks, setup, progress))

    def close(self) -> None:
        """Waits for calls in flight, which are paid for, and records them."""
        for door in self._doors.values():
            self._runner.run(door.close())
        self._runner.close()


def _recorded(folder: Path) -> Calls:
    return Store(find_run(str(folder), Path.cwd())).calls
