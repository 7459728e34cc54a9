"""The head of a run's history, remembered in the user's state folder: someone who can write next to the data cannot
rewrite what this user has seen without being noticed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from errata.errors import StoreError
from errata.tools.store.events import GENESIS, Event
from errata.tools.store.user_state import UserState


@dataclass(frozen=True, slots=True)
class Anchor:
    """For one run folder, as this user last saw it."""

    folder: Path
    store_id: str

    def reset(self) -> None:
        """The store was just created here: forget whatever was here before."""
        self._set(0, GENESIS)

    def advance(self, head: Event) -> None:
        """Record that an event was appended here."""
        known = self._known()
        if known is None or known["store_id"] != self.store_id or known["seq"] < head.seq:
            self._set(head.seq, head.hash)

    def check(self, hashes: list[str]) -> None:
        """``hashes`` of all events of an intact chain, oldest first. StoreError if it is not the history seen here, or
        an older state of it. More events than were seen are accepted: a crash can come between the two."""
        known = self._known()
        if known is not None:
            seq = int(known["seq"])
            if known["store_id"] != self.store_id:
                self._refuse("is not the store that was seen here before")
            if seq > len(hashes):
                self._refuse(f"holds {len(hashes)} events, and {seq} were seen here before: it is an older state")
            if seq and hashes[seq - 1] != known["hash"]:
                self._refuse(f"tells another history than was seen here before, from event {seq} back")
        self.accept(hashes)

    def accept(self, hashes: list[str]) -> None:
        """Accept this as the history that was seen here."""
        self._set(len(hashes), hashes[-1] if hashes else GENESIS)

    def _refuse(self, what: str) -> None:
        raise StoreError(
            f"{self.folder / 'store.sqlite'} {what}. Look at it: errata log. If it is as it should be (you restored it "
            f"from a backup, say): errata trust {self.folder}"
        )

    def _known(self) -> dict[str, Any] | None:
        return UserState.of(self.folder).read().get("anchor")

    def _set(self, seq: int, hash_: str) -> None:
        UserState.of(self.folder).update(anchor={"store_id": self.store_id, "seq": seq, "hash": hash_})
