"""Judge a batch of items: every call of the batch in flight at once, up to what the model takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from errata.errors import BudgetExceeded, ModelError
from errata.tools.judging.door import Door
from errata.tools.judging.images import ItemImage
from errata.tools.judging.protocols import blind_choice, contest
from errata.tools.judging.protocols.reading import Style
from errata.types import Item, LabelSpace, Verdict


@dataclass(frozen=True, slots=True)
class JudgeTask:
    """What to ask of one item: blind choice among ``candidates`` (none: not asked), and a contest of the given label
    against ``challenger`` (None, or no given label: not asked)."""

    item: Item
    candidates: tuple[str, ...] = ()
    challenger: str | None = None


@dataclass(frozen=True, slots=True)
class JudgeSetup:
    """How to ask. ``space`` gives the labels their definitions; ``permutations`` is for blind choice (a contest
    always has two orders)."""

    space: LabelSpace
    guideline: str = ""
    style: Style = "letters"
    permutations: int = 2


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts of the tasks that were finished whole, in the order of the tasks, and what ended the batch early, if
    anything did: BudgetExceeded or another ModelError. Every finished call is recorded either way."""

    verdicts: tuple[Verdict, ...]
    stopped: ModelError | None = None


async def judge_items(
    door: Door,
    tasks: Sequence[JudgeTask],
    setup: JudgeSetup,
    progress: Callable[[int], None] | None = None,
) -> Judged:
    """Ask everything that ``tasks`` hold. ``progress`` is called with the number of tasks finished so far.

    An item whose request is refused, or whose image cannot be read, gets an unreadable verdict that says why; but none
    where the model turns out to be at fault, so that the item is asked about again once that has been put right.
    """
    finished = 0

    async def judge(task: JudgeTask) -> list[Verdict]:
        nonlocal finished
        verdicts = await _judge_item(door, task, setup)
        finished += 1
        if progress is not None:
            progress(finished)
        return verdicts

    results = await asyncio.gather(*(judge(task) for task in tasks), return_exceptions=True)
    stopped = next((result for result in results if isinstance(result, ModelError)), None)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, ModelError):
            raise result
    at_fault = stopped is not None and not isinstance(stopped, BudgetExceeded)
    verdicts = [
        verdict
        for result in results
        if isinstance(result, list) and not (at_fault and _not_asked(result))
        for verdict in result
    ]
    return Judged(tuple(verdicts), stopped)


def _not_asked(verdicts: Sequence[Verdict]) -> bool:
    """Whether a question about the item came back without a single call."""
    return any(not verdict.call_keys for verdict in verdicts)


async def _judge_item(door: Door, task: JudgeTask, setup: JudgeSetup) -> list[Verdict]:
    item, images = task.item, ItemImage.of(task.item)
    asked = []
    if task.candidates:
        asked.append(
            blind_choice.ask(
                door,
                item,
                task.candidates,
                setup.space,
                style=setup.style,
                permutations=setup.permutations,
                guideline=setup.guideline,
                images=images,
            )
        )
    if task.challenger is not None and item.given_label is not None:
        asked.append(
            contest.ask(
                door,
                item,
                item.given_label,
                task.challenger,
                setup.space,
                style=setup.style,
                guideline=setup.guideline,
                images=images,
            )
        )
    return list(await asyncio.gather(*asked))
