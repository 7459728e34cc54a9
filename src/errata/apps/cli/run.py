"""errata run and errata scan: from a file to proposals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from errata.apps.cli.confirm import confirm
from errata.apps.cli.console import can_show
from errata.apps.cli.ending import ending_in_order
from errata.apps.cli.options import AsJson, lined, print_json, say, tell_of_retries
from errata.apps.cli.progress import showing_progress
from errata.errors import ModelError, WhichFolders

if TYPE_CHECKING:
    from errata.agent.phases import Progress
    from errata.agent.run.workspace import Workspace

Data = Annotated[
    Path, typer.Argument(help="A .csv, .tsv, .jsonl or .parquet file, an image folder, a datasets folder.")
]
Text = Annotated[str | None, typer.Option(metavar="COL", help="Column with the text.")]
Image = Annotated[str | None, typer.Option(metavar="COL", help="Column with the image: bytes, or a path.")]
ImageRoot = Annotated[
    list[Path] | None,
    typer.Option(metavar="DIR", help="A folder that images may lie in, beside the data's own; repeat it."),
]
ClassLevel = Annotated[
    int | None,
    typer.Option(metavar="N", help="Image folders: which folders name the classes, 1 those at the top. Default: 1."),
]
Label = Annotated[str | None, typer.Option(metavar="COL", help="Column with the given label.")]
Id = Annotated[str | None, typer.Option("--id", metavar="COL", help="Column with your own ids. Default: the position.")]
Protect = Annotated[str | None, typer.Option(metavar="COL", help="Column that marks gold rows: they never change.")]
Probs = Annotated[
    str | None, typer.Option(metavar="COL|FILE", help="Your out-of-sample probabilities: column or .npy.")
]
Embeddings = Annotated[str | None, typer.Option(metavar="COL|FILE", help="Your embeddings: column or .npy.")]
Embedder = Annotated[str | None, typer.Option(metavar="NAME", help="plain, minilm, or a sentence-transformers model.")]
Detectors = Annotated[
    list[str] | None,
    typer.Option("--detectors", metavar="NAME", help="Detectors to run instead of the usual ones; repeat it."),
]
Probe = Annotated[
    str | None, typer.Option(metavar="ensemble|logistic", help="How class probabilities are made. Default: ensemble.")
]
Labels = Annotated[Path | None, typer.Option(metavar="FILE", help="labels.toml: names, definitions, parents.")]
Delimiter = Annotated[
    str | None, typer.Option(metavar="CHAR", help="What stands between the cells of a CSV file. Default: found out.")
]
NoLabel = Annotated[
    list[str] | None,
    typer.Option(metavar="WORD", help='A word in the label column that means "no label", such as -1; repeat it.'),
]
ManyLabels = Annotated[
    bool | None, typer.Option("--many-labels", help="More than half as many labels as rows is what I have.")
]
RunDir = Annotated[
    Path | None, typer.Option("--run", metavar="DIR", help="Run folder. Default: NAME.errata beside DATA.")
]
Guideline = Annotated[Path | None, typer.Option(metavar="FILE", help="What the labels mean, in Markdown.")]
Judge = Annotated[list[str] | None, typer.Option(metavar="MODEL@URL", help="A judge; repeat it for a panel.")]
Budget = Annotated[
    str | None, typer.Option(metavar="LIMITS", help="Hard limits: calls=2000,usd=5,minutes=30,tokens=1e6")
]
Style = Annotated[str | None, typer.Option(metavar="letters|names", help="How a judge answers. Default: letters.")]
Permutations = Annotated[
    int | None, typer.Option(metavar="N", help="Orders in which a blind choice is asked. Default: 2.")
]
Protocols = Annotated[
    list[str] | None,
    typer.Option(
        "--protocol",
        metavar="NAME",
        help="What to ask, in turn; repeat it. Default: blind_choice, contest, steering (a guard).",
    ),
]
Questions = Annotated[Path | None, typer.Option(metavar="FILE", help="Question bank, as JSON. Default: a judge's own.")]
PoolOf = Annotated[
    str | None,
    typer.Option("--pool", metavar="NAME", help="How judges count together: mean, worst_case, uncertainty_weighted."),
]
Escalate = Annotated[
    bool | None, typer.Option("--escalate", help="Ask a later judge only where it can change the outcome.")
]
Calibrate = Annotated[
    bool | None, typer.Option("--calibrate", help="Measure each judge's biases first, on items without content.")
]
UsdIn = Annotated[
    float | None, typer.Option("--usd-per-mtok-in", metavar="USD", help="Price of a million tokens sent. Default: 0.")
]
UsdOut = Annotated[
    float | None,
    typer.Option("--usd-per-mtok-out", metavar="USD", help="Price of a million tokens answered. Default: 0."),
]
AllowHost = Annotated[list[str] | None, typer.Option(metavar="HOST", help="A host outside private networks to allow.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Scan, then say what judging would cost. Asks no model.")]


def run(
    data: Data,
    text: Text = None,
    image: Image = None,
    image_root: ImageRoot = None,
    class_level: ClassLevel = None,
    label: Label = None,
    id_: Id = None,
    protect: Protect = None,
    probs: Probs = None,
    embeddings: Embeddings = None,
    embedder: Embedder = None,
    detectors: Detectors = None,
    probe: Probe = None,
    labels: Labels = None,
    delimiter: Delimiter = None,
    no_label: NoLabel = None,
    many_labels: ManyLabels = None,
    guideline: Guideline = None,
    judge: Judge = None,
    budget: Budget = None,
    style: Style = None,
    permutations: Permutations = None,
    protocols: Protocols = None,
    questions: Questions = None,
    pool: PoolOf = None,
    escalate: Escalate = None,
    calibrate: Calibrate = None,
    allow_host: AllowHost = None,
    usd_per_mtok_in: UsdIn = None,
    usd_per_mtok_out: UsdOut = None,
    run_dir: RunDir = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Scan the data, put suspects before the judges, and propose. Type it again to go on after a stop."""
    flags = {name: value for name, value in locals().items() if name not in ("data", "run_dir", "dry_run", "as_json")}
    (_price if dry_run else _drive)(data, run_dir, as_json, flags)


