"""The questioner prepares the question bank: once per label and per confusable pair, before any item is asked about."""

from __future__ import annotations

from errata.agent.evidence.posterior import joint_of
from errata.agent.run.workspace import Workspace
from errata.tools.judging.bank.bank import by_rule, confusions, merged
from errata.tools.judging.bank.bank_file import read_bank, to_json


def prepare(workspace: Workspace) -> None:
    """Note the run's question bank among its facts, if a judge is to be asked any and none is there yet.

    Questions come from the user's file if there is one; otherwise the first judge writes them, label by label. Those
    that need no writing are always added, so a judge that cannot write still has a bank.
    """
    settings, space = workspace.settings, workspace.run.label_space
    if "question_bank" not in settings.protocols or not settings.judge or "bank" in workspace.run.facts:
        return
    confused = confusions(joint_of(workspace).tolist(), space)
    if settings.questions is not None:
        written = read_bank(settings.questions, space)
    else:
        written = workspace.panel.write_questions(
            space, confused, guideline=workspace.guideline, modality=workspace.dataset.modality
        )
    workspace.note(bank=to_json(merged(written, by_rule(space, confused))))
