"""The judges of a run, open while it runs: one door per judge, all in one event loop, under one budget."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from errata.agent.contributions import Clock, Contributions
from errata.agent.run.external_settings import refuse_unconfirmed
from errata.errors import SetupError, Stopped
from errata.settings import Settings
from errata.tools.judging.door import Door
from errata.tools.judging.examine import Judged, judge_items
from errata.tools.judging.pacing.budget import Budget, Prices
from errata.tools.judging.spec import open_model
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.tools.store import RunInfo, Store
from errata.tools.store.calls import Calls
from errata.tools.store.run_folder import find_run

T = TypeVar("T")

NOTE_EVERY_S = 10.0


class Panel:
    def __init__(self, store: Store, run: RunInfo, settings: Settings, *, retry_unreadable: bool = False) -> None:
        prices = Prices(settings.usd_per_mtok_in, settings.usd_per_mtok_out)
        refuse_unconfirmed(settings, store.folder.path)
        self._store, self._run_id, calls = store, run.run_id, store.calls_of(run.run_id)
        # A killed run that continues keeps its limits; the time it spent is in its Clock, not in the call log.
        clock = Contributions.of_run(store, run.run_id).find(Clock) or Clock()
        before = replace(calls.spent(), minutes=clock.minutes)
        self.budget = Budget.parse(settings.budget, prices=prices, before=before)
        self.budget.refuse_unpriced()
        self._runner = asyncio.Runner()
        self._stopped = self._asking = False
        self._doors: dict[str, Door] = {}
        for spec in settings.judge:
            model = open_model(spec, panel=settings.judge, allow_host=settings.allow_host, open_recorded=_recorded)
            if model.name in self._doors:
                raise SetupError(
                    f"Two judges are called {model.name!r}: one model asked twice is one judge. Name it once."
                )
            self._doors[model.name] = Door(
                model, calls, self.budget, len(settings.judge), retry_unreadable=retry_unreadable
            )

    @property
    def judges(self) -> tuple[str, ...]:
        """Their names, in the order the user gave."""
        return tuple(self._doors)

    def unreadable(self, judge: str) -> int:
        """How many of its answers nobody could read, since the panel was opened."""
        return self._doors[judge].unreadable.count

    def judge(
        self, judge: str, tasks: Iterable[JudgeTask], setup: JudgeSetup, progress: Callable[[int], None]
    ) -> Judged:
        return self.ask(judge, lambda door: judge_items(door, tasks, setup, progress))

    def ask(self, judge: str, ask: Callable[[Door], Coroutine[Any, Any, T]]) -> T:
        """Run ``ask`` with one judge's door in the panel's event loop. Raises Stopped if someone stopped it."""
        self._asking = True
        try:
            return self._runner.run(self._timed(ask(self._doors[judge])))
        finally:
            self._asking = False
            if self._stopped:
                for door in self._doors.values():
                    self._runner.run(door.finish())
                raise Stopped("The run was stopped. Every finished call is kept: run again to go on.") from None

    async def _timed(self, asked: Coroutine[Any, Any, T]) -> T:
        """Record the elapsed minutes as they pass, so that a run that continues after a kill knows them."""
        ticking = asyncio.create_task(self._note_minutes())
        try:
            return await asked
        finally:
            ticking.cancel()
            await asyncio.wait([ticking])
            self._note()

    async def _note_minutes(self) -> None:
        while True:
            await asyncio.sleep(NOTE_EVERY_S)
            await asyncio.to_thread(self._note)

    def _note(self) -> None:
        clock = Clock(minutes=self.budget.spent.minutes)
        self._store.contributions.add(self._run_id, "panel", {"Clock": clock.model_dump_json()})

    def stop(self) -> int | None:
        """Send nothing more; callable from any thread. Returns the number of calls in flight, which are waited for and
        recorded; the step that made them then raises Stopped. If no judge is being asked, returns None and does
        nothing."""
        if not self._asking:
            return None
        self._stopped = True
        loop = self._runner.get_loop()
        for door in self._doors.values():
            loop.call_soon_threadsafe(door.stop)
        return sum(door.in_flight for door in self._doors.values())

    def close(self) -> None:
        """Wait for calls in flight, which are paid for, and record them."""
        for door in self._doors.values():
            self._runner.run(door.close())
        self._runner.close()


def _recorded(folder: Path) -> Calls:
    return Store(find_run(str(folder), Path.cwd()).folder).calls
