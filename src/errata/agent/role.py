"""The contract of a role: an agent of the run that does one thing in one phase.

A role reads a frozen view of the run and returns contributions, which are stored under its name. It never writes the
store and knows no other role, so it can be tested with a hand-made view and a fake judge. errata's own roles and those
of other packages are found the same way: entry points of the group ``errata.roles``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, ClassVar, Literal, Protocol, TypeVar

from errata.agent.contributions import Contribution
from errata.agent.evidence.next_questions import Question
from errata.agent.evidence.view import View
from errata.tools.judging.door import Door
from errata.tools.plugins import named
from errata.types import Proposal

T = TypeVar("T")

GROUP = "errata.roles"
Phase = Literal["plan", "prepare", "ask", "propose", "converse"]
"""When a role works: before the scan; before a judge is asked about items; each time the next questions are chosen;
when proposals are made; when a person talks with errata."""

RoleOutput = Contribution | Question | Proposal
"""What a role may return: a contribution to store; a question for a judge (in the phase "ask"; one that already has a
verdict is not asked again); a proposal for a person (in the phase "propose"; it replaces an earlier role's proposal for
the same annotation, see ``View.proposed``)."""


class Ask(Protocol):
    """Runs ``ask`` with a judge's door, within the run's budget. Raises ModelError."""

    def __call__(self, judge: str, ask: Callable[[Door], Coroutine[Any, Any, T]]) -> T: ...


class Role(ABC):
    name: ClassVar[str]
    phase: ClassVar[Phase]
    place: ClassVar[int] = 100
    """The order of roles within a phase."""
    default: ClassVar[bool] = True
    """Whether it works without being named (``--role NAME``)."""

    def wanted(self, view: View) -> bool:
        """Whether it has something to do; asked each time its phase comes."""
        return True

    @abstractmethod
    def work(self, view: View, ask: Ask) -> Sequence[RoleOutput]:
        """What it contributes to the run as it stands."""

    def rehearse(self, view: View, ask: Ask) -> Sequence[RoleOutput]:
        """The most it would ask, put to a judge that knows nothing: this prices a role of the phase "prepare" in
        advance. A role whose questions depend on the answers asks all of them here."""
        return self.work(view, ask)


def role_named(name: str) -> Role:
    """SetupError, suggesting the nearest name, if there is no such role."""
    return named(GROUP, Role, name)
