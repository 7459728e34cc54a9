"""Judge a batch of items: as many calls in flight as the model takes, from the first item to the last."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from errata.errors import BudgetExceeded, ModelError
from errata.tools.judging.bank.bank import Bank
from errata.tools.judging.door import Door
from errata.tools.judging.images.images import held_bytes
from errata.tools.judging.pacing.memory import Memory
from errata.tools.judging.protocols import (
    blind_choice,
    contest,
    image_text_pair,
    open_answer,
    question_bank,
    several_labels,
    steering,
)
from errata.tools.judging.reading.reading import Style
from errata.types import Item, LabelSpace, Verdict

AT_ONCE = 512
"""Tasks begun and not finished: enough that a server with hundreds of calls in flight never waits for one."""

HELD_BYTES = 512 << 20
"""What the images of those tasks may take together; a single task may take more."""


@dataclass(frozen=True, slots=True)
class JudgeTask:
    """What to ask of one item: under ``protocol``, about ``labels``. A contest is between the first two of them; an
    image-text pair has the label of a match first, that of a mismatch second; a steering control has two
    ``references``."""

    item: Item
    protocol: str
    labels: tuple[str, ...] = ()
    references: tuple[steering.Reference, ...] = ()

    @property
    def held_bytes(self) -> int:
        """About how much memory its images take."""
        return sum(map(held_bytes, (self.item, *(reference.item for reference in self.references))))


@dataclass(frozen=True, slots=True)
class JudgeSetup:
    """How to ask. ``space`` gives the labels their definitions; ``permutations`` is for blind choice (a contest
    always has two orders), ``bank`` for the question bank."""

    space: LabelSpace
    guideline: str = ""
    style: Style = "letters"
    permutations: int = 2
    bank: Bank = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts of the tasks that were finished whole, in the order of the tasks, and what ended the batch early, if
    anything did: BudgetExceeded or another ModelError. Every finished call is recorded either way."""

    verdicts: tuple[Verdict, ...]
    stopped: ModelError | None = None


async def judge_items(
    door: Door,
    tasks: Iterable[JudgeTask],
    setup: JudgeSetup,
    progress: Callable[[int], None] | None = None,
) -> Judged:
    """Ask everything that ``tasks`` hold; they are taken as places come free, so their content need not all be in
    memory. ``progress`` is called with the number of tasks finished so far.

    An item whose request is refused, or whose image cannot be read, gets an unreadable verdict that says why; but none
    where the model turns out to be at fault, so that the item is asked about again once that has been put right.
    """
    verdicts: dict[int, Verdict] = {}
    stopped: list[ModelError] = []
    waiting = enumerate(tasks)

    memory = Memory(HELD_BYTES)

    async def take_tasks() -> None:
        while True:
            async with memory.turn:
                numbered = None if stopped else next(waiting, None)
                if numbered is None:
                    return
                n, task = numbered
                await memory.take(task.held_bytes)
            try:
                if not stopped:
                    verdicts[n] = await PROTOCOLS[task.protocol](door, task, setup)
            except ModelError as error:
                stopped.append(error)
                return
            finally:
                memory.give(task.held_bytes)
            if progress is not None:
                progress(len(verdicts))

    with _old_objects_left_alone():
        # Whatever else goes wrong is raised when the others are done: their calls are paid for.
        results = await asyncio.gather(*(take_tasks() for _ in range(AT_ONCE)), return_exceptions=True)
    for result in results:
        if result is not None:
            raise result
    at_fault = bool(stopped) and not isinstance(stopped[0], BudgetExceeded)
    finished = (verdicts[n] for n in sorted(verdicts))
    # A question that came back without a single call was refused, and a model at fault may refuse anything.
    return Judged(tuple(v for v in finished if v.call_keys or not at_fault), stopped[0] if stopped else None)


@contextmanager
def _old_objects_left_alone() -> Iterator[None]:
    """Garbage collections look at nothing that is there already: a fifth of a call's CPU (`python -m evals door`)."""
    if gc.get_freeze_count():  # somebody else has done so, and will end it
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


async def _blind_choice(door: Door, task: JudgeTask, setup: JudgeSetup) -> Verdict:
    return await blind_choice.ask(
        door,
        task.item,
        task.labels,
        setup.space,
        style=setup.style,
        permutations=setup.permutations,
        guideline=setup.guideline,
    )


async def _contest(door: Door, task: JudgeTask, setup: JudgeSetup) -> Verdict:
    given, challenger = task.labels
    return await contest.ask(
        door, task.item, given, challenger, setup.space, style=setup.style, guideline=setup.guideline
    )


async def _question_bank(door: Door, task: JudgeTask, setup: JudgeSetup) -> Verdict:
    return await question_bank.ask(
        door, task.item, task.labels, setup.bank, setup.space, style=setup.style, guideline=setup.guideline
    )


async def _open_answer(door: Door, task: JudgeTask, setup: JudgeSetup) -> Verdict:
    return await open_answer.ask(door, task.item, setup.space, guideline=setup.guideline)


async def _several_labels(door: Door, task: JudgeTask, setup: JudgeSetup) -> Verdict:
    return await several_labels.ask(
        door, task.item, task.labels, setup.space, style=setup.style, guideline=setup.guideline
    )


async def _image_text_pair(door: Door, task: JudgeTask, setup: JudgeSetup) -> Verdict:
    match, mismatch = task.labels
    return await image_text_pair.ask(
        door, task.item, match, mismatch, setup.space, style=setup.style, guideline=setup.guideline
    )


async def _steering(door: Door, task: JudgeTask, setup: JudgeSetup) -> Verdict:
    one, other = task.references
    return await steering.ask(
        door, task.item, (one, other), task.labels, setup.space, style=setup.style, guideline=setup.guideline
    )


PROTOCOLS: Mapping[str, Callable[[Door, JudgeTask, JudgeSetup], Awaitable[Verdict]]] = {
    blind_choice.PROMPT_ID: _blind_choice,
    contest.PROMPT_ID: _contest,
    question_bank.PROMPT_ID: _question_bank,
    open_answer.PROMPT_ID: _open_answer,
    several_labels.PROMPT_ID: _several_labels,
    image_text_pair.PROMPT_ID: _image_text_pair,
    steering.PROMPT_ID: _steering,
}
