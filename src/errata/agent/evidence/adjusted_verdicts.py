"""How verdicts are heard: what is known of the judge, and what people taught about it, taken into account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from errata.agent.run.workspace import Workspace
from errata.tools.judging.bank.bank import Bank
from errata.tools.judging.bank.controls import without_disabled
from errata.tools.judging.bank.reliability import Reliability, learn
from errata.tools.judging.calibration.fitted import Calibration, fit
from errata.tools.judging.calibration.prior import Prior, debiased, fit_a
from errata.tools.judging.protocols import blind_choice, question_bank
from errata.types import CANNOT_TELL, OTHER_ANSWERS, Decision, Verdict


def as_heard(workspace: Workspace, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts that count, with the log-probabilities that they count with.

    A judge is not heard about labels that it says yes to where there is nothing. Its prior over the labels is taken out
    of its blind choices. Questions of a bank count as far as they proved reliable on decided items, and with enough of
    those each protocol's probabilities are fitted to them. Only decisions on items that a person looked at teach.
    """
    space = workspace.run.label_space
    taught = {
        idx: replace(decision, label=space.canonical(decision.label))
        for idx, decision in workspace.settled_decisions().items()
        if decision.looked == "item" and decision.answer != CANNOT_TELL
    }
    kept = _without_disabled(workspace, verdicts)
    kept = _without_prior(workspace, kept, taught)
    kept = _by_reliable_questions(workspace, kept, taught)
    return _fitted(workspace, kept, taught)


def _without_disabled(workspace: Workspace, verdicts: Sequence[Verdict]) -> list[Verdict]:
    known = workspace.run.facts.get("calibration", {})
    if not any(of_judge["disabled"] for of_judge in known.values()):
        return list(verdicts)
    given, bank = [workspace.run.label_space.canonical(row.given_label) for row in workspace.rows()], workspace.bank
    found = [without_disabled(v, given[v.idx], known.get(v.judge, {}).get("disabled", ()), bank) for v in verdicts]
    return [verdict for verdict in found if verdict is not None]


def _without_prior(workspace: Workspace, verdicts: Sequence[Verdict], taught: Mapping[int, Decision]) -> list[Verdict]:
    found = list(verdicts)
    for judge, known in workspace.run.facts.get("calibration", {}).items():
        log_prior = Prior.from_json(known["prior"]).log_prior
        choices = [
            i for i, v in enumerate(found) if v.judge == judge and v.protocol == blind_choice.PROMPT_ID and v.readable
        ]
        decided = [(found[i].log_probs, str(taught[found[i].idx].label)) for i in choices if found[i].idx in taught]
        a = fit_a(decided, log_prior)
        for i in choices:
            found[i] = replace(found[i], log_probs=debiased(found[i].log_probs, log_prior, a))
    return found


def _by_reliable_questions(
    workspace: Workspace, verdicts: Sequence[Verdict], taught: Mapping[int, Decision]
) -> list[Verdict]:
    if not any(verdict.answers for verdict in verdicts):
        return list(verdicts)
    bank = workspace.bank
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


def _fitted(workspace: Workspace, verdicts: Sequence[Verdict], taught: Mapping[int, Decision]) -> list[Verdict]:
    if not taught:
        return list(verdicts)
    columns = [*workspace.run.label_space.names, *OTHER_ANSWERS]
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.readable:
            groups.setdefault((verdict.judge, verdict.protocol), []).append(verdict)
    maps = {key: _fit(found, taught, columns) for key, found in groups.items()}
    return [replace(v, log_probs=maps[v.judge, v.protocol].apply(v.log_probs)) if v.readable else v for v in verdicts]


def _fit(verdicts: Sequence[Verdict], taught: Mapping[int, Decision], columns: Sequence[str]) -> Calibration:
    decided = [verdict for verdict in verdicts if verdict.idx in taught]
    answers = [taught[verdict.idx].label or taught[verdict.idx].answer for verdict in decided]
    groups = [taught[verdict.idx].content_sha for verdict in decided]
    return fit([verdict.log_probs for verdict in decided], answers, columns, groups)
