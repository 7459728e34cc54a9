"""Judge a batch of items, with as many calls in flight as the model takes."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from errata.errors import BudgetExceeded, ModelError
from errata.tools.judging.chat import KnowsItsContext
from errata.tools.judging.door import Door
from errata.tools.judging.pacing.memory import Memory
from errata.tools.judging.registry import protocols
from errata.tools.judging.task import JudgeSetup, JudgeTask
from errata.tools.judging.together import together
from errata.types import Verdict

AT_ONCE = 512
"""Tasks in progress: enough that a server with hundreds of calls in flight never idles."""

HELD_BYTES = 512 << 20
"""How much memory the images of those tasks may take together; a single task may take more."""

SAFE_BYTES = 2048
"""A guideline up to this size fits into every judge's context."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts of the tasks that were finished completely, in task order, and what ended the batch early, if anything:
    BudgetExceeded or another ModelError. Every finished call is recorded either way."""

    verdicts: tuple[Verdict, ...]
    stopped: ModelError | None = None


async def judge_items(
    door: Door,
    tasks: Iterable[JudgeTask],
    setup: JudgeSetup,
    progress: Callable[[int], None] | None = None,
    *,
    held_bytes: int = HELD_BYTES,
) -> Judged:
    """Ask everything in ``tasks``; they are consumed as places become free, so their content need not all be in memory.
    ``progress`` is called with the number of finished tasks; images of unfinished ones take at most ``held_bytes``
    together.

    An item whose request is refused, or whose image cannot be read, gets an unreadable verdict that says why; it gets
    none if the model turns out to be at fault, so that the item is asked about again once that is fixed.
    """
    asking, setup = protocols(), await _with_context(door, setup)
    verdicts: dict[int, Verdict] = {}
    stopped: list[ModelError] = []
    waiting = enumerate(tasks)

    memory = Memory(held_bytes)

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
                    verdict = await asking[task.protocol].ask(door, task, setup.about(task.rests_on))
                    # A protocol may use the prompt of another.
                    verdicts[n] = replace(verdict, protocol=task.protocol)
            except ModelError as error:
                stopped.append(error)
                return
            finally:
                memory.give(task.held_bytes)
            if progress is not None:
                progress(len(verdicts))

    with _old_objects_left_alone():
        # Other errors are raised once the others are done: their calls are paid for.
        await together(take_tasks() for _ in range(AT_ONCE))
    at_fault = bool(stopped) and not isinstance(stopped[0], BudgetExceeded)
    finished = (verdicts[n] for n in sorted(verdicts))
    # A question that came back without any call was refused, and a faulty model may refuse anything.
    return Judged(tuple(v for v in finished if v.call_keys or not at_fault), stopped[0] if stopped else None)


async def _with_context(door: Door, setup: JudgeSetup) -> JudgeSetup:
    """Ask for the judge's context length only if the guideline makes it matter."""
    if len(setup.guideline.encode()) <= SAFE_BYTES or not isinstance(door.model, KnowsItsContext):
        return setup
    return replace(setup, context_tokens=await door.model.context_tokens())


@contextmanager
def _old_objects_left_alone() -> Iterator[None]:
    """Keep garbage collections from scanning existing objects: a fifth of a call's CPU (`python -m evals door`)."""
    if gc.get_freeze_count():  # someone else has done so, and will undo it
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
