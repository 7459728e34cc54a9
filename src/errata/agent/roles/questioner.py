"""The questioner prepares the question bank: once per label and per confusable pair, before any item is asked about."""

from __future__ import annotations

import numpy as np

from errata.agent.workspace import Workspace
from errata.tools.detectors.confident_joint import confident_joint
from errata.tools.judging.bank import Bank, by_rule, confusions, merged
from errata.tools.judging.bank_file import from_json, read_bank, to_json


def prepare(workspace: Workspace) -> None:
    """Note the run's question bank among its facts, if a judge is to be asked any and none is there yet.

    Questions come from the user's file if there is one; otherwise the first judge writes them, label by label. Those
    that need no writing are always added, so a judge that cannot write still has a bank.
    """
    settings, space = workspace.settings, workspace.run.label_space
    if "question_bank" not in settings.protocols or not settings.judge or "bank" in workspace.run.facts:
        return
    confused = confusions(_joint(workspace), space)
    if settings.questions is not None:
        written = read_bank(settings.questions, space)
    else:
        written = workspace.panel.write_questions(
            space, confused, guideline=workspace.guideline, modality=workspace.dataset.modality
        )
    workspace.note(bank=to_json(merged(written, by_rule(space, confused))))


def bank(workspace: Workspace) -> Bank:
    return from_json(workspace.run.facts.get("bank", []))


def _joint(workspace: Workspace) -> list[list[float]]:
    labeled = np.flatnonzero(workspace.given_N >= 0)
    labels_N = workspace.given_N[labeled]
    joint = confident_joint(labels_N, np.asarray(workspace.arrays.load("probs")[labeled]))
    found: list[list[float]] = joint.calibrated(labels_N).tolist()
    return found
