"""How a run begins: which settings apply, and whether to continue a run or start a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from errata.agent.role import role_named
from errata.agent.run.external_settings import Confirm, confirmed, refuse, remember_confirmed
from errata.agent.run.notices import Notify, print_notice
from errata.agent.run.workspace import Workspace, open_data
from errata.errors import SetupError
from errata.settings import Settings, is_votes_file, load_settings
from errata.tools.data import Dataset
from errata.tools.detectors import detector_named
from errata.tools.features.choose import on_a_server
from errata.tools.guideline import same_words
from errata.tools.judging.pacing.budget import Budget, Prices
from errata.tools.judging.registry import check_protocols
from errata.tools.judging.spec import check_forms
from errata.tools.store import Store
from errata.tools.store.choose_run import choose_run
from errata.tools.store.decisions import Terms, lapsing
from errata.tools.store.own_files import write_settings
from errata.tools.store.relative_paths import relative_path
from errata.tools.store.run_folder import RunFolder
from errata.tools.store.store import ItemRow
from errata.tools.tasks.task import Annotation
from errata.types import sha_of

_WITHOUT_JUDGE = {"questions": None, "usd_per_mtok_in": 0.0, "usd_per_mtok_out": 0.0}


def settings_for(data: Path, run_dir: Path | None, flags: Mapping[str, Any], confirm: Confirm = refuse) -> Settings:
    """What the user typed takes precedence over the environment, and that over errata.toml. If no column is named, an
    existing run keeps the settings it was started with; ``confirm`` as in ``external_settings.confirmed``."""
    typed = {name: value for name, value in flags.items() if value is not None}
    folder = RunFolder(run_dir) if run_dir else RunFolder.beside(data)
    old = {} if {"label", "mark", "votes", "text", "image"} & typed.keys() else stored_settings(data, run_dir)
    settings = load_settings(**(old | typed))
    check_forms(set(settings.judge) - set(old.get("judge", ())))  # before anything is written
    if not settings.judge:  # no judge is asked, so stored settings about judges do not matter
        hosts = settings.allow_host if on_a_server(settings.embedder) else ()
        settings = settings.model_copy(update=_WITHOUT_JUDGE | {"allow_host": hosts})
    return confirmed(settings, typed, data, folder.path, confirm)


def stored_settings(data: Path, run_dir: Path | None) -> dict[str, Any]:
    """The settings of the run that would continue on this data, the newest judged one; those of run.toml if there is
    nothing else."""
    folder = RunFolder(run_dir) if run_dir else RunFolder.beside(data)
    if not folder.exists():
        return folder.frozen_settings()
    store = Store(folder)
    try:
        runs = store.all_runs()
        return dict(choose_run(runs, folder.path, data=data).run.settings) if runs else {}
    finally:
        store.close()


def begin(data: Path, settings: Settings, run_dir: Path | None = None, notify: Notify = print_notice) -> Workspace:
    """The run of this data under these settings: an existing one continues; otherwise a new one starts beside it.

    ``notify`` is called in advance with how many decisions lapse and why, and with how much of the data is known.
    """
    dataset = open_data(data, settings)
    if settings.protocols == Settings.model_fields["protocols"].default:
        settings = settings.model_copy(
            update={"protocols": dataset.task.asks(dataset.columns.text, dataset.columns.image)}
        )
    _check_budget(settings)
    _check_names(settings, dataset.task.asked_as)  # before anything is written
    store = Store(RunFolder(run_dir) if run_dir else RunFolder.beside(data))
    store.refuse_read_only()
    guideline = _known_wording(store, _read_guideline(settings.guideline), dataset.label_column)
    settings_sha = sha_of([settings.identity(), guideline, dataset.label_space.sha, _file_stamps(settings)])
    run = store.find_run(dataset.sha256, settings_sha)
    values = settings.model_dump(mode="json")
    place = relative_path(data, store.folder.path)
    if run is not None:
        run = store.go_on(run.run_id, place, values)
    else:
        rows = _rows(dataset)
        panel_sha, judged = settings.panel_identity(), bool(settings.judge)
        terms = Terms(dataset.label_column, dataset.label_space, guideline, panel_sha, judged)
        _notify_of_changes(store, terms, rows, dataset.sha256, notify)
        run = store.start_run(
            rows,
            data_path=place,
            data_sha256=dataset.sha256,
            settings=values,
            settings_sha=settings_sha,
            label_space=dataset.label_space,
            guideline_sha=sha_of([guideline.split(), dict(dataset.label_space.definitions)]),
            panel_sha=panel_sha,
            guideline=guideline,
        )
    write_settings(store, run.settings)
    remember_confirmed(settings, data, store.folder.path)
    return Workspace(store, run, notify=notify, _dataset=dataset)


def _check_budget(settings: Settings) -> None:
    """SetupError for a limit that would have no effect."""
    if settings.judge:
        prices = Prices(settings.usd_per_mtok_in, settings.usd_per_mtok_out)
        Budget.parse(settings.budget, prices=prices).refuse_unpriced()


def _check_names(settings: Settings, task: str) -> None:
    """SetupError for a detector, protocol, or role that is not installed, or a protocol that does not fit the
    labels."""
    for name in settings.detectors:
        detector_named(name)
    check_protocols(settings.protocols, task)
    for name in settings.roles:
        role_named(name)


def _notify_of_changes(store: Store, terms: Terms, rows: Sequence[ItemRow], data_sha256: str, notify: Notify) -> None:
    runs = store.all_runs()
    if runs and runs[-1].data_sha256 != data_sha256:
        known = {row.content_sha for run in runs for row in store.items(run.run_id)}
        count = sum(row.content_sha in known for row in rows)
        notify(f"{count:,} of {len(rows):,} rows are known from earlier runs in {store.folder.path}")
    for why, count in lapsing(store, terms, rows).most_common():
        notify(f"{count:,} decisions will not hold in this run and are open again: {why}")


def _known_wording(store: Store, guideline: str, label_column: str) -> str:
    """The guideline as worded when last used, if only white space has changed since: then nothing needs to be asked
    again."""
    for run in reversed(store.all_runs()):
        if run.label_column == label_column and same_words(run.guideline, guideline):
            return run.guideline
    return guideline


def _read_guideline(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SetupError(f"The guideline {path} is not UTF-8 text (byte {error.start}). Save it as UTF-8.") from None


def _rows(dataset: Dataset) -> list[ItemRow]:
    return item_rows(dataset, dataset.task.annotations(dataset.cells))


def item_rows(dataset: Dataset, annotations: Sequence[Annotation], first: int = 0) -> list[ItemRow]:
    """As the store keeps them, numbered from ``first``."""
    ids, shas, protected, problems = dataset.item_ids, dataset.content_shas, dataset.protected, dataset.problems
    return [
        ItemRow(idx, ids[row], shas[row], given, bool(protected[row]), problems.get(row), None, row, place)
        for idx, (row, place, given) in enumerate(annotations, first)
    ]


def _file_stamps(settings: Settings) -> list[object]:
    """The user's arrays and questions are input too: a new file under the same name means a new run."""
    files = [Path(name) for name in (settings.probs, settings.embeddings) if name and name.endswith(".npy")]
    votes = [Path(name) for name in settings.votes if is_votes_file(name)]
    for file in votes:
        if not file.exists():
            raise SetupError(f"There is no file {file}. --votes takes columns, or a table of votes.")
    for file in files:
        if not file.exists():
            raise SetupError(f"There is no file {file}. --probs and --embeddings take a .npy file or a column's name.")
    if settings.questions is not None:
        if not settings.questions.exists():
            raise SetupError(f"There is no file {settings.questions}. --questions takes a question bank as JSON.")
        files.append(settings.questions)
    files += votes
    return [[str(file), file.stat().st_size, file.stat().st_mtime_ns] for file in files]
