"""errata demo: the whole loop in a minute, explained along the way, with the answer key opened at the end."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from errata import words
from errata.apps.cli.options import AsJson, print_json, print_text
from errata.apps.cli.progress import showing_progress
from errata.errors import SetupError

if TYPE_CHECKING:
    from errata.demo.loop import Demo

DATA, MARK = "digits.csv", ".errata-demo"
MADE = {MARK, DATA, "images", "digits.errata", "digits.relabeled.csv", "digits.reverted.csv"}
"""Everything that a demo leaves in its folder. A folder without the mark, or with anything else in it, is not a
demo's."""


def demo(
    folder: Annotated[Path, typer.Argument(help="Where to work; made again each time.")] = Path("errata-demo"),
    seed: Annotated[int, typer.Option(help="Which labels are made wrong.")] = 0,
    as_json: AsJson = False,
) -> None:
    """The whole loop on handwritten digits, in a minute.

    90 of 899 labels are wrong on purpose: find them, fix them, undo it. No GPU, no download.
    """
    from errata.demo.loop import run_demo

    recreate_folder(folder)
    if not as_json:
        print_text("899 digit images; 90 labels made wrong on purpose, the answer key locked away.")
        print_text("Judge: a model of 0.9 MB shipped here, trained on the OTHER half of these digits.")
        print_text("It is good at digits only. Your data needs a judge: errata doctor\n")
    with showing_progress() as progress:
        found = run_demo(folder, progress, seed)
    print_json(found.as_json()) if as_json else _print_result(found, folder)


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def recreate_folder(folder: Path) -> None:
    import shutil

    if folder.exists():
        found = {path.name for path in folder.iterdir()}
        if found and not {MARK} <= found <= MADE:
            raise SetupError(f"{folder} holds something else than an earlier demo. Name another: errata demo FOLDER")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARK).touch()


def _print_result(found: Demo, folder: Path) -> None:
    from errata.agent.actions.looking import tested_in_words
    from errata.demo.loop import ACCEPT_ABOVE

    accepted = sorted((row for row in found.rows if row["accepted"]), key=_confidence)
    left = [row for row in found.rows if row["outcome"] not in (None, "keep") and not row["accepted"]]
    status, data = found.status, folder / DATA
    print_text(f"scan      {status['suspects'] + status['drawn']} of {status['items']} worth a look")
    print_text(
        f"judge     {status['spent']['calls']} calls, {status['unreadable_answers']} failed{tested_in_words(status)}"
    )
    print_text("propose   " + ", ".join(f"{n} {words.outcome(name)}" for name, n in status["outcomes"].items()) + "\n")
    for row in accepted[-3:]:
        print_text(f"  {row['item_id']}   labeled {row['given_label']}, proposed {row['proposed_label']}{_why(row)}")
    for row in left[:1]:
        outcome = words.outcome(row["outcome"])
        print_text(f"  {row['item_id']}   labeled {row['given_label']}, {outcome}: left for you{_why(row)}")
    print_text(f"\nA script now says yes above {ACCEPT_ABOVE}. (On your data, a person does.)")
    print_text(f"apply     {found.errata.changed} changes, written to digits.relabeled.csv; the source is untouched\n")
    print_text("\n".join(_table(found)))
    print_text(f"  its worst mistake: {_worst_mistake(found.rows, data)}\n")
    same = "yes" if found.reverted_identical else "NO"
    print_text(f"revert    bytes identical: {same}      ({found.seconds:.0f} s in all)\n")
    print_text(f"Now yours:   {_errata()} review {data} --terminal    decide the open ones, one key each")
    print_text(f"             {_errata()} run YOURS.csv --text COL --label COL --judge MODEL@URL --dry-run")


def _errata() -> str:
    """How to call errata from this shell: `make demo` runs it from an environment that is not activated."""
    import shutil

    return "errata" if shutil.which("errata") else sys.argv[0]


def _worst_mistake(rows: list[dict[str, Any]], data: Path) -> str:
    """The most confident wrong change or, if every change was right, the wrong label that errata trusted most."""
    wrong = [row for row in rows if row["accepted"] and row["proposed_label"] != row["true_label"]]
    missed = [row for row in rows if row["outcome"] in (None, "keep") and row["given_label"] != row["true_label"]]
    if not wrong and not missed:
        return "none on these digits"
    row = max(wrong, key=_confidence) if wrong else max(missed, key=lambda row: float(row["quality"]))
    what = f"changed {row['given_label']} to {row['proposed_label']}" if wrong else f"left {row['given_label']} alone"
    return f"{row['item_id']}, {what}; in truth {row['true_label']}. See it: {_errata()} show {row['item_id']} {data}"


def _table(found: Demo) -> list[str]:
    ours, scan = found.errata, found.scan
    return [
        f"{'By the answer key':<36}{'errata':>10}{'scan alone':>14}",
        f"  {'wrong labels found':<34}{f'{ours.found}/{ours.spoiled}':>10}{f'{scan.found}/{scan.spoiled}':>14}",
        f"  {'flagged that were wrong':<34}{f'{ours.found}/{ours.flagged}':>10}{f'{scan.found}/{scan.flagged}':>14}",
        f"  {'changes that were right':<34}{f'{ours.changed_right}/{ours.changed}':>10}"
        f"{f'{scan.changed_right}/{scan.changed}':>14}",
        f"  {'right labels broken':<34}{ours.broken:>10}{scan.broken:>14}",
    ]


def _confidence(row: dict[str, Any]) -> float:
    return float(row["confidence"])


def _why(row: dict[str, Any]) -> str:
    sure = "" if row["confidence"] is None else f"   confidence {row['confidence']:.2f}"
    return f"{sure}\n         {row['reason']}"
