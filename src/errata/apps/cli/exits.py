"""How every command ends: its exit code (docs/reference/exit-codes.md), and one line on stderr instead of a
traceback."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable

from errata.apps.cli.graceful_shutdown import EndedBySignal
from errata.errors import ErrataError, ModelError

BUG, WRONG, STOPPED_EARLY, INTERRUPTED, READER_GONE = 1, 2, 3, 130, 141
DEBUG = "ERRATA_DEBUG"
QUOTED_CHARS = 500


def exit_code_of(command: Callable[[], object]) -> int:
    """Run a command and return its exit code. Whatever it raises is reported in one line."""
    code = _run_to_its_end(command)
    try:
        sys.stdout.flush()
    except OSError as error:
        # Otherwise Python would try, and fail, to write the rest of the buffer on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not code:
            return READER_GONE if isinstance(error, BrokenPipeError) else _report_error(error)
    return code


def _run_to_its_end(command: Callable[[], object]) -> int:
    try:
        command()
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # how typer ends if no one reads the pipe: errata log | head
            return READER_GONE
        if end.code == INTERRUPTED:
            _print_line("Interrupted. Everything finished is kept; the same command continues from here.")
        return end.code if isinstance(end.code, int) else BUG if end.code else 0
    except Exception as error:
        return _report_error(error)
    return 0


def _report_error(error: Exception) -> int:
    if os.environ.get(DEBUG):
        traceback.print_exception(error)
    message, code = explained(error)
    _print_line(message)
    return code


def explained(error: Exception) -> tuple[str, int]:
    """The message for an error, and its exit code."""
    from errata.tools.visible import one_line

    if isinstance(error, EndedBySignal):
        return str(error), error.exit_code
    if isinstance(error, ErrataError):
        return str(error), STOPPED_EARLY if isinstance(error, ModelError) else WRONG
    if isinstance(error, OSError):
        return _refused_by_the_system(error), WRONG
    if isinstance(error, MemoryError):
        return "There is not enough memory for this data here. Nothing was half written.", WRONG
    if isinstance(error, UnicodeEncodeError) and error.reason.startswith("surrogates"):
        name = one_line(error.object[:QUOTED_CHARS])
        return (
            f"{name}: the name is no UTF-8. Rename it, or set PYTHONUTF8=1 where the locale is C.",
            WRONG,
        )
    return (
        f"{type(error).__name__}: {str(error)[:QUOTED_CHARS]}. This is a bug of errata ({_place(error)}), whatever the "
        f"data holds. Nothing was half written. {DEBUG}=1 before the same command shows the traceback to report.",
        BUG,
    )


def _refused_by_the_system(error: OSError) -> str:
    name = str(error.filename or "a file")
    refused = error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
    what = f"{name}: {error.strerror or error}. Nothing was half written."
    return f"{what} Name a run folder in another place: --run DIR" if refused and ".errata" in name else what


def _place(error: Exception) -> str:
    """The last line of errata's own code that it passed through."""
    own = [f for f in traceback.extract_tb(error.__traceback__) if f"{os.sep}errata{os.sep}" in f.filename]
    return f"{own[-1].filename.rpartition(f'{os.sep}errata{os.sep}')[2]}:{own[-1].lineno}" if own else "outside of it"


def _print_line(message: str) -> None:
    from errata.tools.visible import one_line

    sys.stderr.write(f"errata: {one_line(message)}\n")
