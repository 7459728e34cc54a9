"""One run with everything that works on it: its folder and store, its data, its arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from errata.agent.run.notices import Tell, tell
from errata.agent.run.panel import Panel
from errata.errors import DataError, SetupError, StoreError, nearest
from errata.settings import Settings
from errata.tools.data import Columns, Dataset, open_dataset
from errata.tools.detectors import detectors
from errata.tools.inference.held_back import STEERING
from errata.tools.judging.bank.bank import Bank
from errata.tools.judging.bank.bank_file import from_json
from errata.tools.judging.images.images import with_sendable_image
from errata.tools.store import RunInfo, Store
from errata.tools.store.arrays import Arrays
from errata.tools.store.choose_run import choose_run
from errata.tools.store.decisions import Terms, standing
from errata.tools.store.gate import Gate
from errata.tools.store.place import absolute_place
from errata.tools.store.run_folder import RunFolder
from errata.tools.store.store import ItemRow
from errata.types import F32, Decision, Int, Item, Verdict


@dataclass
class Workspace:
    store: Store
    run: RunInfo
    _history_checked: bool = False

    @property
    def folder(self) -> RunFolder:
        return self.store.folder

    @cached_property
    def settings(self) -> Settings:
        """As they were frozen when the run started: neither the environment nor errata.toml has a say any more."""
        try:
            return Settings.model_validate(self.run.settings)
        except ValidationError as error:
            name = ".".join(map(str, error.errors()[0]["loc"]))
            raise StoreError(
                f"{self.folder.path} was made by an errata whose setting {name!r} this one does not know. "
                "Start a new run in another folder: --run DIR"
            ) from None

    @property
    def data_path(self) -> Path:
        """Where the data lies, seen from the run folder: in a project that was moved or copied, the project's own."""
        return absolute_place(self.run.data_path, self.folder.path)

    @property
    def gate(self) -> Gate:
        """Through it goes every file that is written outside the run folder."""
        return Gate(self.store, self.data_path)

    @cached_property
    def dataset(self) -> Dataset:
        """The user's data, which must still be what the run was started on."""
        dataset = open_data(self.data_path, self.settings)
        if dataset.sha256 != self.run.data_sha256:
            raise DataError(
                f"{self.data_path} has changed since this run was started. Start a run on the data as it is now "
                "(errata run, with the same options): what still holds is inherited."
            )
        return dataset

    @cached_property
    def arrays(self) -> Arrays:
        return Arrays(self.folder.arrays(self.run.run_id))

    @cached_property
    def panel(self) -> Panel:
        """The run's judges, opened when the first of them is needed."""
        return Panel(self.store, self.run, self.settings)

    @property
    def bank(self) -> Bank:
        """The run's question bank; empty before the questioner has prepared one."""
        return from_json(self.run.facts.get("bank", []))

    @property
    def open_panel(self) -> Panel | None:
        """The panel if somebody has been asked already; opens none."""
        return self.__dict__.get("panel")

    def close(self) -> None:
        """Let go of judges and the store. Calls in flight are waited for and recorded."""
        if self.open_panel is not None:
            self.open_panel.close()
            del self.__dict__["panel"]
        self.store.close()
        _open.pop((str(self.folder.path), self.run.run_id), None)

    def authorize(self, token: str) -> str:
        """The operating system's user, for whoever decides. Raises SetupError where the token is not a person's, and
        StoreError where the history that the decision would rest on is not whole."""
        user = self.folder.check_token(token)
        if not self._history_checked:
            self.store.check_history()
            self._history_checked = True  # a sitting decides hundreds of items; each checks its own step
        return user

    @cached_property
    def guideline(self) -> str:
        """Its text as it was when the run started: the user's file may have moved on."""
        return str(self.run.facts["guideline"])

    def rows(self) -> list[ItemRow]:
        return self.store.items(self.run.run_id)

    @cached_property
    def given_N(self) -> Int:
        """The column of the given label, -1 where an item has none or its content cannot be read."""
        index = self.run.label_space.index()
        return np.array([-1 if r.given_label is None or r.problem else index[r.given_label] for r in self.rows()])

    def skip(self, problems: dict[int, str]) -> None:
        """Leave out items whose content turned out to be unreadable while it was used."""
        self.store.add_problems(self.run.run_id, problems)
        self.__dict__.pop("given_N", None)  # computed before, it would still hold their labels

    @property
    def witnesses(self) -> list[str]:
        """The detectors that speak of labels; what is part of the ensemble's probabilities does not count twice."""
        names = [n for n in self.run.facts.get("detectors", []) if self.arrays.has(f"{n}.label_probs")]
        if self.settings.probs or self.settings.probe != "ensemble":
            return names
        return [name for name in names if not detectors()[name].in_ensemble] or names

    def detector_probs(self) -> list[F32]:
        """What each witness says of the labels, f32[N, K]; without one, the out-of-sample probabilities."""
        return [self.arrays.load(f"{name}.label_probs") for name in self.witnesses] or [self.arrays.load("probs")]

    @cached_property
    def scan_quality_N(self) -> F32:
        """How well each given label stands by the scan, f32[N] in [0, 1], low = bad; NaN where there is none."""
        names = self.witnesses or self.run.facts["detectors"]
        return np.asarray(np.mean([self.arrays.load(f"{name}.quality") for name in names], axis=0), np.float32)

    def verdicts(self) -> list[Verdict]:
        """What judges said of items; controls, which say something of the judges, are apart."""
        return [verdict for verdict in self.store.verdicts(self.run.run_id) if verdict.protocol != STEERING]

    def controls(self) -> list[Verdict]:
        """Steering controls: whether an item moved a judge's answers about others."""
        return [verdict for verdict in self.store.verdicts(self.run.run_id) if verdict.protocol == STEERING]

    @cached_property
    def reference_items(self) -> list[Item]:
        """Items that nobody doubts, for the controls; their content is read, and made ready to be sent, once."""
        return [with_sendable_image(item) for item in self.dataset.each(self.run.facts.get("references", []))]

    def decisions(self, rows: Sequence[ItemRow] | None = None) -> dict[int, Decision]:
        rows = rows if rows is not None else self.rows()
        return standing(self.store, Terms.of(self.run), rows, self.run.run_id)

    def settled_decisions(self, rows: Sequence[ItemRow] | None = None) -> dict[int, Decision]:
        """Without those that one person passed on to another: such an item is still open."""
        return {idx: d for idx, d in self.decisions(rows).items() if d.answer != "passed_on"}

    def item(self, item_id: str) -> ItemRow:
        """One item's row; DataError, naming the nearest id, where the run has no such item."""
        row = self.store.item(self.run.run_id, item_id)
        if row is None:
            raise DataError(f"There is no item {item_id!r} in this run{nearest(item_id, self._ids())}.")
        return row

    def _ids(self) -> list[str]:
        return [row.item_id for row in self.rows()]

    def note(self, **facts: object) -> None:
        self.store.add_facts(self.run.run_id, **facts)
        self.run = self.store.run(self.run.run_id)


