"""Run the roles of one phase, one after the other, and keep what each contributes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from errata.agent.contributions import Contribution
from errata.agent.evidence.next_questions import Question
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.evidence.view import View
from errata.agent.role import GROUP, Phase, Role, role_named
from errata.agent.run.notices import Progress, no_progress
from errata.agent.run.workspace import Workspace
from errata.tools.plugins import load
from errata.types import Place, Proposal


def roles_of(phase: Phase, also: Sequence[str] = ()) -> list[Role]:
    """The roles of this phase, in order: the default ones and those named in ``also``. SetupError for a name that no
    role has."""
    default = [role for role in load(GROUP, Role).values() if role.default]
    chosen = {role.name: role for role in (*default, *map(role_named, also)) if role.phase == phase}
    return sorted(chosen.values(), key=lambda role: (role.place, role.name))


def work(workspace: Workspace, phase: Phase, judge: str = "", progress: Progress = no_progress) -> list[Question]:
    """Run every wanted role of the phase, each on the run as those before it left it. Returns the questions to ask that
    have no verdict yet, at most one per judge and item: that of the first role that has one.

    ``judge``: the one about to be asked, in the phase "prepare".
    """

    def view() -> View:
        found = Snapshot.of(workspace).view
        return replace(found, judge=judge) if judge else found  # a new view computes everything again

    questions, proposals = _output(workspace, phase, view, workspace.add_contributions, progress)
    if proposals:
        workspace.store.set_proposals(workspace.run.run_id, proposals)
    return questions


def questions_in(workspace: Workspace, view: View) -> list[Question]:
    """What the roles would ask if the run looked like this. Nothing is stored."""
    return _output(workspace, "ask", lambda: view, _not_kept, no_progress)[0]


def proposals_in(workspace: Workspace, view: View) -> list[Proposal]:
    """What the roles would propose if the run looked like this. Nothing is stored."""
    return _output(workspace, "propose", lambda: view, _not_kept, no_progress)[1]


def _not_kept(author: str, *contributions: Contribution) -> None: ...


def _output(
    workspace: Workspace,
    phase: Phase,
    look: Callable[[], View],
    keep: Callable[..., None],
    progress: Progress,
) -> tuple[list[Question], list[Proposal]]:
    """What every wanted role of the phase returns; ``look`` gives the run as the roles before left it."""
    questions: dict[tuple[str, int], Question] = {}
    proposals: dict[tuple[int, Place], Proposal] = {}
    roles = roles_of(phase, workspace.settings.roles)
    for done, role in enumerate(roles):
        view = replace(look(), proposed=tuple(proposals.values())) if proposals else look()
        if not role.wanted(view):
            continue
        progress(phase, done, len(roles))
        left = role.work(view, workspace.ask)
        keep(role.name, *(one for one in left if isinstance(one, Contribution)))
        for one in left:
            if isinstance(one, Question) and (one.judge, one.protocol, one.idx) not in view.asked:
                questions.setdefault((one.judge, one.idx), one)
            elif isinstance(one, Proposal):  # the last role to propose for an annotation wins
                proposals[one.idx, one.place] = one
        progress(phase, done + 1, len(roles))
    return list(questions.values()), list(proposals.values())
