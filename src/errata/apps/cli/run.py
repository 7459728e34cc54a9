"""errata run and errata scan: from a file to proposals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from errata.apps.cli.confirm import confirm, go_ahead
from errata.apps.cli.console import can_show
from errata.apps.cli.graceful_shutdown import graceful_shutdown
from errata.apps.cli.options import AsJson, keyboard_session, on_one_line, print_json, print_text, report_retries
from errata.apps.cli.progress import showing_progress
from errata.errors import AmbiguousFolders, ModelError

if TYPE_CHECKING:
    from errata.agent.actions.running import OpenedRun
    from errata.agent.actions.session import Session

Data = Annotated[
    Path, typer.Argument(help="A .csv, .tsv, .xlsx, .jsonl or .parquet file, an image folder, a datasets folder.")
]
Text = Annotated[list[str] | None, typer.Option(metavar="COL", help="Column with a text; repeat it.")]
Image = Annotated[
    list[str] | None, typer.Option(metavar="COL", help="Column with an image: bytes, or a path; repeat it.")
]
Context = Annotated[
    list[str] | None,
    typer.Option(metavar="COL", help="Column with a text shown to judges and people, but not scanned; repeat it."),
]
ImageRoot = Annotated[
    list[Path] | None,
    typer.Option(metavar="DIR", help="A folder that images may be in, besides the data's own; repeat it."),
]
ClassLevel = Annotated[
    int | None,
    typer.Option(metavar="N", help="Image folders: which folders name the classes, 1 those at the top. Default: 1."),
]
Label = Annotated[str | None, typer.Option(metavar="COL", help="Column with the given label.")]
Mark = Annotated[
    list[str] | None,
    typer.Option(metavar="COL", help="Instead of --label: a column that is 1 where an item has its mark; repeat it."),
]
Votes = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COL|FILE",
        help="Several people's votes: a column of lists, one column each (repeat it), or a table of its own.",
    ),
]
Annotators = Annotated[str | None, typer.Option(metavar="COL", help="Column with the names behind a list of votes.")]
Id = Annotated[str | None, typer.Option("--id", metavar="COL", help="Column with your own ids. Default: the position.")]
Protect = Annotated[str | None, typer.Option(metavar="COL", help="Column that marks gold rows: they never change.")]
Split = Annotated[
    str | None,
    typer.Option(metavar="COL", help="Column with the split: copies across splits are told; test splits never change."),
]
FixSplit = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="A split such as test whose labels may change all the same; repeat it."),
]
Probs = Annotated[
    str | None, typer.Option(metavar="COL|FILE", help="Your out-of-sample probabilities: column or .npy.")
]
Embeddings = Annotated[str | None, typer.Option(metavar="COL|FILE", help="Your embeddings: column or .npy.")]
Embedder = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="plain; of texts minilm-int8, minilm, or a sentence-transformers model; of images efficientnet-lite0 or "
        "transformers:MODEL; of either MODEL@URL of a server.",
    ),
]
Detectors = Annotated[
    list[str] | None,
    typer.Option("--detectors", metavar="NAME", help="Detectors to run instead of the default ones; repeat it."),
]
Probe = Annotated[
    str | None, typer.Option(metavar="ensemble|logistic", help="How class probabilities are made. Default: ensemble.")
]
Labels = Annotated[Path | None, typer.Option(metavar="FILE", help="labels.toml: names, definitions, parents.")]
Delimiter = Annotated[
    str | None, typer.Option(metavar="CHAR", help="The cell separator of a CSV file. Default: detected.")
]
Encoding = Annotated[
    str | None, typer.Option(metavar="NAME", help="The encoding of a CSV file, such as cp1252. Default: detected.")
]
Sheet = Annotated[
    str | None, typer.Option(metavar="NAME", help="The sheet of an Excel workbook. Default: the only one.")
]
NoLabel = Annotated[
    list[str] | None,
    typer.Option(metavar="WORD", help='A word in the label column that means "no label", such as -1; repeat it.'),
]
Task = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="What the labels are: single, ordered, multi or pair. Default: as the column looks."
    ),
]
Separator = Annotated[
    str | None, typer.Option(metavar="CHAR", help="What stands between the marks in a cell of the label column.")
]
Order = Annotated[
    str | None, typer.Option(metavar="A,B,C", help="The labels from the least to the most: a far mistake weighs more.")
]
Hierarchy = Annotated[
    str | None,
    typer.Option(metavar="SEP", help='What stands between the nodes where labels are paths in a tree, such as " > ".'),
]
ManyLabels = Annotated[
    bool | None, typer.Option("--many-labels", help="Accept a label column in which most rows have their own label.")
]
RunDir = Annotated[
    Path | None, typer.Option("--run", metavar="DIR", help="Run folder. Default: NAME.errata next to DATA.")
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
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", metavar="NAME", help="A role to run besides the default ones; repeat it."),
]
Questions = Annotated[Path | None, typer.Option(metavar="FILE", help="Question bank, as JSON. Default: a judge's own.")]
PoolOf = Annotated[
    str | None,
    typer.Option("--pool", metavar="NAME", help="How judges are combined: mean, worst_case, uncertainty_weighted."),
]
Escalate = Annotated[
    bool | None, typer.Option("--escalate", help="Ask a later judge only if it can change the outcome.")
]
Calibrate = Annotated[
    bool | None,
    typer.Option("--calibrate/--no-calibrate", help="Measure each judge before it counts. Default: yes."),
]
RequireJudge = Annotated[bool | None, typer.Option("--require-judge", help="Stop if a judge is no better than chance.")]
UsdIn = Annotated[
    float | None, typer.Option("--usd-per-mtok-in", metavar="USD", help="Price of a million tokens sent. Default: 0.")
]
UsdOut = Annotated[
    float | None,
    typer.Option("--usd-per-mtok-out", metavar="USD", help="Price of a million tokens answered. Default: 0."),
]
AllowHost = Annotated[list[str] | None, typer.Option(metavar="HOST", help="A host outside private networks to allow.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Scan, then say what judging would cost. Asks no model.")]

Yes = Annotated[bool, typer.Option("--yes", help="Continue, however long it takes and whatever it costs.")]
RetryUnreadable = Annotated[
    bool, typer.Option("--retry-unreadable", help="Ask again for answers that could not be read, and what was refused.")
]


def run(
    data: Data,
    text: Text = None,
    image: Image = None,
    context: Context = None,
    image_root: ImageRoot = None,
    class_level: ClassLevel = None,
    label: Label = None,
    mark: Mark = None,
    votes: Votes = None,
    annotators: Annotators = None,
    id_: Id = None,
    protect: Protect = None,
    split: Split = None,
    fix_split: FixSplit = None,
    probs: Probs = None,
    embeddings: Embeddings = None,
    embedder: Embedder = None,
    detectors: Detectors = None,
    probe: Probe = None,
    labels: Labels = None,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    no_label: NoLabel = None,
    task: Task = None,
    separator: Separator = None,
    order: Order = None,
    hierarchy: Hierarchy = None,
    many_labels: ManyLabels = None,
    guideline: Guideline = None,
    judge: Judge = None,
    budget: Budget = None,
    style: Style = None,
    permutations: Permutations = None,
    protocols: Protocols = None,
    roles: Roles = None,
    questions: Questions = None,
    pool: PoolOf = None,
    escalate: Escalate = None,
    calibrate: Calibrate = None,
    require_judge: RequireJudge = None,
    allow_host: AllowHost = None,
    usd_per_mtok_in: UsdIn = None,
    usd_per_mtok_out: UsdOut = None,
    run_dir: RunDir = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    retry_unreadable: RetryUnreadable = False,
    as_json: AsJson = False,
) -> None:
    """Scan the data, ask the judges about the suspects, and propose changes. Run it again to continue after a stop."""
    own = ("data", "run_dir", "dry_run", "yes", "retry_unreadable", "as_json")
    flags = {name: value for name, value in locals().items() if name not in (*own, "own")}
    if dry_run:
        _price(data, run_dir, as_json, flags)
    else:
        _run(data, run_dir, as_json, flags, yes=yes, retry_unreadable=retry_unreadable)


def scan(
    data: Data,
    text: Text = None,
    image: Image = None,
    context: Context = None,
    image_root: ImageRoot = None,
    class_level: ClassLevel = None,
    label: Label = None,
    mark: Mark = None,
    votes: Votes = None,
    annotators: Annotators = None,
    id_: Id = None,
    protect: Protect = None,
    split: Split = None,
    fix_split: FixSplit = None,
    probs: Probs = None,
    embeddings: Embeddings = None,
    embedder: Embedder = None,
    detectors: Detectors = None,
    probe: Probe = None,
    labels: Labels = None,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    sheet: Sheet = None,
    no_label: NoLabel = None,
    task: Task = None,
    separator: Separator = None,
    order: Order = None,
    hierarchy: Hierarchy = None,
    many_labels: ManyLabels = None,
    guideline: Guideline = None,
    allow_host: AllowHost = None,
    run_dir: RunDir = None,
    as_json: AsJson = False,
) -> None:
    """Run the detectors only, without asking a judge. Shows which classes are noisy."""
    flags = {name: value for name, value in locals().items() if name not in ("data", "run_dir", "as_json")}
    _scan(data, run_dir, as_json, flags | {"judge": []})


def add_to(app: typer.Typer) -> None:
    app.command("run")(run)
    app.command("scan")(scan)


def _run(data: Path, run_dir: Path | None, as_json: bool, flags: dict[str, Any], **going: bool) -> None:
    from errata.agent.actions.perform import perform
    from errata.agent.actions.running import RUN

    with _at_work(data, run_dir, flags) as session:
        session.go_ahead = lambda job: go_ahead(job, lambda: session.stopped)
        found = perform(RUN, session, **going)
    _print_status(found, as_json)


def _scan(data: Path, run_dir: Path | None, as_json: bool, flags: dict[str, Any]) -> None:
    from errata.agent.actions.perform import perform
    from errata.agent.actions.running import SCAN
    from errata.agent.actions.tables import CLASS_NOISE
    from errata.apps.cli import noise

    with _at_work(data, run_dir, flags) as session:
        found = perform(SCAN, session)
        classes = perform(CLASS_NOISE, session)
    picture = noise.picture(classes, blocks=can_show(noise.EIGHTHS))
    _print_status(found | ({"classes": noise.as_json(classes)} if as_json else {}), as_json, f"{picture}\n\n")


def _price(data: Path, run_dir: Path | None, as_json: bool, flags: dict[str, Any]) -> None:
    from errata.agent.actions.perform import perform
    from errata.agent.actions.running import PRICE

    with _at_work(data, run_dir, flags) as session:
        estimate = perform(PRICE, session)
    print_json(estimate.as_dict()) if as_json else print_text(estimate.in_words())


def _print_status(found: dict[str, Any], as_json: bool, before: str = "") -> None:
    """Print the run's status. ModelError if it stopped early: the exit code says so."""
    from errata.agent.actions.looking import status_in_words

    if as_json:
        print_json(found)
    else:
        print_text(before + status_in_words(on_one_line(found | {"remarks": []})))
    if found["stopped"]:
        kept = " The scan and every finished call are kept: run again to go on." * found["failed"]
        raise ModelError(f"Stopped early: {found['stopped']}{kept}")


