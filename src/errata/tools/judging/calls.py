"""What is remembered of a model call: enough to never pay for it twice, and nothing of the item itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from errata.tools.judging.chat import TokenChoice


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One finished call, JSON-plain. It holds hashes of what was asked, and the reply; no content, image or secret.

    ``params`` are the parameters that shaped the answer (the options in their order, the hash of the rendered text).
    ``served_as`` is the model's name as the server gave it. ``made_at`` is UTC, ISO 8601.
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
        """The record that ``dataclasses.asdict`` and a trip through JSON made this of."""
        tokens = found["tokens"]
        return cls(**{**found, "tokens": None if tokens is None else tuple(TokenChoice(*token) for token in tokens)})


class CallLog(Protocol):
    """Where calls are kept. All methods are called from worker threads, one at a time."""

    def find(self, keys: Sequence[str]) -> dict[str, CallRecord]:
        """The recorded calls among ``keys``; an unknown key is left out."""
        ...

    def set_aside(self, keys: Sequence[str]) -> None:
        """What is recorded of ``keys`` answers for them no more; that it was paid for stays."""
        ...

    def record(self, records: Sequence[CallRecord]) -> None:
        """Commit all of ``records`` in one transaction, or raise. A call is finished once this has returned."""
        ...