def open_data(path: Path, settings: Settings, *, patched: bool = False, folder: Path | None = None) -> Dataset:
    """The user's data; ``patched``: after a patch, which may have left a single label. ``folder``: where the files lie
    that its columns name, if not beside it."""
    columns = Columns(settings.label, settings.text, settings.image, settings.id, settings.protect)
    return open_dataset(
        path,
        columns,
        settings.labels,
        delimiter=settings.delimiter,
        no_label=settings.no_label,
        many_labels=settings.many_labels,
        image_roots=settings.image_root,
        class_level=settings.class_level,
        allow_one_label=patched,
        folder=folder,
    )


_open: dict[tuple[str, int], Workspace] = {}


def share(workspace: Workspace) -> Workspace:
    """Let the graph's nodes in this process work in this workspace, instead of opening their own."""
    _open[str(workspace.folder.path), workspace.run.run_id] = workspace
    return workspace


def workspace_of(run_dir: str, run_id: int) -> Workspace:
    """The workspace that a node works in, opened once per process."""
    found = _open.get((run_dir, run_id))
    return found if found is not None else share(open_run(RunFolder(Path(run_dir)), run_id))


def open_run(
    folder: RunFolder,
    run_id: int | None = None,
    *,
    data: Path | None = None,
    label: str | None = None,
    notify: Tell = tell,
) -> Workspace:
    """A run that exists: one by its number, or the one that goes on, of this data and label column where these are
    named. ``notify`` is told which one where there are several."""
    store = Store(folder)
    runs = store.all_runs()
    if not runs:
        raise SetupError(f"{folder.path} holds no run yet. Start one: errata run DATA --text COL --label COL")
    if run_id is not None:
        return Workspace(store, store.run(run_id))
    chosen = choose_run(runs, folder.path, data=data, label=label)
    if chosen.line:
        notify(chosen.line)
    return Workspace(store, chosen.run)