@contextmanager
def _at_work(data: Path, run_dir: Path | None, flags: dict[str, Any]) -> Iterator[Session]:
    """A session with a run on the data as the flags say, with progress shown and graceful shutdown on a signal."""
    report_retries()
    flags["id"] = flags.pop("id_")
    with keyboard_session() as session:
        session.confirm = confirm
        for remark in _begin(session, data, run_dir, flags).remarks:  # before anything is paid for
            session.notify(remark)
        with graceful_shutdown(session), showing_progress(session.cost_so_far) as session.progress:
            yield session


def _begin(session: Session, data: Path, run_dir: Path | None, flags: dict[str, Any]) -> OpenedRun:
    """Begin a run on the data; if it is unclear which of its folders are the classes, ask."""
    try:
        return _begin_as_typed(session, data, run_dir, flags)
    except AmbiguousFolders as found:
        from errata.apps.cli.which_folders import which

        way = which(found, data)
        return _begin_as_typed(session, way.data, run_dir, flags | {"class_level": way.level})


def _begin_as_typed(session: Session, data: Path, run_dir: Path | None, flags: dict[str, Any]) -> OpenedRun:
    from errata.agent.actions.perform import perform
    from errata.agent.actions.running import BEGIN, SETTINGS

    settings = perform(SETTINGS, session, data=data, run_dir=run_dir, typed=flags)
    return perform(BEGIN, session, data=data, run_dir=run_dir, settings=settings)
