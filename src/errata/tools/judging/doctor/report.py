"""The doctor's report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from errata.tools.judging.backends.capabilities import Capabilities

Result = Literal["ok", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried: ``means`` says in one line what it means for judging, and may quote the server."""

    name: str
    result: Result
    means: str


@dataclass(frozen=True, slots=True)
class Report:
    """One model on one server. ``product`` is a guess, ``version`` and ``models`` are the server's own words;
    ``context_tokens`` and ``latency_ms`` (of a short question, alone) are None if unknown."""

    url: str
    product: str
    version: str | None
    models: tuple[str, ...]
    model: str
    context_tokens: int | None
    latency_ms: float | None
    findings: tuple[Finding, ...]

    def result_of(self, name: str) -> Result:
        """The result of ``name``; "unknown" if it was not tried."""
        return result_of(self.findings, name)

    @property
    def usable(self) -> bool:
        """Whether it can be a judge: one of errata's own questions got a readable answer."""
        return self.result_of("judging") == "ok"

    @property
    def capabilities(self) -> Capabilities:
        """What a ServerModel may assume from its first request on."""
        return capabilities(self.findings)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"usable": self.usable}


def result_of(findings: Iterable[Finding], name: str) -> Result:
    return next((finding.result for finding in findings if finding.name == name), "unknown")


def capabilities(findings: Sequence[Finding]) -> Capabilities:
    """The findings that affect how a judge is asked."""
    known = {"ok": True, "no": False, "unknown": None}
    return Capabilities(
        constraint=known[result_of(findings, "choices")],
        log_probs=known[result_of(findings, "log-probabilities")],
        images=known[result_of(findings, "images")],
    )
