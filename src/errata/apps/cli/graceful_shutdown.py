"""Handle SIGINT and SIGTERM during a run: calls in flight are paid for, so they are waited for and recorded."""

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
    from errata.agent.actions.session import Session

WAIT_S = 30.0
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class EndedBySignal(Exception):
    """A signal ended the run. ``exit_code`` is the one shells use for it: 130 or 143."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + number


@contextmanager
def graceful_shutdown(session: Session) -> Iterator[None]:
    """Within this context a signal ends the run as EndedBySignal. If judges are being asked, nothing more is sent to
    them, and calls in flight are waited for, up to WAIT_S. A second signal ends the process at once; no finished call
    is lost."""
    received = signal.SIGINT
    timer = Timer(WAIT_S, lambda: _exit_at_once(received, None))
    timer.daemon = True

    def end(number: int, _: FrameType | None) -> None:
        nonlocal received
        received = signal.Signals(number)
        for each in SIGNALS:
            signal.signal(each, _exit_at_once)
        in_flight = session.stop()
        if in_flight is None:
            raise KeyboardInterrupt
        timer.start()
        _print(f"stopping: {in_flight} calls are in flight and paid for, waiting for them (once more ends it at once)")

    before = [signal.signal(each, end) for each in SIGNALS]
    try:
        yield
    except (KeyboardInterrupt, Stopped):
        raise EndedBySignal(_what_is_kept(session), received) from None
    finally:
        timer.cancel()
        for each, handler in zip(SIGNALS, before, strict=True):
            signal.signal(each, handler)


def _what_is_kept(session: Session) -> str:
    kept = f"{session.run_folder} keeps the scan and {session.calls_kept()} calls"
    return f"Ended by you. {kept}: the same command continues from here."


def _exit_at_once(number: int, _: FrameType | None) -> None:
    _print("ended at once: every finished call is kept, the same command continues from here")
    os._exit(128 + number)


def _print(text: str) -> None:
    from errata.tools.visible import one_line

    sys.stderr.write(f"errata: {one_line(text)}\n")
    sys.stderr.flush()
