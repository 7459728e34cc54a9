"""All evidence of a run in one posterior per item; made anew whenever it is asked for, since it takes milliseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from errata.agent.workspace import Workspace
from errata.tools.detectors.confident_joint import confident_joint
from errata.tools.inference.posterior import Posteriors, weigh
from errata.tools.judging.bank import Bank
from errata.tools.judging.bank_file import from_json
from errata.tools.judging.protocols import question_bank
from errata.tools.judging.reliability import Reliability, learn
from errata.types import OTHER_ANSWERS, Verdict

NOISE_BOUNDS = (0.033, 0.5)
"""Before anybody looked, no dataset is believed to be cleaner than ten well-kept test sets turned out to be on average
(Northcutt, Athalye, Mueller 2021), and none to be mostly wrong."""


def posteriors(workspace: Workspace, verdicts: Sequence[Verdict] | None = None) -> Posteriors:
    """Over all items of the run, from its detectors and from ``verdicts`` (default: all that the run has)."""
    found = _with_what_people_taught(workspace, workspace.verdicts() if verdicts is None else verdicts)
    return weigh(
        workspace.given_N,
        workspace.detector_probs(),
        noise_share(workspace),
        found,
        workspace.run.label_space,
        workspace.settings.pool,
    )


def _with_what_people_taught(workspace: Workspace, verdicts: Sequence[Verdict]) -> Sequence[Verdict]:
    """The same verdicts, those of a question bank weighed anew by how reliable each question proved on decided items.

    Only decisions on items that a person looked at teach anything.
    """
    answered = {verdict.idx: verdict for verdict in verdicts if verdict.answers}
    if not answered:
        return verdicts
    decided = [
        (decision.label, answered[idx].answers)
        for idx, decision in workspace.settled_decisions().items()
        if idx in answered and decision.looked == "item" and decision.label is not None
    ]
    bank = from_json(workspace.run.facts["bank"])
    reliability = learn(bank, decided)
    return [_weighed_anew(verdict, bank, reliability) if verdict.answers else verdict for verdict in verdicts]


def _weighed_anew(verdict: Verdict, bank: Bank, reliability: Mapping[str, Reliability]) -> Verdict:
    labels = [label for label in verdict.log_probs if label not in OTHER_ANSWERS]
    return replace(verdict, log_probs=question_bank.weigh(bank, labels, verdict.answers, reliability))


def noise_share(workspace: Workspace) -> float:
    """The share of labels that the confident joint of the out-of-fold probabilities puts off its diagonal."""
    if "noise" not in workspace.run.facts:
        labeled = np.flatnonzero(workspace.given_N >= 0)
        labels_N = workspace.given_N[labeled]
        joint_KK = confident_joint(labels_N, np.asarray(workspace.arrays.load("probs")[labeled])).calibrated(labels_N)
        workspace.note(noise=float(1 - np.trace(joint_KK) / max(joint_KK.sum(), 1)))
    return float(np.clip(workspace.run.facts["noise"], *NOISE_BOUNDS))
