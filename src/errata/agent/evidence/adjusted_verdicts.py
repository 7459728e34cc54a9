"""Correct verdicts for each judge's known bias, and for what people's decisions showed about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from errata.agent.contributions import JudgeProfile
from errata.tools.inference.candidates import ABSENT
from errata.tools.inference.verdict_columns import VerdictColumns
from errata.tools.judging.bank.bank import Bank
from errata.tools.judging.bank.control_questions import without_disabled
from errata.tools.judging.bank.reliability import Reliability, learn
from errata.tools.judging.calibration.prior import Prior, debiased, debiased_rows, fit_a
from errata.tools.judging.protocols import blind_choice, question_bank
from errata.tools.store.store import ItemRow
from errata.types import CANNOT_TELL, F64, OTHER_ANSWERS, Decision, LabelSpace, Verdict

if TYPE_CHECKING:
    from errata.tools.judging.calibration.fitted import Calibration


def adjusted_columns(
    verdicts: Sequence[Verdict],
    columns: VerdictColumns,
    rows: Sequence[ItemRow],
    profiles: Mapping[str, JudgeProfile],
    bank: Bank,
    decisions: Mapping[int, Decision],
) -> VerdictColumns:
    """``adjusted`` as columns; ``columns`` are the unadjusted verdicts. If there is only a prior to remove, the whole
    columns are adjusted at once rather than verdict by verdict."""
    by_itself = any(known.disabled for known in profiles.values()) or any(verdict.answers for verdict in verdicts)
    if by_itself or taught(decisions, columns.space):
        return VerdictColumns.of(adjusted(verdicts, rows, columns.space, profiles, bank, decisions), columns.space)
    if not profiles:
        return columns
    log_probs_MW = columns.log_probs_MW.copy()
    for judge, known in profiles.items():
        if (source := (judge, blind_choice.PROMPT_ID)) in columns.sources:
            of_judge_M = columns.sources_M == columns.sources.index(source)
            options_mW, said_mW = columns.options_MW[of_judge_M], log_probs_MW[of_judge_M]
            prior_O = _prior_of_options(known, columns.space)
            labels_mW = (options_mW != ABSENT) & (options_mW < len(columns.space.names))
            moved_mW = debiased_rows(np.where(labels_mW, said_mW, -np.inf), prior_O[options_mW], known.prior_share)
            log_probs_MW[of_judge_M] = np.where(labels_mW, moved_mW, said_mW)
    return replace(columns, log_probs_MW=log_probs_MW)


def _prior_of_options(known: JudgeProfile, space: LabelSpace) -> F64:
    """The log prior of each label, then NaN for each other answer and for an unused place, which is -1."""
    log_prior = Prior.from_json(known.prior).log_prior
    return np.array([*(log_prior.get(name, np.nan) for name in space.names), *[np.nan] * (len(OTHER_ANSWERS) + 1)])


def adjusted(
    verdicts: Sequence[Verdict],
    rows: Sequence[ItemRow],
    space: LabelSpace,
    profiles: Mapping[str, JudgeProfile],
    bank: Bank,
    decisions: Mapping[int, Decision],
) -> Sequence[Verdict]:
    """The verdicts that count, with adjusted log-probabilities; ``verdicts`` itself if nothing is known that would
    change them.

    A judge's answers about labels that it says yes to when they do not apply are dropped. Its prior over the labels is
    removed from its blind choices. Questions of a bank are weighted by how reliable they proved on decided items, and
    given enough of these, each protocol's probabilities are fitted to them. Only decisions on items that a person
    looked at are used.
    """
    known = taught(decisions, space)
    kept = _without_disabled(verdicts, rows, space, profiles, bank)
    kept = _without_prior(kept, profiles, known)
    kept = _by_reliable_questions(kept, bank, known)
    return _fitted(kept, space, known)


def taught(decisions: Mapping[int, Decision], space: LabelSpace) -> dict[int, Decision]:
    """The decisions that tell something about judges: a person looked at the item and could tell. Uses the labels' own
    spelling."""
    return {
        idx: replace(decision, label=space.canonical(decision.label))
        for idx, decision in decisions.items()
        if decision.looked == "item" and decision.answer != CANNOT_TELL
    }


def _without_disabled(
    verdicts: Sequence[Verdict],
    rows: Sequence[ItemRow],
    space: LabelSpace,
    profiles: Mapping[str, JudgeProfile],
    bank: Bank,
) -> Sequence[Verdict]:
    disabled = {judge: known.disabled for judge, known in profiles.items() if known.disabled}
    if not disabled:
        return verdicts
    found = [
        without_disabled(v, space.canonical(rows[v.idx].given_label), disabled.get(v.judge, ()), bank) for v in verdicts
    ]
    return [verdict for verdict in found if verdict is not None]


def _without_prior(
    verdicts: Sequence[Verdict], profiles: Mapping[str, JudgeProfile], taught: Mapping[int, Decision]
) -> Sequence[Verdict]:
    if not profiles:
        return verdicts
    found = list(verdicts)
    for judge, known in profiles.items():
        log_prior = Prior.from_json(known.prior).log_prior
        choices = [
            i for i, v in enumerate(found) if v.judge == judge and v.protocol == blind_choice.PROMPT_ID and v.readable
        ]
        decided = [(found[i].log_probs, str(taught[found[i].idx].label)) for i in choices if found[i].idx in taught]
        a = fit_a(decided, log_prior, known.prior_share)
        for i in choices:
            found[i] = replace(found[i], log_probs=debiased(found[i].log_probs, log_prior, a))
    return found


def _by_reliable_questions(
    verdicts: Sequence[Verdict], bank: Bank, taught: Mapping[int, Decision]
) -> Sequence[Verdict]:
    if not any(verdict.answers for verdict in verdicts):
        return verdicts
    known = {
        judge: learn(
            bank,
            [
                (str(taught[verdict.idx].label), verdict.answers)
                for verdict in verdicts
                if verdict.judge == judge and verdict.answers and verdict.idx in taught
            ],
        )
        for judge in {verdict.judge for verdict in verdicts}
    }
    return [_weighed_anew(v, bank, known[v.judge]) if v.answers else v for v in verdicts]


def _weighed_anew(verdict: Verdict, bank: Bank, reliability: Mapping[str, Reliability]) -> Verdict:
    labels = [label for label in verdict.log_probs if label not in OTHER_ANSWERS]
    return replace(verdict, log_probs=question_bank.weigh(bank, labels, verdict.answers, reliability))


def _fitted(verdicts: Sequence[Verdict], space: LabelSpace, taught: Mapping[int, Decision]) -> Sequence[Verdict]:
    if not taught:
        return verdicts
    columns = [*space.names, *OTHER_ANSWERS]
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.readable:
            groups.setdefault((verdict.judge, verdict.protocol), []).append(verdict)
    maps = {key: _fit(found, taught, columns) for key, found in groups.items()}
    return [replace(v, log_probs=maps[v.judge, v.protocol].apply(v.log_probs)) if v.readable else v for v in verdicts]


def _fit(verdicts: Sequence[Verdict], taught: Mapping[int, Decision], columns: Sequence[str]) -> Calibration:
    from errata.tools.judging.calibration.fitted import fit

    decided = [verdict for verdict in verdicts if verdict.idx in taught]
    answers = [taught[verdict.idx].label or taught[verdict.idx].answer for verdict in decided]
    groups = [taught[verdict.idx].content_sha for verdict in decided]
    return fit([verdict.log_probs for verdict in decided], answers, columns, groups)
