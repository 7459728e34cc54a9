"""Ask a judge the same question with and without the dataset's label: how much it relies on what it is shown."""

from __future__ import annotations

from collections.abc import Sequence

from errata.errors import DataError
from errata.tools.judging.door import Door
from errata.tools.judging.protocols import blind_choice
from errata.tools.judging.reading.reading import Style
from errata.tools.judging.together import together
from errata.types import Item, LabelSpace, Verdict

ANCHORED_ID = "anchored_choice"


async def ask_both_ways(
    door: Door,
    asked: Sequence[tuple[Item, Sequence[str], str]],
    space: LabelSpace,
    *,
    style: Style = "letters",
    guideline: str = "",
) -> list[tuple[Verdict, Verdict]]:
    """For each (item, candidates, label to show): the blind choice, and the same question with the label shown.

    Four calls per item; those of the blind choice are cached if the run made them. Raises what ``Door.ask`` raises,
    except for refusals.
    """

    blind = (blind_choice.ask(door, item, among, space, style=style, guideline=guideline) for item, among, _ in asked)
    anchored = (
        anchored_choice(door, item, among, shown, space, style=style, guideline=guideline)
        for item, among, shown in asked
    )
    found = await together([*blind, *anchored])
    return list(zip(found[: len(asked)], found[len(asked) :], strict=True))


async def anchored_choice(
    door: Door,
    item: Item,
    candidates: Sequence[str],
    shown: str,
    space: LabelSpace,
    *,
    style: Style = "letters",
    guideline: str = "",
) -> Verdict:
    """Blind choice, with the same words and orders, plus one line: the dataset says ``shown``.

    It measures the judge and is never evidence about the item. DataError if ``shown`` is not a candidate.
    """
    if shown not in candidates:
        raise DataError(f"The label to show, {shown!r}, is not among the candidates {sorted(candidates)}: add it.")
    return await blind_choice.ask(
        door,
        item,
        candidates,
        space,
        style=style,
        guideline=guideline,
        prompt_id=ANCHORED_ID,
        slots={"given": shown},
    )
