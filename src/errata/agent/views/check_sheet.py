"""The sheet of a random check: content alone, in the order drawn, and a column to decide in. Nothing in it tells a
given label or a proposal, not even an id."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from errata.agent.decisions.answer_words import AnswerWords
from errata.agent.decisions.check_key import SHA, CheckKey
from errata.agent.decisions.random_check import turns
from errata.agent.run.workspace import Workspace
from errata.agent.views.results import OWN
from errata.agent.views.review_sheet import DECISION, KEY, PLACE, content_columns, save_sheet
from errata.errors import SetupError
from errata.tools.store.checks import RandomCheck


def write_check(workspace: Workspace, check: RandomCheck, by: str, out: Path, *, force: bool = False) -> int:
    """Write what is left of a check for this person, and return the number of rows. SetupError for images, whose paths
    may tell their labels, and like ``write_review``."""
    if workspace.settings.image or not workspace.settings.text:
        raise SetupError(
            "A sheet shows an image by the path of its file, which may tell its label. Look at images in the terminal: "
            "errata review --check N --terminal"
        )
    left = list(turns(check, by, ahead=True))
    rows = [workspace.item(*check.draw.sample[turn.position]) for turn in left]
    columns: dict[str, Sequence[Any]] = {
        OWN + name: [values[row.idx] for row in rows] for name, values in content_columns(workspace).items()
    }
    content = set(columns)
    if any(row.place for row in rows):
        columns = {PLACE: [row.place for row in rows], **columns}
    columns[DECISION] = [None] * len(rows)
    columns[KEY] = [
        str(CheckKey(check.event, turn.index, row.content_sha[:SHA])) for turn, row in zip(left, rows, strict=True)
    ]
    space = workspace.run.label_space
    offered = AnswerWords(space, blind=True).offered
    order = np.random.default_rng(int(check.draw.seed, 16)).permutation(len(offered))
    with workspace.gate.replacing(out, force=force) as draft:
        save_sheet(draft, columns, range(len(rows)), content, [offered[k] for k in order], space.definitions)
    return len(rows)
