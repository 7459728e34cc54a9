"""Run every command of the tutorial, and write into it what they print.

    python -m evals tutorial [--check]

The commands of a ``console`` block run in a shell, one folder for all of them; files that the tutorial shows with a
title are written first. A comment ``<!-- types: KEY ... -->`` before a block is typed into its command. Only the name
of the folder is replaced. ``--check`` fails where a command prints something else than the tutorial shows, numbers
aside.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TUTORIAL = Path("docs/tutorial.md")
HOME = "/home/ann/tickets"
FILE = re.compile(r'^```python title="([^"]+)"\n(.*?)^```$', re.M | re.S)
BLOCK = re.compile(r"(?:^<!-- types: ([^>]*) -->\n)?^```console\n(.*?)^```$", re.M | re.S)
NUMBER = re.compile(r"\d+(\.\d+)?%?")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="fail where the tutorial shows something else")
    check = parser.parse_args().check
    then = TUTORIAL.read_text(encoding="utf-8")
    now = filled(then)
    if not check:
        TUTORIAL.write_text(now, encoding="utf-8")
    elif without_numbers(now) != without_numbers(then):
        sys.exit("docs/tutorial.md shows what no command prints: run python -m evals tutorial")


def filled(text: str) -> str:
    """The tutorial with the output of every command."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in FILE.findall(text):
            (Path(folder) / name).write_text(content, encoding="utf-8")
        return BLOCK.sub(lambda block: _with_output(block, Path(folder)), text)


def without_numbers(text: str) -> str:
    """The text without what differs each time, and with the processor: times, and the last digits of a scan."""
    return NUMBER.sub("#", text)


def _with_output(block: re.Match[str], folder: Path) -> str:
    typed = f"<!-- types: {block[1]} -->\n" if block[1] else ""
    commands = [line for line in block[2].splitlines() if line.startswith("$ ")]
    shown = "\n\n".join(f"{line}\n{_output(line[2:], folder, block[1] or '')}".rstrip() for line in commands)
    return f"{typed}```console\n{shown}\n```"


def _output(command: str, folder: Path, keys: str) -> str:
    here = Path(sys.executable).parent
    environment = os.environ | {
        "PATH": f"{here}{os.pathsep}{os.environ['PATH']}",
        "XDG_STATE_HOME": str(folder / ".state"),
        "USER": "ann",
        "LOGNAME": "ann",
        "COLUMNS": "100",
    }
    typed = "".join(f"{key}\n" for key in keys.split())
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{command} failed: {done.stderr}")
    return "\n".join(line.rstrip() for line in done.stdout.replace(str(folder), HOME).splitlines())


if __name__ == "__main__":
    main()
