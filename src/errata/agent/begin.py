"""How a run begins: which settings hold, and whether this is a run that goes on or a new one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from errata.agent import stored
from errata.agent.workspace import Workspace, open_data, share
from errata.errors import SetupError
from errata.settings import Settings, load_settings
from errata.tools.data import Dataset
from errata.tools.data.atomic import atomic_write
from errata.tools.judging.spec import check_forms
from errata.tools.store import Store
from errata.tools.store.run_folder import RunFolder, to_toml
from errata.tools.store.store import ItemRow
from errata.types import sha_of

_NOBODY_ASKED = {"questions": None, "allow_host": (), "usd_per_mtok_in": 0.0, "usd_per_mtok_out": 0.0}


def settings_for(
    data: Path, run_dir: Path | None, flags: Mapping[str, Any], confirm: stored.Confirm = stored.refuse
) -> Settings:
    """What the user typed, over the environment, over errata.toml. Without a column named, a run that exists already
    keeps the settings that it was started with; ``confirm`` as in ``stored.confirmed``."""
    typed = {name: value for name, value in flags.items() if value is not None}
    folder = RunFolder(run_dir) if run_dir else RunFolder.beside(data)
    old = {} if {"label", "text", "image"} & typed.keys() else folder.frozen_settings()
    settings = load_settings(**(old | typed))
    check_forms(set(settings.judge) - set(old.get("judge", ())))  # before anything is written
    if not settings.judge:  # nobody is asked anything, so what is stored about asking does not matter
        settings = settings.model_copy(update=_NOBODY_ASKED)
    return stored.confirmed(settings, typed, data, folder.path, confirm)


def begin(data: Path, settings: Settings, run_dir: Path | None = None) -> Workspace:
    """The run of this data under these settings: the newest one goes on, anything else starts anew beside it."""
    dataset = open_data(data, settings)
    store = Store(RunFolder(run_dir) if run_dir else RunFolder.beside(data))
    guideline = _read_guideline(settings.guideline)
    settings_sha = sha_of([settings.identity(), guideline, dataset.label_space.sha, _file_stamps(settings)])
    run = store.find_run(dataset.sha256, settings_sha)
    if run is None:
        run = store.start_run(
            _rows(dataset),
            data_path=str(data.resolve()),
            data_sha256=dataset.sha256,
            settings=settings.model_dump(mode="json"),
            settings_sha=settings_sha,
            label_space=dataset.label_space,
            guideline_sha=sha_of([guideline, dict(dataset.label_space.definitions)]),
            panel_sha=settings.panel_identity(),
            facts=json.dumps({"guideline": guideline}, ensure_ascii=False),
        )
    else:
        store.update_settings(run.run_id, settings.model_dump(mode="json"))
        run = store.run(run.run_id)
    with atomic_write(store.folder.settings) as file:
        file.write(to_toml(run.settings).encode())
    stored.remember(settings, data, store.folder.path)
    workspace = Workspace(store, run)
    workspace.__dict__["dataset"] = dataset  # already open: cached_property would read it a second time
    return share(workspace)


def _read_guideline(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SetupError(f"The guideline {path} is not UTF-8 text (byte {error.start}). Save it as UTF-8.") from None


def _rows(dataset: Dataset) -> list[ItemRow]:
    columns = zip(dataset.item_ids, dataset.content_shas, dataset.given_labels, dataset.protected, strict=True)
    return [
        ItemRow(idx, item_id, sha, given, bool(protected), dataset.problems.get(idx), None)
        for idx, (item_id, sha, given, protected) in enumerate(columns)
    ]


def _file_stamps(settings: Settings) -> list[object]:
    """Arrays and questions of the user's own are input too: a new file under the same name is a new run."""
    files = [Path(name) for name in (settings.probs, settings.embeddings) if name and name.endswith(".npy")]
    for file in files:
        if not file.exists():
            raise SetupError(f"There is no file {file}. --probs and --embeddings take a .npy file or a column's name.")
    if settings.questions is not None:
        if not settings.questions.exists():
            raise SetupError(f"There is no file {settings.questions}. --questions takes a question bank as JSON.")
        files.append(settings.questions)
    return [[str(file), file.stat().st_size, file.stat().st_mtime_ns] for file in files]
