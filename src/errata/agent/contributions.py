"""What roles and steps pass on to later ones: typed, and stored under the author's name.

A role may define a kind of its own by subclassing Contribution; any code that imports the class can read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from errata.errors import StoreError
from errata.tools.data.splits import Leak
from errata.tools.inference.trusted_items import TrustedItem
from errata.tools.judging.calibration.track_record import TrustedAnswer
from errata.tools.store import Store
from errata.types import Verdict

if TYPE_CHECKING:
    from errata.tools.judging.bank.bank import Bank

T = TypeVar("T", bound="Contribution")


class Contribution(BaseModel):
    """Can be stored as JSON. One stored by an older errata may lack fields; one stored by a newer one may have extra
    fields."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="constants", defer_build=True)


class Profile(Contribution):
    """What the data is like. ``classes``: the item counts of the largest classes; ``duplicates``: how many items have
    content that another row has too."""

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
    """Which detectors run, in order, and why."""

    detectors: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


class Features(Contribution):
    """How the embeddings were made. ``strength`` is "plain", "semantic", or "own" (the user's); ``embedded`` is how
    many contents were embedded for this run, the others being inherited; ``remarks``, what a person should know about
    how the encoder fits the data."""

    name: str
    strength: str
    embedded: int = 0
    remarks: tuple[str, ...] = ()


class ScanCalibration(Contribution):
    """How to correct the scan's confidence on this dataset: see ``tools/inference/calibration.py``. ``planted``: how
    many planted errors it was fitted on, 0 if there were too few."""

    level: float = 0.0
    slopes: tuple[float, ...] = ()
    power: float = 1.0
    planted: int = 0
    by_class: tuple[float, ...] = ()


class Copies(Contribution):
    """``items`` is how many items have an exact or near copy; ``groups``, how many groups these form, each counting as
    one item; ``conflicting``, how many groups have more than one label."""

    items: int = 0
    groups: int = 0
    conflicting: int = 0


class Geometry(Contribution):
    """How sharply labels change between like items, and the dimension of the features: see
    ``tools/features/geometry.py``. None if it cannot be said."""

    sharpness: float | None = None
    dimension: float | None = None


class Leaks(Contribution):
    """Which splits hold copies of each other's items."""

    found: tuple[Leak, ...] = ()


class Queue(Contribution):
    """How many suspects there are, how many others were ``drawn`` at random to be asked about too, and how many an
    earlier run settled; the ``control_items``, whose labels are almost certainly right; and the ``trusted`` items, on
    which judges are measured."""

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
    """How a judge answered: its number of ``answers``, how many were ``unreadable``, how many requests it ``refused``;
    and, for the ``questions`` whose time is known, their total milliseconds and tokens, ``tokens_out`` of them in the
    answers."""

    answers: int = 0
    unreadable: int = 0
    refused: int = 0
    questions: int = 0
    ms: float = 0.0
    tokens: int = 0
    tokens_out: int = 0

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
            tokens_out=sum(verdict.tokens_out for verdict in timed),
        )

    def plus(self, other: Answering) -> Answering:
        return Answering(**{name: getattr(self, name) + getattr(other, name) for name in Answering.model_fields})


def _unread(verdict: Verdict) -> int:
    """How many of its answers could not be read; older verdicts do not say."""
    return verdict.unread or (0 if verdict.readable else len(verdict.call_keys))


class JudgeProfile(Contribution):
    """What was measured of a judge before its verdicts count.

    ``prior``: its blind choice on empty content, as ``Prior.as_json`` gives it; ``prior_share``: how much of it to
    remove. ``anchor_bias`` and ``position_bias``: mean, half-width of the interval (log-odds), and number of items.
    ``disabled``: labels that it says yes to when they do not apply; ``controls``: how often, in words. ``trusted``: its
    answers about trusted items; ``answering``: how it answered while it was measured.
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
    """A description of a judge, one fact per line. ``used``: whether its verdicts count, because it does better than
    chance. ``unreadable`` counts answers, ``refused`` requests."""

    used: bool = True
    lines: tuple[str, ...] = ()
    unreadable: int = 0
    refused: int = 0


class JudgeCards(Contribution):
    judges: dict[str, JudgeCard] = {}


class Judging(Contribution):
    """Progress of judging. ``asked``: questions answered; ``stopped``: why it ended early, "" if it did not;
    ``failed``: whether an error ended it rather than the budget; ``estimated``: whether a server did not report its
    token counts; ``unreadable``: unreadable answers of a judge that was stopped while it was measured."""

    asked: int = 0
    calls: int = 0
    tokens: int = 0
    usd: float = 0.0
    estimated: bool = False
    stopped: str = ""
    failed: bool = False
    unreadable: int = 0


class Annotators(Contribution):
    """Whose votes the data holds, in the order of their numbers."""

    names: tuple[str, ...] = ()


class Clock(Contribution):
    """How long the judges of a run have been open in total, over all sessions."""

    minutes: float = 0.0


class Contributions:
    """All contributions of a run."""

    def __init__(self, bodies: Mapping[str, str]) -> None:
        self._bodies = dict(bodies)

    @classmethod
    def of_run(cls, store: Store, run_id: int) -> Contributions:
        return cls(store.contributions.of(run_id))

    @classmethod
    def made(cls, *found: Contribution) -> Contributions:
        """Make from these contributions."""
        return cls({type(one).__name__: one.model_dump_json() for one in found})

    def plus(self, *found: Contribution) -> Contributions:
        """Return a copy in which these replace older ones of the same kinds."""
        return Contributions(self._bodies | Contributions.made(*found)._bodies)

    def find(self, kind: type[T]) -> T | None:
        """The one of this kind; None if there is none yet. StoreError if it is damaged."""
        body = self._bodies.get(kind.__name__)
        try:
            return None if body is None else kind.model_validate_json(body)
        except ValidationError as error:
            what = f"{kind.__name__} ({error.errors()[0]['msg']})"
            raise StoreError(f"The run's store holds a damaged {what}. Restore it from a backup.") from None
