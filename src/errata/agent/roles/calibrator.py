"""The calibrator measures a judge before its verdicts count: how often it is right on trusted items, what it prefers on
empty content, whether it says yes to what is not there, and how much it relies on a label it is shown."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from errata.agent.contributions import Answering, JudgeProfile, JudgeProfiles, Queue
from errata.agent.evidence.next_questions import ALL_LABELS, candidates_of
from errata.agent.evidence.view import View
from errata.agent.role import Ask, Role, RoleOutput
from errata.tools.guideline.excerpt import excerpt
from errata.tools.judging.bank.control_questions import ask_control_questions, draw_control_questions, tally
from errata.tools.judging.calibration.anchored import ask_both_ways
from errata.tools.judging.calibration.bias import anchor_bias, position_bias
from errata.tools.judging.calibration.content_free import content_free
from errata.tools.judging.calibration.measure import choice_prior
from errata.tools.judging.calibration.prior import Prior, debiased, fit_a
from errata.tools.judging.calibration.trusted import FEWEST, Enough, TrustedQuestion, answers_of, ask_trusted, is_known
from errata.tools.judging.door import Door
from errata.tools.judging.protocol import AnnotationEvidence
from errata.tools.judging.protocols import blind_choice, question_bank
from errata.tools.judging.registry import protocol_named
from errata.tools.tasks.registry import task_named
from errata.types import Item, Verdict

TENTH = 10
"""At most one in this many questions is about a trusted item, unless that is too few to learn anything."""
SAMPLE, SAMPLE_BYTES = 200, 256 << 20
"""How many items, and how many bytes of their encoded images, content-free items are made from."""


class Calibrator(Role):
    name, phase, place = "calibrator", "prepare", 20

    def wanted(self, view: View) -> bool:
        """Once for each judge, if the run calibrates its judges."""
        return view.settings.calibrate and view.judge not in view.profiles.judges

    def work(self, view: View, ask: Ask) -> Sequence[RoleOutput]:
        """The JudgeProfiles, including the judge that is about to be asked."""
        return self._measured(view, ask, is_known)

    def rehearse(self, view: View, ask: Ask) -> Sequence[RoleOutput]:
        """Ask about all trusted items, since it is not known in advance how many will be enough."""
        return self._measured(view, ask, lambda answers: False)

    def _measured(self, view: View, ask: Ask, enough: Enough) -> Sequence[RoleOutput]:
        rows = [row.idx for row in view.rows if row.problem is None]
        drawn = random.Random(0).sample(rows, min(SAMPLE, len(rows)))  # noqa: S311  not a secret
        free = content_free(_some(view, drawn))
        sure = [replace(item, given_label=view.space.canonical(item.given_label)) for item in view.control_items]
        trusted = questions_about(view)
        found = ask(view.judge, lambda door: measure(view, door, free, sure, trusted, enough))
        return (JudgeProfiles(judges=view.profiles.judges | {view.judge: found}),)


def _some(view: View, drawn: Sequence[int]) -> list[Item]:
    """The drawn items, ordered by row; once their images exceed SAMPLE_BYTES, the rest come without one."""
    found, room = [], SAMPLE_BYTES
    for item in view.content.each(drawn):
        room -= sum(len(part.image or b"") for part in item.images)
        found.append(item if room >= 0 else replace(item, parts=item.texts))
    return sorted(found, key=lambda item: item.idx)


async def measure(
    view: View,
    door: Door,
    free: Sequence[Item],
    sure: Sequence[Item],
    trusted: Sequence[Sequence[TrustedQuestion]],
    enough: Enough,
) -> JudgeProfile:
    """Measure how often the judge is right, its prior in a blind choice, its anchor bias, and how often it says yes to
    what is not there."""
    space, style = view.space, view.settings.style
    # These questions are about all labels in turn, so a guideline too long for a judge is cut at its end.
    guideline = excerpt(view.guideline, space, ())
    names = list(space.names)
    asked_trusted = await ask_trusted(door, trusted, view.setup, enough)
    # If there are too many labels for one question, they are split over several.
    sets = [names[at : at + ALL_LABELS] for at in range(0, len(names), ALL_LABELS)]
    choices = not task_named(space.task).own_scan  # other labels are no options of one
    prior, of_nothing = await choice_prior(
        door,
        free if choices else (),
        sets if choices else (),
        space,
        style=style,
        permutations=view.settings.permutations,
        guideline=guideline,
    )
    share, corrected = without_prior(asked_trusted, prior)
    shown = [_another(item, names) for item in sure] if choices else []
    asked = [(item, _beside(item, label, names), label) for item, label in zip(sure, shown, strict=False)]
    pairs = await ask_both_ways(door, asked, space, style=style, guideline=guideline)
    controls = await _ask_controls(view, door, free, sure, guideline)
    tallies = tally(controls)
    # The questions without a label shown may also be asked before a control, where they count.
    answered = (*asked_trusted, *pairs, *controls)
    return JudgeProfile(
        prior=prior.as_json(),
        prior_share=share,
        anchor_bias=anchor_bias(pairs, shown),
        position_bias=position_bias(verdict for _, verdict in asked_trusted),
        disabled=tuple(one.label for one in tallies if one.disabled),
        controls=tuple(map(str, tallies)),
        trusted=tuple(answers_of(corrected, space)),
        answering=Answering.of([*of_nothing, *(verdict for _, verdict in answered)]),
    )


async def _ask_controls(
    view: View, door: Door, free: Sequence[Item], sure: Sequence[Item], guideline: str
) -> list[tuple[str, Verdict]]:
    """The answers to control questions, for a run that asks the questions of a bank."""
    if question_bank.PROMPT_ID not in view.settings.protocols:
        return []
    of_label = {name: [item for item in sure if item.given_label == name] for name in view.space.names}
    drawn = draw_control_questions(free, of_label)
    style = view.settings.style
    return await ask_control_questions(door, drawn, view.bank, view.space, style=style, guideline=guideline)


def questions_about(view: View) -> list[list[TrustedQuestion]]:
    """The questions to ask a judge about each trusted item. A protocol that shows a given label shows the trusted one
    for about half of the items, and the likeliest other label for the rest."""
    queue = view.contributions.find(Queue)
    drawn = queue.trusted[: max(FEWEST, (queue.suspects + queue.drawn) // TENTH)] if queue else ()
    asking = [protocol_named(name) for name in view.settings.protocols]
    challengers, found = view.scan_posterior.challengers, list[list[TrustedQuestion]]()
    items = view.content.each([one.idx for one in drawn])
    task, last = task_named(view.space.task), None
    for number, (item, one) in enumerate(zip(items, drawn, strict=True)):
        label, other = str(view.space.canonical(view.rows[one.idx].given_label)), challengers[one.idx]
        if number % 2 and last is not None and (made := task.made_wrong(item, last)) is not None:
            item, (label, other) = made[0], (made[1], label)
        last = item
        candidates = candidates_of(view, view.scan_posterior, one.idx)
        found.append([])
        for protocol in asking:
            given, rival = (label, other) if number % 2 or other is None else (other, label)
            labels = protocol.about(AnnotationEvidence(given, rival, 0.5, True, "ambiguous", candidates))
            if labels is not None and protocol.measurable:
                seen = replace(item, given_label=given if protocol.shows_given else None)
                shown = given if protocol.shows_given else None
                found[-1].append(TrustedQuestion(seen, protocol.name, labels, label, shown, one.weight, one.wrong))
    return found


def without_prior(
    found: Sequence[tuple[TrustedQuestion, Verdict]], prior: Prior
) -> tuple[float, list[tuple[TrustedQuestion, Verdict]]]:
    """The share of its prior to remove from the judge's blind choices, chosen to make the trusted labels likeliest; and
    the verdicts with that share removed."""
    blind = [(v.log_probs, q.label) for q, v in found if v.readable and q.protocol == blind_choice.PROMPT_ID]
    share = fit_a(blind, prior.log_prior)
    return share, [
        (q, replace(v, log_probs=debiased(v.log_probs, prior.log_prior, share)))
        if v.readable and q.protocol == blind_choice.PROMPT_ID
        else (q, v)
        for q, v in found
    ]


def _another(item: Item, names: Sequence[str]) -> str:
    """A wrong label to show: the next one in the list, so that all labels are shown about equally often."""
    at = names.index(item.given_label) if item.given_label in names else 0
    return names[(at + 1) % len(names)]


def _beside(item: Item, shown: str, names: Sequence[str]) -> list[str]:
    return sorted({*names[:ALL_LABELS], shown, item.given_label or shown})


ROLE = Calibrator()