def scan(
    data: Data,
    text: Text = None,
    image: Image = None,
    image_root: ImageRoot = None,
    class_level: ClassLevel = None,
    label: Label = None,
    id_: Id = None,
    protect: Protect = None,
    probs: Probs = None,
    embeddings: Embeddings = None,
    embedder: Embedder = None,
    detectors: Detectors = None,
    probe: Probe = None,
    labels: Labels = None,
    delimiter: Delimiter = None,
    no_label: NoLabel = None,
    many_labels: ManyLabels = None,
    guideline: Guideline = None,
    run_dir: RunDir = None,
    as_json: AsJson = False,
) -> None:
    """Detectors alone: no model is asked anything. Shows which classes are noisy."""
    flags = {name: value for name, value in locals().items() if name not in ("data", "run_dir", "as_json")}
    _drive(data, run_dir, as_json, flags | {"judge": []}, by_class=True)


def add_to(app: typer.Typer) -> None:
    app.command("run")(run)
    app.command("scan")(scan)


def _drive(data: Path, run_dir: Path | None, as_json: bool, flags: dict[str, Any], *, by_class: bool = False) -> None:
    from errata.agent.drive import drive
    from errata.agent.views.report import class_noise
    from errata.agent.views.status import describe, status_of
    from errata.apps.cli import noise

    with _at_work(data, run_dir, flags) as (workspace, progress):
        drive(workspace, progress)
        found = status_of(workspace)
        classes = class_noise(workspace) if by_class else ()
    if as_json:
        print_json(found | ({"classes": noise.as_json(classes)} if by_class else {}))
    else:
        blocks = can_show(noise.EIGHTHS)
        shown = describe(lined(found | {"remarks": []}))
        say((noise.picture(classes, blocks=blocks) + "\n\n" if by_class else "") + shown)
    if found["stopped"]:
        kept = " The scan and every finished call are kept: run again to go on." * found["failed"]
        raise ModelError(f"Stopped early: {found['stopped']}{kept}")


def _price(data: Path, run_dir: Path | None, as_json: bool, flags: dict[str, Any]) -> None:
    from errata.agent.drive import scanned
    from errata.agent.views.price import price

    with _at_work(data, run_dir, flags) as (workspace, progress):
        scanned(workspace, progress)
        estimate = price(workspace)
    print_json(estimate.as_dict()) if as_json else say(estimate.in_words())


@contextmanager
def _at_work(data: Path, run_dir: Path | None, flags: dict[str, Any]) -> Iterator[tuple[Workspace, Progress]]:
    """A run on the data as the flags say, with its progress shown, that a signal ends in order."""
    from errata.agent.run.notices import tell

    tell_of_retries()
    flags["id"] = flags.pop("id_")
    workspace = _begin(data, run_dir, flags)
    for remark in workspace.dataset.remarks:  # before anything is paid for
        tell(remark)
    try:
        with ending_in_order(workspace), showing_progress(workspace) as progress:
            yield workspace, progress
    finally:
        workspace.close()


def _begin(data: Path, run_dir: Path | None, flags: dict[str, Any]) -> Workspace:
    """A run on the data; which folders of it are the classes is asked where that is not clear."""
    from errata.agent.run.begin import begin, settings_for

    try:
        return begin(data, settings_for(data, run_dir, flags, confirm), run_dir)
    except WhichFolders as found:
        from errata.apps.cli.which_folders import which

        way = which(found, data)
        flags = flags | {"class_level": way.level}
        return begin(way.data, settings_for(way.data, run_dir, flags, confirm), run_dir)
