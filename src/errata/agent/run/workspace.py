"""One run and everything that works on it: its folder, store, data, and arrays."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from errata.agent.contributions import Contribution
from errata.agent.run.go_ahead import GoAhead
from errata.agent.run.notices import Notify, print_notice
from errata.errors import DataError, SetupError, StoreError, nearest
from errata.settings import Settings
from errata.tools.data import Columns, Dataset, open_dataset
from errata.tools.data.content import text_parts
from errata.tools.data.formats import read_table
from errata.tools.store import RunInfo, Store
from errata.tools.store.arrays import Arrays
from errata.tools.store.choose_run import choose_run
from errata.tools.store.decisions import Terms, standing
from errata.tools.store.gate import Gate
from errata.tools.store.relative_paths import absolute_path
from errata.tools.store.run_folder import RunFolder
from errata.tools.store.store import ItemRow
from errata.tools.tasks.registry import task_named
from errata.tools.tasks.task import Task
from errata.types import Decision, Item, Part, Place

if TYPE_CHECKING:
    from errata.agent.run.panel import Panel
    from errata.tools.judging.door import Door

T = TypeVar("T")
PLACES_NAMED = 12


@dataclass
class Workspace:
    """``kept`` caches what other code derived from the run while it is open. ``retry_unreadable``: ask judges again
    about every answer that could not be read. ``go_ahead``: asked before a long or paid job that no budget limits; None
    if someone already agreed."""

    store: Store
    run: RunInfo
    kept: dict[str, Any] = field(default_factory=dict, repr=False)
    notify: Notify = field(default=print_notice, repr=False)
    retry_unreadable: bool = False
    go_ahead: GoAhead | None = None
    _dataset: Dataset | None = field(default=None, repr=False)
    _panel: Panel | None = field(default=None, repr=False)
    _history_checked: bool = False

    @property
    def folder(self) -> RunFolder:
        return self.store.folder

    @cached_property
    def settings(self) -> Settings:
        """As frozen when the run started: the environment and errata.toml no longer matter."""
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
        """The path of the data, relative to the run folder: in a moved or copied project, the project's own data."""
        return absolute_path(self.run.data_path, self.folder.path)

    @property
    def task(self) -> Task:
        """What the annotations are."""
        return task_named(self.run.label_space.task)

    @property
    def gate(self) -> Gate:
        """Every file outside the run folder is written through it."""
        return Gate(self.store, self.data_path)

    @property
    def dataset(self) -> Dataset:
        """The user's data, which must be unchanged since the run was started."""
        if self._dataset is None:
            dataset = open_data(self.data_path, self.settings)
            self._refuse_changed(dataset.sha256)
            if not dataset.labels_stored and list(dataset.cells) != [row.given_label for row in self.rows()]:
                raise DataError(
                    f"The votes of {self.data_path} have changed since this run was started. Start a run on them as "
                    "they are now (errata run, with the same options): what still holds is inherited."
                )
            self._dataset = dataset
        return self._dataset

    def texts(self, idx: int) -> tuple[Part, ...]:
        """One item's texts. If the data is not open yet, it is read and must be unchanged, but its rows are not checked
        and hashed again: they were when the run started."""
        if self._dataset is not None:
            return next(self._dataset.text_items([idx])).parts
        settings = self.settings
        table = read_table(
            self.data_path,
            settings.delimiter,
            encoding=settings.encoding,
            sheet=settings.sheet,
            class_level=settings.class_level,
            image_roots=settings.image_root,
        )
        self._refuse_changed(table.sha256)
        return text_parts(table, settings.text, settings.context, [idx])[0]

    def _refuse_changed(self, sha256: str) -> None:
        if sha256 != self.run.data_sha256:
            raise DataError(
                f"{self.data_path} has changed since this run was started. Start a run on the data as it is now "
                "(errata run, with the same options): what still holds is inherited."
            )

    @cached_property
    def arrays(self) -> Arrays:
        return Arrays(self.folder.arrays(self.run.run_id))

    @property
    def panel(self) -> Panel:
        """The run's judges, opened on first use."""
        if self._panel is None:
            from errata.agent.run.panel import Panel  # imported late: looking at a run does not need it

            self._panel = Panel(self.store, self.run, self.settings, retry_unreadable=self.retry_unreadable)
        return self._panel

    @property
    def open_panel(self) -> Panel | None:
        """The panel if it is open already; does not open it."""
        return self._panel

    def ask(self, judge: str, ask: Callable[[Door], Coroutine[Any, Any, T]]) -> T:
        """Run ``ask`` with one judge of the panel."""
        return self.panel.ask(judge, ask)

    def close(self) -> None:
        """Close the judges and the store. Calls in flight are waited for and recorded."""
        if self._panel is not None:
            self._panel.close()
            self._panel = None
        self.store.close()

    def authorize(self, token: str) -> str:
        """Return the operating system's user for a decision. SetupError if the token is not a person's, StoreError if
        the history that the decision would rest on is damaged."""
        user = self.folder.check_token(token)
        if not self._history_checked:
            self.store.check_history()
            self._history_checked = True  # a review decides hundreds of items; each decision checks its own step
        return user

    def add_contributions(self, author: str, *contributions: Contribution) -> None:
        """Store what a role or a step contributes, under its name."""
        bodies = {type(one).__name__: one.model_dump_json() for one in contributions}
        self.store.contributions.add(self.run.run_id, author, bodies)

    def rows(self) -> list[ItemRow]:
        return self.store.items(self.run.run_id)

    def skip(self, problems: dict[int, str]) -> None:
        """Exclude items whose content turned out to be unreadable."""
        self.store.add_problems(self.run.run_id, problems)

    def decisions(self, rows: Callable[[], Sequence[ItemRow]] | None = None) -> dict[int, Decision]:
        """``rows`` returns the run's rows, if the caller has read them already."""
        return standing(self.store, Terms.of(self.run), rows or self.rows, self.run.run_id)

    def item(self, item_id: str, place: Place | None = None) -> ItemRow:
        """One annotation of an item, its only one if no place is named; DataError, suggesting the nearest, if the run
        has no such item or place."""
        rows = self.annotations_of(item_id)
        by_place = {row.place: row for row in rows}
        if place is None and len(rows) == 1:
            return rows[0]
        if place not in by_place:
            said = "several" if place is None else f"none at {place!r}"
            named = ", ".join(map(repr, list(by_place)[:PLACES_NAMED]))
            raise DataError(f"Item {item_id!r} has labels at {named}; {said}. Name one: --place PLACE.")
        return by_place[place]

    def annotations_of(self, item_id: str) -> list[ItemRow]:
        """Those of one item; DataError, suggesting the nearest id, if the run has no such item."""
        rows = self.store.annotations_of(self.run.run_id, item_id)
        if not rows:
            raise DataError(f"There is no item {item_id!r} in this run{nearest(item_id, self._ids())}.")
        return rows

    def each(self, indices: Sequence[int]) -> Iterator[Item]:
        """The items of these annotations with their content, one at a time, in the order requested."""
        if self.task.of_items:
            yield from self.dataset.each(indices)
            return
        rows = self.store.items_at(self.run.run_id, indices)
        for row, item in zip(rows, self.dataset.each([row.row for row in rows]), strict=True):
            yield replace(item, idx=row.idx, given_label=row.given_label, place=row.place)

    def texts_of(self, indices: Sequence[int]) -> list[str | None]:
        """All text of each of these annotations' items."""
        rows = self.store.items_at(self.run.run_id, indices)
        return self.dataset.texts([row.row for row in rows])

    def _ids(self) -> list[str]:
        return [row.item_id for row in self.rows()]


