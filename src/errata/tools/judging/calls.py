"""What is recorded of a model call: enough to never pay for it twice, and none of the item's content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from errata.tools.judging.chat import TokenChoice


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One finished call, JSON-plain. It holds hashes of what was asked, and the reply; no content, image, or secret.

    ``params`` are the parameters that shaped the answer (the options in order, the hash of the rendered text).
    ``served_as`` is the model name the server reported. ``made_at`` is UTC, ISO 8601.
    """

    key: str
    model: str
    prompt_id: str
    prompt_version: str
    prompt_sha: str
    content_sha: str
    params: Mapping[str, object]
    text: str
    tokens: tuple[TokenChoice, ...] | None
    tokens_in: int
    tokens_out: int
    ms: float
    cost_usd: float
    served_as: str
    made_at: str

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> CallRecord:
        """Restore a record from ``dataclasses.asdict`` after a round trip through JSON."""
        tokens = found["tokens"]
        return cls(**{**found, "tokens": None if tokens is None else tuple(TokenChoice(*token) for token in tokens)})


class CallLog(Protocol):
    """Where calls are stored. All methods are called from worker threads, one at a time."""

    def find(self, keys: Sequence[str]) -> dict[str, CallRecord]:
        """The recorded calls among ``keys``; unknown keys are left out."""
        ...

    def set_aside(self, keys: Sequence[str]) -> None:
        """Stop using what is recorded for ``keys`` as their answer; it still counts as paid."""
        ...

    def record(self, records: Sequence[CallRecord]) -> None:
        """Commit all of ``records`` in one transaction, or raise. A call is finished once this has returned."""
        ...
