"""The protocols by name: errata's own, and those that other packages bring (entry points of ``errata.protocols``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from errata.errors import SetupError, nearest
from errata.tools.judging.protocol import JudgingProtocol
from errata.tools.plugins import load

GROUP = "errata.protocols"


def protocols() -> Mapping[str, JudgingProtocol]:
    """All that are installed. Errors as of ``plugins.load``."""
    return load(GROUP, JudgingProtocol)


def check_protocols(names: Sequence[str], task: str) -> None:
    """SetupError where one of ``names`` is no protocol, or cannot ask about the labels of this ``task``."""
    fitting = [name for name, protocol in protocols().items() if task in protocol.tasks]
    if unknown := [name for name in names if name not in protocols()]:
        raise SetupError(f"There is no protocol {unknown[0]!r}{nearest(unknown[0], fitting)}.")
    if unfit := [name for name in names if name not in fitting]:
        raise SetupError(
            f"The protocol {unfit[0]!r} cannot ask about {task} labels. Choose from: {', '.join(fitting)}."
        )
