"""Protocols by name: errata's own and those of other packages (entry points of ``errata.protocols``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from errata.errors import SetupError
from errata.tools.judging.protocol import Control, JudgingProtocol
from errata.tools.plugins import load, named

GROUP = "errata.protocols"


def protocols() -> Mapping[str, JudgingProtocol]:
    """All installed protocols. Raises what ``plugins.load`` raises."""
    return load(GROUP, JudgingProtocol)


def protocol_named(name: str) -> JudgingProtocol:
    """SetupError, suggesting the nearest name, if there is no such protocol."""
    return named(GROUP, JudgingProtocol, name)


def title_of(name: str) -> str:
    """How a person reads a protocol, be it installed or not."""
    known = protocols().get(name)
    return (known.title if known else "") or name.replace("_", " ")


def controls(names: Iterable[str]) -> dict[str, Control]:
    """Those of ``names`` that are controls, by name. A protocol that is no longer installed is skipped."""
    found = ((name, protocols().get(name)) for name in names)
    return {name: protocol for name, protocol in found if isinstance(protocol, Control)}


def check_protocols(names: Sequence[str], task: str) -> None:
    """SetupError if one of ``names`` is not a protocol, or cannot ask about the labels of this ``task``."""
    if unfit := [name for name in names if task not in protocol_named(name).tasks]:
        fitting = [name for name, protocol in protocols().items() if task in protocol.tasks]
        raise SetupError(
            f"The protocol {unfit[0]!r} cannot ask about {task} labels. Choose from: {', '.join(fitting)}."
        )
