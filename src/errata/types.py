"""The nouns of errata. Every word here has the same meaning everywhere: code, tables, pages, prompts, guides."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Bool = NDArray[np.bool_]
Int = NDArray[np.int64]
Probs = NDArray[np.floating[Any]]
"""Probabilities, float32 or float64 as provided."""


class LabelProbs(Protocol):
    """Probabilities of K labels for N items, read like an array: ``[rows]`` gives f32[n, K], ``[items, labels]`` one
    value for each pair. An array is one; with very many labels, not all of them are in memory (``TopProbs``)."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, key: Any, /) -> Any: ...


Outcome = Literal["keep", "relabel", "several", "none_of_these", "ambiguous"]
Basis = Literal["scan", "scan and judge", "judge alone"]
"""What an outcome rests on: "scan and judge" if the scan also ranks the proposed label above the given one, or ranks
the given one first if it is kept."""
Status = Literal["unchecked", "scanned", "judged", "decided", "applied"]
Looked = Literal["item", "grid", "rule"]
Seeing = Literal["blind", "proposal"]
Answer = Literal["label", "several", "none_of_these", "cannot_tell", "passed_on"]
Answered = tuple[Answer, str | None]
"""A person's answer, and the label that "label" means; None for any other."""

Place = str
"""Where in its item an annotation is, as a short canonical string: the name of a mark, ``12-17`` for a span, the id of
a box. An item and a place identify one annotation."""

ITEM: Place = ""
"""The item itself: the place of the only annotation of a single-label item."""

Spot = tuple[str, Place]
"""Which annotation of a dataset: the id of its item, and its place."""

SEVERAL, NONE_OF_THESE, CANNOT_TELL = "several", "none_of_these", "cannot_tell"
OTHER_ANSWERS = (SEVERAL, NONE_OF_THESE, CANNOT_TELL)
"""What a judge may answer besides a label, in the order in which a Verdict stores them."""


@dataclass(frozen=True, slots=True)
class LabelSpace:
    """The class names of a dataset, in a fixed order: column k of every N x K array is ``names[k]``.

    ``task``: what the annotations are. ``marks``: what items may be marked with, if each annotation says of one mark
    whether it holds; then the definitions are of these. ``spellings`` maps every other spelling of a class in the data
    to its name. ``renames`` maps a class's former names to its current name.
    """

    names: tuple[str, ...]
    definitions: Mapping[str, str] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)
    task: str = "single"
    spellings: Mapping[str, str] = field(default_factory=dict)
    renames: Mapping[str, str] = field(default_factory=dict)
    marks: tuple[str, ...] = ()

    @property
    def defined(self) -> tuple[str, ...]:
        """The names that a guideline is about."""
        return self.marks or self.names

    def index(self) -> dict[str, int]:
        """The column of each class, by its name and by each of its other spellings."""
        place = {name: k for k, name in enumerate(self.names)}
        return place | {spelling: place[name] for spelling, name in self.spellings.items()}

    def canonical(self, label: str | None) -> str | None:
        """The name of the class that a given label spells; a label of no class is unchanged."""
        return label if label is None else self.spellings.get(label, label)

    def today(self, label: str | None) -> str | None:
        """The current name of what may have been spelled differently or renamed."""
        return self.canonical(label if label is None else self.renames.get(label, label))

    def same(self, a: str | None, b: str | None) -> bool:
        """Whether two labels are the same class."""
        return self.canonical(a) == self.canonical(b)

    @property
    def sha(self) -> str:
        """The hash of a space without spellings and renames is the same as before these existed."""
        words = {"spellings": dict(self.spellings), "renames": dict(self.renames), "marks": list(self.marks)}
        more = [{kind: known for kind, known in words.items() if known}] if any(words.values()) else []
        return sha_of([self.names, dict(self.definitions), dict(self.parents), self.task, *more])


