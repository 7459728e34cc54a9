"""Control questions: their right answer is known to be no, which exposes a judge that says yes to everything.

VDC with controls (ALGORITHMS B3). "Is it a cat?" is asked of items without content and of items of other classes; a
judge that says yes too often is not used for cats.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from errata.tools.judging.bank.bank import Bank
from errata.tools.judging.door import Door
from errata.tools.judging.protocols import question_bank
from errata.tools.judging.reading.reading import Style, favorite, normalized
from errata.tools.judging.together import together
from errata.types import Item, LabelSpace, Verdict

PER_LABEL = 5
"""Of each kind. If all ten are answered at the limit rate below, five or more are yes 3 times in 100."""
MOST_YES = 0.2
SURE = 0.05
"""The maximum probability of disabling a judge for a class if its true rate of yes is MOST_YES."""


@dataclass(frozen=True, slots=True)
class ControlQuestion:
    """An item that is not of class ``label``."""

    item: Item
    label: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a judge said yes to the control questions of one class. An unreadable answer is not counted."""

    label: str
    yes: int
    asked: int

    @property
    def disabled(self) -> bool:
        """Whether the rate of yes is significantly above MOST_YES (exact binomial test): never for 1 of 3."""
        from scipy.stats import binomtest  # takes half a second to import

        return self.asked > 0 and bool(binomtest(self.yes, self.asked, MOST_YES, "greater").pvalue < SURE)

    def __str__(self) -> str:
        used = "not used for it" if self.disabled else "used"
        return f"{self.label}: yes to {self.yes} of {self.asked} control questions, {used}"


def draw_control_questions(
    free: Sequence[Item], others: Mapping[str, Sequence[Item]], per_label: int = PER_LABEL, seed: int = 0
) -> tuple[ControlQuestion, ...]:
    """For each class of ``others``, up to ``per_label`` items of other classes, and as many content-free ones.

    ``others`` maps every class to items whose label is certain (decided by a person, or the best by quality); a class
    without any still gets its control questions from the others.
    """
    draw = random.Random(f"controls {seed}")  # noqa: S311  not a secret
    found = []
    for label in others:
        foreign = [item for other, items in others.items() if other != label for item in items]
        for source in (free, foreign):
            found += [ControlQuestion(item, label) for item in draw.sample(list(source), min(per_label, len(source)))]
    return tuple(found)


async def ask_control_questions(
    door: Door,
    asked: Sequence[ControlQuestion],
    bank: Bank,
    space: LabelSpace,
    *,
    style: Style = "letters",
    guideline: str = "",
) -> list[tuple[str, Verdict]]:
    """Ask one presence question of ``bank`` about each control, one call each. Returns the class asked about and the
    answer, also where that is unreadable or refused. Raises what ``Door.ask`` raises, except for refusals."""
    presence = {question.label: (question,) for question in reversed(bank) if question.kind == "presence"}
    known = [control for control in asked if control.label in presence]
    verdicts = await together(
        question_bank.ask(door, c.item, (c.label,), presence[c.label], space, style=style, guideline=guideline)
        for c in known
    )
    return [(control.label, verdict) for control, verdict in zip(known, verdicts, strict=True)]


def tally(answered: Iterable[tuple[str, Verdict]]) -> tuple[Tally, ...]:
    """Per class, from the verdicts on its control questions: yes = likelier than both no and "cannot tell"."""
    counts: dict[str, list[bool]] = {}
    for label, verdict in answered:
        for yes, no in verdict.answers.values():
            counts.setdefault(label, []).append(yes > max(no, 1 - yes - no))
    return tuple(Tally(label, sum(said), len(said)) for label, said in counts.items())


def without_disabled(verdict: Verdict, given: str | None, disabled: Collection[str], bank: Bank = ()) -> Verdict | None:
    """A verdict reduced for a judge that is ``disabled`` for some labels.

    None if the judge favored one of those or the item's given label is one: then none of its answers can be used.
    Otherwise the verdict without them, normalized, and without their bank questions.
    """
    if not verdict.readable or not disabled:
        return verdict
    if given in disabled or favorite(verdict.log_probs) in disabled:
        return None
    ignored = {question.id for question in bank if question.label in disabled}
    log_probs = normalized({key: value for key, value in verdict.log_probs.items() if key not in disabled})
    answers = {id_: answer for id_, answer in verdict.answers.items() if id_ not in ignored}
    return replace(verdict, log_probs=log_probs, answers=answers)
