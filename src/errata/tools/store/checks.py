"""Random checks, in the chain of events: each as it was drawn, which nothing changes later, and what people said."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from errata.errors import StoreError
from errata.tools.store.events import Event
from errata.tools.store.store import Store
from errata.types import ITEM, Answered, Bool, Int, Spot


@dataclass(frozen=True)
class Draw:
    """What is frozen before anybody looks. ``where``: the rule whose open proposals are checked; None for a check of
    the given labels. ``people``: how many look at each item, 1 or 2; where two differ, a third decides.

    ``members_N``: for each annotation of the run, 0 if it is not in the population, otherwise 1 plus its position in
    ``proposed``, which the rule would accept (of given labels nothing is proposed). ``sample``: the annotations drawn,
    in the order drawn. ``order``: how they are shown, by their position in the sample; some come a second time.
    ``seed``: of the draw, in hexadecimal.
    """

    where: str | None
    people: int
    seed: str
    members_N: Int
    proposed: tuple[Answered, ...]
    sample: tuple[Spot, ...]
    order: tuple[int, ...]

    @property
    def population(self) -> int:
        return int(np.count_nonzero(self.members_N))

    def has(self, idx_n: Int) -> Bool:
        """Whether each of these annotations of the run is in the population; one that came later is not."""
        known_n = idx_n < len(self.members_N)
        return known_n & (self.members_N[np.where(known_n, idx_n, 0)] > 0)

    def body(self) -> dict[str, Any]:
        return {
            "where": self.where,
            "people": self.people,
            "seed": self.seed,
            "sample": [list(spot) for spot in self.sample],
            "order": list(self.order),
            "proposed": [list(answered) for answered in self.proposed],
            "members": base64.b64encode(zlib.compress(self.members_N.astype("<i4").tobytes())).decode(),
        }


@dataclass(frozen=True)
class Said:
    """One person's answer in a check."""

    by: str
    answered: Answered


@dataclass(frozen=True)
class RandomCheck:
    """A draw, and what has been said in it: ``answers``, per position in the sample in the order they came, and
    ``repeats``, the second answers of people on what they had answered already."""

    event: int
    draw: Draw
    answers: Mapping[int, Sequence[Said]] = field(default_factory=dict)
    repeats: Mapping[int, Sequence[Said]] = field(default_factory=dict)

    def settled(self, position: int) -> Answered | None:
        """What was found about one drawn item: what the first said, or, if two are to look, what two agree on, and
        else what a third said. None while it is open."""
        said = [one.answered for one in self.answers.get(position, ()) if one.answered[0] != "passed_on"]
        if self.draw.people == 1 or len(said) < 2:
            return said[0] if said and self.draw.people == 1 else None
        if said[0] == said[1]:
            return said[0]
        return said[2] if len(said) > 2 else None

    @cached_property
    def found(self) -> list[Answered | None]:
        """What was found about each drawn item."""
        return [self.settled(position) for position in range(len(self.draw.sample))]

    @property
    def left(self) -> int:
        """How many of the drawn items are still open."""
        return self.found.count(None)

    def proposed(self, idx: int) -> Answered | None:
        """What the rule would accept for this annotation of the run; None if it is not in the population."""
        code = int(self.draw.members_N[idx]) if idx < len(self.draw.members_N) else 0
        return self.draw.proposed[code - 1] if code else None


def checks_of(store: Store, run_id: int) -> list[RandomCheck]:
    """The random checks of a run, oldest first."""
    events = [event for event in store.events.read("check") if event.body["run_id"] == run_id]
    if not events:
        return []
    undone = {event.body["undoes"] for event in store.events.read("undo")}
    said = [event for event in store.events.read("decision", "repeat") if event.seq not in undone]
    return [_check(event, said) for event in events]


def _check(event: Event, said: Iterable[Event]) -> RandomCheck:
    draw = _draw(event)
    position = {spot: p for p, spot in enumerate(draw.sample)}
    told: dict[str, dict[int, list[Said]]] = {"decision": {}, "repeat": {}}
    for one in said:
        spot = one.body["item_id"], one.body.get("place", ITEM)
        if one.body.get("check") == event.seq and spot in position:
            answered = one.body["answer"], one.body["label"]
            told[one.kind].setdefault(position[spot], []).append(Said(one.body["by"], answered))
    return RandomCheck(event.seq, draw, told["decision"], told["repeat"])


def _draw(event: Event) -> Draw:
    body = event.body
    try:
        members_N = np.frombuffer(zlib.decompress(base64.b64decode(body["members"])), "<i4").astype(np.int64)
    except (ValueError, zlib.error) as error:
        raise StoreError(f"event {event.seq} (check) cannot be read ({error}). Restore it from a backup.") from None
    return Draw(
        where=body["where"],
        people=body["people"],
        seed=body["seed"],
        members_N=members_N,
        proposed=tuple((answer, label) for answer, label in body["proposed"]),
        sample=tuple((item_id, place) for item_id, place in body["sample"]),
        order=tuple(body["order"]),
    )