def open_data(
    path: Path,
    settings: Settings,
    *,
    patched: bool = False,
    folder: Path | None = None,
    encoding: str | None = None,
) -> Dataset:
    """The user's data. ``patched``: it was patched, so it may have a single label. ``folder``: where the files named in
    its columns are, if not next to it. ``encoding``: that of the file before a patch, after which another may be
    detected."""
    columns = Columns(
        settings.label,
        settings.text,
        settings.image,
        settings.id,
        settings.protect,
        settings.context,
        settings.mark,
        settings.votes,
        settings.annotators,
        settings.split,
    )
    return open_dataset(
        path,
        columns,
        settings.labels,
        delimiter=settings.delimiter,
        encoding=encoding or settings.encoding,
        sheet=settings.sheet,
        no_label=settings.no_label,
        separator=settings.separator,
        order=settings.order,
        hierarchy=settings.hierarchy,
        many_labels=settings.many_labels,
        image_roots=settings.image_root,
        class_level=settings.class_level,
        allow_one_label=patched,
        folder=folder,
        task=task_named(settings.task) if settings.task else None,
        fix_splits=settings.fix_split,
    )


def open_run(
    folder: RunFolder,
    run_id: int | None = None,
    *,
    data: Path | None = None,
    label: str | None = None,
    notify: Notify = print_notice,
) -> Workspace:
    """An existing run: by its number, or else the current one (of this data and label column, if named). ``notify`` is
    called with which one was chosen if there are several."""
    store = Store(folder)
    runs = store.all_runs()
    if not runs:
        raise SetupError(f"{folder.path} holds no run yet. Start one: errata run DATA --text COL --label COL")
    if run_id is not None:
        return Workspace(store, store.run(run_id), notify=notify)
    chosen = choose_run(runs, folder.path, data=data, label=label)
    if chosen.line:
        notify(chosen.line)
    return Workspace(store, chosen.run, notify=notify)