class Part(NamedTuple):
    """One piece of an item's content under its column's name: a text, or the bytes of an encoded image. ``context`` is
    shown to judges and people, and has no features."""

    name: str
    text: str | None = None
    image: bytes | None = None
    context: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One row with its content, as a judge or a person sees it: its parts in the user's order, texts first; and one
    annotation of it, number ``idx`` of the run, with its given label and its place."""

    idx: int
    item_id: str
    content_sha: str
    given_label: str | None
    parts: tuple[Part, ...] = ()
    place: Place = ITEM

    @classmethod
    def of(
        cls,
        idx: int,
        item_id: str,
        content_sha: str,
        given_label: str | None,
        text: str | None = None,
        image: bytes | None = None,
    ) -> Item:
        """An item of one text, one image, or both."""
        return cls(idx, item_id, content_sha, given_label, parts_of(text, image))

    @property
    def texts(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.text is not None)

    @property
    def images(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.image is not None)

    @property
    def text(self) -> str | None:
        """All of its text; None if it has no text part."""
        texts = [part.text for part in self.parts if part.text is not None]
        return "\n\n".join(texts) if texts else None

    @property
    def image(self) -> bytes | None:
        """Its first image; None if it has none."""
        return next((part.image for part in self.parts if part.image is not None), None)


def parts_of(text: str | None = None, image: bytes | None = None) -> tuple[Part, ...]:
    """The parts of content of one text, one image, or both."""
    texts = () if text is None else (Part("text", text),)
    return texts if image is None else (*texts, Part("image", image=image))


@dataclass(frozen=True, slots=True)
class Scores:
    """What a detector says about N items.

    ``quality`` f32[N] in [0, 1], low = bad. ``flag`` bool[N]: the detector's own cut. ``label_probs`` f32[N, K], rows
    sum to 1, if the detector has a distribution over labels in which the item's own given label has no part.
    """

    quality: F32
    flag: Bool
    label_probs: LabelProbs | None = None

    def at(self, threshold: float) -> Scores:
        """The same scores with another cut: an item is flagged if its quality is below ``threshold``."""
        return replace(self, flag=self.quality < threshold)


class PromptRef(NamedTuple):
    """Which prompt was asked: a published version never changes, and ``sha`` proves it."""

    id: str
    version: str
    sha: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge said about one annotation under one protocol.

    ``log_probs`` has one entry for each candidate label and for each of OTHER_ANSWERS, normalized: their exps sum to 1.
    It is empty if the answer could not be read, which is never an agreement. ``answers`` holds the answers to the
    questions of a bank: question id -> (p(yes), p(no)). ``wording``: what the guideline said about the labels that the
    verdict rests on, hashed (errata.tools.guideline); empty if it said nothing. ``unread`` is how many answers could
    not be read, and ``refused`` how many requests got none, even if the rest are readable. ``tokens`` counts what was
    sent and answered, ``tokens_out`` only the latter.
    """

    idx: int
    judge: str
    protocol: str
    prompt: PromptRef
    log_probs: Mapping[str, float]
    said: str
    call_keys: tuple[str, ...]
    tokens: int = 0
    ms: float = 0.0
    cached: bool = False
    position_bias: float | None = None
    answers: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    place: Place = ITEM
    wording: Mapping[str, str] = field(default_factory=dict)
    unread: int = 0
    refused: int = 0
    tokens_out: int = 0

    @property
    def readable(self) -> bool:
        return bool(self.log_probs)


@dataclass(frozen=True, slots=True)
class Posterior:
    """p(state | evidence) of one item: each candidate label alone, ``several`` labels at once, or none of them.

    ``labels`` maps a candidate label to its probability; all values with ``several`` and ``none_of_these`` sum to 1.
    """

    labels: Mapping[str, float]
    several: float
    none_of_these: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to do with one annotation. ``outcome`` is None for an item that only the scan saw and did not suspect.

    ``confidence`` in [0, 1]: probability of the proposed label (relabel, ambiguous), of the outcome (several,
    none_of_these), or of the given label (keep, None). ``quality`` in [0, 1], low = bad: probability that the given
    label is right; for an item that only the scan has seen, the scan's score. ``basis``: what it rests on.
    """

    idx: int
    outcome: Outcome | None
    proposed_label: str | None
    confidence: float
    quality: float
    reason: str
    evidence: tuple[str, ...] = ()
    place: Place = ITEM
    basis: Basis = "scan"


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's final answer about one annotation, as recorded in the chain of events.

    ``wording``: what the guideline said about its labels when it was made, hashed (errata.tools.guideline), under their
    names at the time; empty if it said nothing. ``rule`` and ``check``: the event of the rule that made it, or of the
    random check that it is an answer in; 0 for none.
    """

    item_id: str
    content_sha: str
    given_label: str | None
    answer: Answer
    label: str | None
    by: str
    at: str
    seeing: Seeing
    looked: Looked
    guideline_sha: str
    panel_sha: str
    proposed_label: str | None = None
    event: int = 0
    event_hash: str = ""
    place: Place = ITEM
    wording: Mapping[str, str] = field(default_factory=dict)
    rule: int = 0
    check: int = 0

    @property
    def spot(self) -> Spot:
        return self.item_id, self.place

    @property
    def changes_label(self) -> bool:
        return self.answer == "label" and self.label != self.given_label


_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
"""Created once: it is used several times for each question."""


def sha_of(value: object) -> str:
    """sha256 of a JSON-plain value, the same on every machine."""
    return hashlib.sha256(_canonical(value).encode()).hexdigest()
