"""Read one key press and restore the terminal afterwards."""

from __future__ import annotations

import os
import select
import sys

ESCAPE = b"\x1b"
REST_OF_SEQUENCE_S = 0.05
AT_ONCE = 1024


def read_key() -> str:
    """The next key: a character, or everything that one press sent (an arrow key sends several). Nothing is echoed.

    Keys pressed before this is called are dropped, so that no one decides on a card they have not seen. Without a
    terminal (a pipe, Windows) it reads a line and returns it without its end; an empty line is the Enter key. Raises
    EOFError at the end of the input and KeyboardInterrupt on Ctrl-C.
    """
    if sys.platform == "win32" or not sys.stdin.isatty():
        return _read_line()
    import termios
    import tty

    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    try:
        tty.setcbreak(fd, termios.TCSAFLUSH)
        pressed = os.read(fd, AT_ONCE)
        if pressed == ESCAPE and select.select([fd], [], [], REST_OF_SEQUENCE_S)[0]:
            pressed += os.read(fd, AT_ONCE)
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)
    if not pressed:
        raise EOFError
    return pressed.decode("utf-8", errors="replace")


def _read_line() -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\r\n") or "\n"
