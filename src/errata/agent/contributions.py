"""What roles and steps leave behind for those that come later: typed, and kept in the store under the author's name.

A role may leave a kind of its own: it subclasses Contribution, and whoever knows the class can read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from errata.errors import StoreError
from errata.tools.inference.trusted_items import TrustedItem
from errata.tools.judging.calibration.track_record import TrustedAnswer
from errata.tools.store import Store
from errata.types import Verdict

if TYPE_CHECKING:
    from errata.tools.judging.bank.bank import Bank

T = TypeVar("T", bound="Contribution")


class Contribution(BaseModel):
    """JSON-plain. What an older errata left may lack a field, and a newer one's may have more of them."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="constants", defer_build=True)


class Profile(Contribution):
    """What the data is like. ``classes``: items of each of the largest classes; ``duplicates``: items whose content
    stands in another row too."""

    items: int = 0
    classes: dict[str, int] = {}
    without_label: int = 0
    unreadable: int = 0
    left_out: dict[str, Any] = {}
    remarks: tuple[str, ...] = ()
    protected: int = 0
    duplicates: int = 0
    conflicting_duplicates: int = 0


class Plan(Contribution):
    """Which detectors run, in this order, and why."""

    detectors: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


class Features(Contribution):
    """What the embeddings are. ``strength``: "plain", "semantic" or the user's "own"; ``embedded``: contents that were
    embedded for this run, the others having been taken over."""

    name: str
    strength: str
    embedded: int = 0


class Copies(Contribution):
    """``items`` whose content is there more than once, word for word or nearly, in how many ``groups`` that count as
    one item each; ``conflicting``: groups that stand under more than one label."""

    items: int = 0
    groups: int = 0
    conflicting: int = 0


class Queue(Contribution):
    """How many suspects there are; how many others are ``drawn`` at random, to be asked about too; how many an earlier
    run has settled; the ``control_items``, which nobody doubts; and the ``trusted`` items, on which judges are
    measured."""

    suspects: int
    drawn: int = 0
    settled: int = 0
    control_items: tuple[int, ...] = ()
    trusted: tuple[TrustedItem, ...] = ()


class QuestionBank(Contribution):
    questions: tuple[dict[str, str | None], ...] = ()

    @classmethod
    def of(cls, bank: Bank) -> QuestionBank:
        from errata.tools.judging.bank.bank_file import to_json

        return cls(questions=tuple(to_json(bank)))

    @cached_property
    def bank(self) -> Bank:
        from errata.tools.judging.bank.bank_file import from_json

        return from_json(list(self.questions))


class Answering(BaseModel):
    """How a judge answered: how many answers it gave, how many of them could not be read, how many requests it refused;
    and of the ``questions`` whose time is known, how long they took when they were asked, and how many tokens."""

    answers: int = 0
    unreadable: int = 0
    refused: int = 0
    questions: int = 0
    ms: float = 0.0
    tokens: int = 0

    @classmethod
    def of(cls, verdicts: Iterable[Verdict]) -> Answering:
        found = list(verdicts)
        timed = [verdict for verdict in found if verdict.ms]
        return cls(
            answers=sum(len(verdict.call_keys) for verdict in found),
            unreadable=sum(map(_unread, found)),
            refused=sum(verdict.refused for verdict in found),
            questions=len(timed),
            ms=sum(verdict.ms for verdict in timed),
            tokens=sum(verdict.tokens for verdict in timed),
        )

    def plus(self, other: Answering) -> Answering:
        return Answering(**{name: getattr(self, name) + getattr(other, name) for name in Answering.model_fields})


def _unread(verdict: Verdict) -> int:
    """How many of its answers could not be read; older verdicts do not say."""
    return verdict.unread or (0 if verdict.readable else len(verdict.call_keys))


class JudgeProfile(Contribution):
    """What was found of a judge before it was believed.

    ``prior``: its blind choice where there is nothing to see, as ``Prior.as_json`` gives it; ``prior_share``: how much
    of it is to be taken out. ``anchor_bias`` and ``position_bias``: mean, half the width of its interval (log-odds),
    and over how many items. ``disabled``: labels that it says yes to where they are not; ``controls``: how often, in
    words. ``trusted``: what it said of trusted items; ``answering``: how it answered meanwhile.
    """

    prior: dict[str, Any]
    prior_share: float = 1.0
    anchor_bias: tuple[float, float, int]
    position_bias: tuple[float, float, int] | None = None
    disabled: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    trusted: tuple[TrustedAnswer, ...] = ()
    answering: Answering = Answering()


class JudgeProfiles(Contribution):
    judges: dict[str, JudgeProfile] = {}


class JudgeCard(BaseModel):
    """A judge in words, a fact a line. ``used``: whether its verdicts count: it was found to be better than chance.
    ``unreadable`` answers and ``refused`` requests."""

    used: bool = True
    lines: tuple[str, ...] = ()
    unreadable: int = 0
    refused: int = 0


class JudgeCards(Contribution):
    judges: dict[str, JudgeCard] = {}


class Judging(Contribution):
    """How far judging has come. ``asked``: questions answered; ``stopped``: why it ended early, "" where it did not;
    ``failed``: whether that was an error and not the budget; ``estimated``: whether a server did not say how many
    tokens it took; ``unreadable``: answers of a judge that was stopped before it was known."""

    asked: int = 0
    calls: int = 0
    tokens: int = 0
    usd: float = 0.0
    estimated: bool = False
    stopped: str = ""
    failed: bool = False
    unreadable: int = 0


class Clock(Contribution):
    """How long the judges of a run have been open, all times together."""

    minutes: float = 0.0


class Contributions:
    """All that was left in a run."""

    def __init__(self, bodies: Mapping[str, str]) -> None:
        self._bodies = dict(bodies)

    @classmethod
    def of_run(cls, store: Store, run_id: int) -> Contributions:
        return cls(store.contributions.of(run_id))

    @classmethod
    def made(cls, *found: Contribution) -> Contributions:
        """By hand."""
        return cls({type(one).__name__: one.model_dump_json() for one in found})

    def plus(self, *found: Contribution) -> Contributions:
        """With these in the place of older ones of their kinds."""
        return Contributions(self._bodies | Contributions.made(*found)._bodies)

    def find(self, kind: type[T]) -> T | None:
        """The one of this kind; None where nobody has left any yet. StoreError where it is damaged."""
        body = self._bodies.get(kind.__name__)
        try:
            return None if body is None else kind.model_validate_json(body)
        except ValidationError as error:
            what = f"{kind.__name__} ({error.errors()[0]['msg']})"
            raise StoreError(f"The run's store holds a damaged {what}. Restore it from a backup.") from None
