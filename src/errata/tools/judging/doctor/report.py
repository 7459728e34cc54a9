"""What the doctor found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from errata.tools.judging.backends.capabilities import Capabilities

Answer = Literal["ok", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried: ``means`` is one line on what it means for judging, and may quote the server."""

    name: str
    answer: Answer
    means: str


@dataclass(frozen=True, slots=True)
class Report:
    """One model on one server. ``product`` is a guess, ``version`` and ``models`` are the server's own words;
    ``context_tokens`` and ``latency_ms`` (a short question, alone) are None where not known."""

    url: str
    product: str
    version: str | None
    models: tuple[str, ...]
    model: str
    context_tokens: int | None
    latency_ms: float | None
    findings: tuple[Finding, ...]

    def answer(self, name: str) -> Answer:
        """What was found under ``name``; "unknown" where it was not tried."""
        return answer(self.findings, name)

    @property
    def usable(self) -> bool:
        """Whether it can be a judge: one of errata's own questions came back readable."""
        return self.answer("judging") == "ok"

    @property
    def capabilities(self) -> Capabilities:
        """What a ServerModel may know from its first request on."""
        return capabilities(self.findings)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"usable": self.usable}


def answer(findings: Iterable[Finding], name: str) -> Answer:
    return next((finding.answer for finding in findings if finding.name == name), "unknown")


def capabilities(findings: Sequence[Finding]) -> Capabilities:
    """The findings that change how a judge is asked."""
    known = {"ok": True, "no": False, "unknown": None}
    return Capabilities(
        constraint=known[answer(findings, "choices")],
        log_probs=known[answer(findings, "log-probabilities")],
        images=known[answer(findings, "images")],
    )
