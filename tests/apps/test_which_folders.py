"""If there are folders above the class folders, a person is asked, and a script gets an error with the command to
type."""

from __future__ import annotations

import os
import pty
import select
import shlex
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from errata.apps.cli.which_folders import FolderChoice

pytestmark = pytest.mark.slow
ERRATA = [sys.executable, "-c", "from errata.apps.cli import main; main()"]


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """Row 7 of the field cases."""
    rng = np.random.default_rng(0)
    for split in ("train", "val"):
        for label in ("bar", "ring"):
            (tmp_path / "my shapes" / split / label).mkdir(parents=True)
            for i in range(4):
                pixels = rng.integers(0, 99, (8, 8, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(tmp_path / "my shapes" / split / label / f"{i}.png")
    return tmp_path / "my shapes"


def test_without_a_terminal_the_commands_to_type_are_printed_and_one_of_them_works(shapes: Path) -> None:
    typed = ["scan", "my shapes", "--run", "work"]
    done = subprocess.run(
        [*ERRATA, *typed], cwd=shapes.parent, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 2
    commands = [f"errata scan 'my shapes/{split}' --run work" for split in ("train", "val")]
    commands += [f"errata scan 'my shapes' --run work --class-level {level}" for level in (2, 1)]
    for command in commands:
        assert f"{command} (" in done.stderr
    assert not (shapes.parent / "work").exists()
    again = [*ERRATA, *shlex.split(commands[2])[1:], "--json"]
    done = subprocess.run(again, cwd=shapes.parent, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    assert '"items": 16' in done.stdout


def test_only_the_data_s_own_word_is_replaced() -> None:
    way = FolderChoice(Path("d/train"), None, "by itself")
    assert way.command(["scan", "./d", "--run", "x d"], Path("d")) == "errata scan d/train --run 'x d'"


def test_at_a_terminal_a_number_answers(shapes: Path) -> None:
    ours, theirs = pty.openpty()
    command = [*ERRATA, "scan", "my shapes"]
    process = subprocess.Popen(command, cwd=shapes.parent, stdin=theirs, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    seen, keys = b"", [b"9\n", b"1\n"]
    with suppress(OSError):  # the other end is closed
        while select.select([ours], [], [], 60)[0]:
            seen += os.read(ours, 65536)
            if keys and seen.count(b"[1-4] ") == 3 - len(keys):
                os.write(ours, keys.pop(0))
    os.close(ours)
    assert process.wait() == 0
    assert b"1  my shapes/train: by itself" in seen
    assert (shapes / "train.errata").exists()
