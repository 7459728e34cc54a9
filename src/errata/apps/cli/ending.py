"""SIGINT and SIGTERM while a run is at work: what is in flight is paid for, so it is waited for and recorded."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from types import FrameType
from typing import TYPE_CHECKING

from errata.errors import Stopped

if TYPE_CHECKING:
    from errata.agent.run.workspace import Workspace

WAIT_S = 30.0
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Ended(Exception):
    """The run was ended by a signal. ``exit_code`` is the one that shells give to it: 130 or 143."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + number


@contextmanager
def ending_in_order(workspace: Workspace) -> Iterator[None]:
    """Within it a signal ends the run as Ended. While judges are being asked, nothing more is sent to them and calls in
    flight are waited for, up to WAIT_S; a second signal ends the process at once, which loses no finished call."""
    from errata.agent.drive import stop

    received = signal.SIGINT
    timer = Timer(WAIT_S, lambda: _end_at_once(received, None))
    timer.daemon = True

    def end(number: int, _: FrameType | None) -> None:
        nonlocal received
        received = signal.Signals(number)
        for each in SIGNALS:
            signal.signal(each, _end_at_once)
        in_flight = stop(workspace)
        if in_flight is None:
            raise KeyboardInterrupt
        timer.start()
        _say(f"stopping: {in_flight} calls are in flight and paid for, waiting for them (once more ends it at once)")

    before = [signal.signal(each, end) for each in SIGNALS]
    try:
        yield
    except (KeyboardInterrupt, Stopped):
        raise Ended(_kept(workspace), received) from None
    finally:
        timer.cancel()
        for each, handler in zip(SIGNALS, before, strict=True):
            signal.signal(each, handler)


def _kept(workspace: Workspace) -> str:
    calls = workspace.store.calls_of(workspace.run.run_id).spent().calls
    return (
        f"Ended by you. {workspace.folder.path} keeps the scan and {calls} calls: the same command goes on from here."
    )


def _end_at_once(number: int, _: FrameType | None) -> None:
    _say("ended at once: every finished call is kept, the same command goes on from here")
    os._exit(128 + number)


def _say(text: str) -> None:
    from errata.tools.visible import one_line

    sys.stderr.write(f"errata: {one_line(text)}\n")
    sys.stderr.flush()
