"""The judges of a run, open while it runs: each behind its door, all in one event loop, under one budget."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from errata.errors import SetupError, Stopped
from errata.settings import Settings
from errata.tools.judging.bank import Bank
from errata.tools.judging.budget import Budget, Prices
from errata.tools.judging.door import Door
from errata.tools.judging.examine import Judged, JudgeSetup, JudgeTask, judge_items
from errata.tools.judging.protocols import write_questions
from errata.tools.judging.spec import open_model
from errata.tools.store import RunInfo, Store
from errata.tools.store.calls import Calls
from errata.tools.store.run_folder import find_run
from errata.types import LabelSpace

T = TypeVar("T")


class Panel:
    def __init__(self, store: Store, run: RunInfo, settings: Settings) -> None:
        prices = Prices(settings.usd_per_mtok_in, settings.usd_per_mtok_out)
        # Counted from the run's start, so that a run that was killed and goes on keeps its limits.
        before = store.calls.spent_since(run.started_at)
        self.budget = Budget.parse(settings.budget, prices=prices, before=before)
        self._runner = asyncio.Runner()
        self._stopped = self._asking = False
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
        self, judge: str, tasks: Iterable[JudgeTask], setup: JudgeSetup, progress: Callable[[int], None]
    ) -> Judged:
        return self.ask(judge, lambda door: judge_items(door, tasks, setup, progress))

    def write_questions(
        self, space: LabelSpace, confused: Mapping[str, Sequence[str]], *, guideline: str, modality: str
    ) -> Bank:
        """What the first judge writes for each label; nothing where it cannot write. Stops at the budget."""

        async def write(door: Door) -> list[Bank]:
            asked = (
                write_questions.ask(door, label, confused[label], space, modality=modality, guideline=guideline)
                for label in space.names
            )
            return await asyncio.gather(*asked)

        return tuple(question for questions in self.ask(self.judges[0], write) for question in questions)

    def ask(self, judge: str, ask: Callable[[Door], Coroutine[Any, Any, T]]) -> T:
        """Whatever ``ask`` asks of one judge's door, in the panel's event loop. Stopped if somebody stopped it."""
        self._asking = True
        try:
            return self._runner.run(ask(self._doors[judge]))
        finally:
            self._asking = False
            if self._stopped:
                for door in self._doors.values():
                    self._runner.run(door.finish())
                raise Stopped("The run was stopped. Every finished call is kept: run again to go on.") from None

    def stop(self) -> int | None:
        """Send nothing more; from any thread. How many calls are in flight, which are waited for and recorded: the
        step that asked them then ends with Stopped. None, and nothing is done, where no judge is being asked."""
        if not self._asking:
            return None
        self._stopped = True
        loop = self._runner.get_loop()
        for door in self._doors.values():
            loop.call_soon_threadsafe(door.stop)
        return sum(door.in_flight for door in self._doors.values())

    def close(self) -> None:
        """Waits for calls in flight, which are paid for, and records them."""
        for door in self._doors.values():
            self._runner.run(door.close())
        self._runner.close()


def _recorded(folder: Path) -> Calls:
    return Store(find_run(str(folder), Path.cwd()).folder).calls
