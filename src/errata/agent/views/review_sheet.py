"""The review sheet: an Excel workbook with the results, what they are about, and a column to decide in.

Nothing from the data is ever a formula there: each text is stored as a text, in a cell whose format is Text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from errata.agent.decisions.answer_words import AnswerWords
from errata.agent.decisions.approval import OPEN_OUTCOMES
from errata.agent.decisions.review_key import ReviewKey
from errata.agent.evidence.snapshot import Snapshot
from errata.agent.run.workspace import Workspace
from errata.agent.views.results import OWN, of_rows, result_columns
from errata.errors import DataError, missing_extra
from errata.tools.data.plain import plain
from errata.tools.visible import visible

SHEET, ANSWERS = "review", "answers"
ID, PLACE, DECISION, KEY = "item_id", "place", "decision", "errata_key"
SHOWN = ("given_label", "status", "outcome", "proposed_label", "confidence", "best_other_label")
LONGEST = 32_767
"""Characters of a cell."""
EXACT = 2**53
"""A larger whole number would lose digits as a cell's number."""
WIDTHS = {ID: 14, "reason": 50, DECISION: 20}
WIDE, NARROW = 60, 16


def write_review(workspace: Workspace, out: Path, own: Sequence[str] = (), *, force: bool = False) -> int:
    """Write the sheet and return its number of rows: the open proposals first, the least trustworthy given label at the
    top, then the other items in the data's order. ``own``: columns of the data to add besides the content.

    Raises SetupError without the extra ``excel``, and like ``write_results``.
    """
    columns = _columns(workspace, own)
    order = _order(Snapshot.of(workspace), columns["outcome"])
    space = workspace.run.label_space
    with workspace.gate.replacing(out, force=force) as draft:
        content = {OWN + name for name in content_columns(workspace)}
        save_sheet(draft, columns, order, content, AnswerWords(space).offered, space.definitions)
    return len(order)


def _columns(workspace: Workspace, own: Sequence[str]) -> dict[str, Sequence[Any]]:
    found = result_columns(workspace, own)
    proposals = Snapshot.of(workspace).proposals
    count = range(len(found[ID]))
    shown = {OWN + name: values for name, values in content_columns(workspace).items()}
    return {
        ID: found[ID],
        **({PLACE: found[PLACE]} if PLACE in found else {}),
        **shown,
        **{OWN + name: found[OWN + name] for name in own},
        **{name: found[name] for name in SHOWN},
        "reason": [proposals[i].reason if i in proposals else None for i in count],
        DECISION: [None] * len(count),
        KEY: list(map(str, keys(workspace, found))),
    }


def keys(workspace: Workspace, results: Mapping[str, Sequence[Any]]) -> list[ReviewKey]:
    """What each row shows now, given the columns of the results."""
    snapshot = Snapshot.of(workspace)
    decisions, shas = snapshot.decisions, workspace.dataset.content_shas
    said = zip(results["given_label"], results["outcome"], results["proposed_label"], strict=True)
    rows = zip(snapshot.rows, said, strict=True)
    return [ReviewKey.of(shas[row.row], *one, decisions.get(row.idx)) for row, one in rows]


def content_columns(workspace: Workspace) -> dict[str, Sequence[Any]]:
    """The columns that are looked at; without images that are in the data itself and not in files."""
    dataset, found = workspace.dataset, dict[str, Sequence[Any]]()
    for name in dataset.columns.content:
        try:
            values = plain(dataset.column(name), name)
        except DataError:
            continue
        found[name] = of_rows(workspace, values)
    return found


def _order(snapshot: Snapshot, outcomes: Sequence[str | None]) -> list[int]:
    quality = dict(zip(snapshot.proposed.idx, snapshot.proposed.quality, strict=True))
    unsettled = [
        row.idx
        for row, outcome in zip(snapshot.rows, outcomes, strict=True)
        if outcome in OPEN_OUTCOMES and row.idx not in snapshot.decisions and not row.protected
    ]
    first = sorted(unsettled, key=lambda i: quality[i] or 0.0)
    others = set(first)
    return [*first, *(row.idx for row in snapshot.rows if row.idx not in others)]


def save_sheet(
    path: Path,
    columns: Mapping[str, Sequence[Any]],
    order: Sequence[int],
    content: set[str],
    offered: Sequence[str],
    definitions: Mapping[str, str],
) -> None:
    """Write a workbook to decide in: these columns, in this order of rows; ``content``: those that need room.
    ``offered``: the answers of the drop-down, in order. The last column is hidden."""
    try:
        from openpyxl import Workbook as Book
    except ImportError:
        raise missing_extra("openpyxl", "excel") from None
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Book(write_only=True)
    sheet, answers = book.create_sheet(SHEET), book.create_sheet(ANSWERS)
    last = get_column_letter(len(columns))
    sheet.freeze_panes, sheet.auto_filter.ref = "B2", f"A1:{last}{len(order) + 1}"
    for place, name in enumerate(columns, start=1):
        width = WIDTHS.get(name, WIDE if name in content else NARROW)
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.column_dimensions[last].hidden = True
    choice = DataValidation("list", f"{ANSWERS}!$A$2:$A${len(offered) + 1}", allow_blank=True, showErrorMessage=True)
    choice.error = f"Choose one of the answers listed in the sheet {ANSWERS!r}, or leave the cell empty."
    place = get_column_letter(list(columns).index(DECISION) + 1)
    choice.add(f"{place}2:{place}{len(order) + 1}")
    sheet.data_validations.append(choice)
    for target, rows in ((sheet, _rows(columns, order)), (answers, _answers(offered, definitions))):
        cell = _cells_of(target)
        for line, row in enumerate(rows):
            target.append([cell(value, line == 0) for value in row])
    answers.column_dimensions["A"].width, answers.column_dimensions["B"].width = WIDTHS["reason"], WIDE
    book.save(path)


def _rows(columns: Mapping[str, Sequence[Any]], order: Sequence[int]) -> Iterator[Sequence[Any]]:
    yield tuple(columns)
    for i in order:
        yield [values[i] for values in columns.values()]


def _answers(offered: Sequence[str], definitions: Mapping[str, str]) -> Iterator[Sequence[Any]]:
    yield "answer", "meaning"
    for word in offered:
        yield word, definitions.get(word)


def _cells_of(sheet: Any) -> Callable[[Any, bool], Any]:
    """How a value becomes a cell of the sheet."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font

    wrapped, bold = Alignment(wrap_text=True, vertical="top"), Font(bold=True)

    def cell(value: Any, header: bool) -> Any:
        made = WriteOnlyCell(sheet)
        made.alignment = wrapped
        if isinstance(value, bool | float) or (isinstance(value, int) and abs(value) <= EXACT):
            made.value = value
            return made
        made.number_format = "@"
        if value is not None:
            text = visible(str(value))
            made.value = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
            made.data_type = "s"  # also of a text that begins with "="
        if header:
            made.font = bold
        return made

    return cell
