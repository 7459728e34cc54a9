"""The content of a report, JSON-plain: the page and the JSON file are two forms of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from errata.tools.report.agreement import Agreement
from errata.tools.report.count import DISPUTED, WrongCount
from errata.tools.report.kinds import ErrorKind
from errata.types import Looked, Outcome, Status


@dataclass(frozen=True, slots=True)
class Source:
    """What the run was about. ``data_path`` is as the user gave it; ``sha256`` is of the data at the time."""

    data_path: str
    sha256: str
    run_id: int
    started_at: str
    written_at: str
    errata_version: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    item_id: str
    problem: str


@dataclass(frozen=True, slots=True)
class Profile:
    """Counts of items, unless stated otherwise. ``duplicates``: items whose content occurs elsewhere too;
    ``conflicting_duplicates``: contents with more than one label. ``unreadable`` lists the first few. In words:
    ``copies``, what occurs more than once, exactly or nearly; ``leaks``, which splits hold copies of each other's
    items; ``geometry``, how sharply labels change; ``left_out`` and ``remarks``, what was reported to a person about
    the data."""

    modality: Literal["text", "image"]
    items: int
    labels: int
    without_label: int
    protected: int
    duplicates: int
    conflicting_duplicates: int
    unreadable_items: int
    unreadable: tuple[Unreadable, ...] = ()
    copies: str = ""
    left_out: str = ""
    remarks: tuple[str, ...] = ()
    leaks: tuple[str, ...] = ()
    geometry: str = ""


@dataclass(frozen=True, slots=True)
class Features:
    """What the scan used. ``only_looks``: plain image features, with which errata proposes no label without a judge."""

    name: str
    only_looks: bool
    detectors: tuple[str, ...]
    plan: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClassNoise:
    """One class by its given label, or one mark: how much of it is wrong, and what is most often proposed instead."""

    label: str
    wrong: WrongCount
    proposals: int
    rival: str | None
    rival_items: int
    of_mark: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """``items`` that are labeled ``given`` and proposed as ``proposed``; under ``ambiguous`` that is the best other
    label, under ``several`` and ``none_of_these`` it is None."""

    given: str
    outcome: Outcome
    proposed: str | None
    items: int


@dataclass(frozen=True, slots=True)
class ShownPart:
    """One part of an item. ``name``: of its column, "" for an item's only part. ``text`` is the beginning of a text of
    ``text_chars`` characters; ``image`` is a small PNG in base64. ``missing`` says why it is not shown."""

    name: str
    text: str | None = None
    text_chars: int = 0
    image: str | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class WorstItem:
    """One suspect with its content. ``proposed_label`` is set only for ``relabel``; ``confidence`` is None if an
    ambiguous item has none. ``missing`` says why there is no content to show. ``decided`` is a person's answer in
    words."""

    item_id: str
    given_label: str
    outcome: Outcome
    proposed_label: str | None
    confidence: float | None
    quality: float
    reason: str
    status: Status
    best_other_label: str | None = None
    decided: str | None = None
    place: str = ""
    parts: tuple[ShownPart, ...] = ()
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One judge under one prompt. ``calls`` are those behind its answers, ``reused`` the answers paid for by an earlier
    call."""

    judge: str
    protocol: str
    prompt: str
    version: str
    sha: str
    items: int
    unreadable: int
    calls: int
    reused: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Judging:
    """What models were asked and what this run paid for it. ``stopped`` says what ended it early, if anything;
    ``waiting`` are suspects that no judge has looked at; ``cards`` describe each judge in words, and whether a control
    watches it."""

    asked: tuple[Asked, ...]
    calls: int
    tokens: int
    cost_usd: float
    suspects: int
    waiting: int
    stopped: str
    cards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """Decisions of one kind. ``looked`` says how people looked at the items."""

    answer: str
    looked: Looked
    items: int


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything that a report shows. ``first_line`` is the honest error count in words; ``open`` are the proposals
    waiting for a person, by outcome; ``statuses`` are the items by status; ``agreement``: what the votes say of
    the people who gave them, if there are any. ``checks`` and ``ruled``: the random checks and the rules, in words."""

    first_line: str
    wrong: WrongCount
    source: Source
    profile: Profile
    features: Features
    classes: tuple[ClassNoise, ...]
    flows: tuple[Flow, ...]
    worst: tuple[WorstItem, ...]
    judging: Judging
    open: dict[Outcome, int]
    decided: tuple[Decided, ...]
    statuses: dict[Status, int]
    agreement: Agreement | None = None
    kinds: tuple[ErrorKind, ...] = ()
    checks: tuple[str, ...] = ()
    ruled: tuple[str, ...] = ()

    @property
    def open_items(self) -> int:
        return sum(self.open.values())

    @property
    def decided_items(self) -> int:
        return sum(row.items for row in self.decided)

    @property
    def applied_items(self) -> int:
        return self.statuses.get("applied", 0)

    @property
    def disputed(self) -> bool:
        """Whether only votes say what items are, so that what is counted are disagreements."""
        return self.wrong.noun == DISPUTED

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
