"""Ask a model server what it really supports."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field

from errata.agent.actions.action import Action, Inputs
from errata.agent.actions.session import Session
from errata.errors import ModelError, SetupError
from errata.settings import user_settings
from errata.tools.judging.doctor import Report, in_words, none_in_words, probe_here, probe_named

__all__ = ["DOCTOR", "DoctorResult", "in_words", "none_in_words"]


class Server(Inputs):
    server: str | None = Field(
        default=None, description="http://HOST:PORT/v1, or MODEL@URL; by default this machine's default ports."
    )
    allow_host: tuple[str, ...] = Field(default=(), description="Hosts outside private networks that may be asked.")


@dataclass(frozen=True, slots=True)
class DoctorResult:
    """``reports`` has one entry per server that answers; ``refused`` says why the others do not."""

    reports: tuple[Report, ...]
    refused: Mapping[str, str]


def _examine(_: Session, given: Server) -> DoctorResult:
    if given.server is None:
        reports, refused = asyncio.run(probe_here())
        return DoctorResult(tuple(reports), refused)
    # Ignore any errata.toml in this folder: somebody else may have written it.
    allowed = {host for own in user_settings(allow_host=given.allow_host) for host in own.allow_host}
    try:
        return DoctorResult((asyncio.run(probe_named(given.server, allowed)),), {})
    except ModelError as error:  # no run is in progress that could stop early
        raise SetupError(str(error)) from None


DOCTOR = Action(
    "doctor",
    "Ask a model server a few short questions, and report what it really supports and how to use it as a judge.",
    "spend",  # its questions are model calls
    Server,
    DoctorResult,
    (SetupError,),
    _examine,
)
