"""Which patches are still applied, by the history and by what is on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from errata.errors import DataError, SetupError
from errata.settings import Settings
from errata.tools.data.fingerprint import sha_of_file, sha_of_path
from errata.tools.data.renames import moved_share
from errata.tools.store import RunInfo, Store
from errata.tools.store.events import Event
from errata.tools.store.relative_paths import absolute_path, is_inside, relative_path
from errata.tools.store.user_state import UserState
from errata.types import ITEM, Spot

if TYPE_CHECKING:
    from errata.tools.patch import Patch

DiskState = Literal["applied", "not_written", "half_moved", "edited", "gone"]

WORDS: dict[DiskState, str] = {
    "applied": "",
    "not_written": "recorded, but not written: errata apply writes it, errata revert forgets it",
    "half_moved": "half moved: errata apply --in-place finishes it, errata revert takes it back",
    "edited": "edited since",
    "gone": "gone since",
}


@dataclass(frozen=True)
class StandingPatch:
    """A patch that was applied and not reverted, as recorded in its event."""

    store: Store
    event: Event
    run: RunInfo

    @property
    def _body(self) -> Any:
        return self.event.body

    @property
    def spots(self) -> set[Spot]:
        """The annotations whose labels it changed."""
        items = self._body["items"]
        return set(zip(items, self._body.get("places") or [ITEM] * len(items), strict=True))

    @property
    def folder(self) -> Path:
        return self.store.folder.path

    @property
    def settings(self) -> Settings:
        """The settings of the run that made it."""
        return Settings.model_validate(self.run.settings)

    @property
    def data(self) -> Path:
        return absolute_path(self.run.data_path, self.folder)

    @property
    def output(self) -> Path:
        """Where the result is. Stores before version 3 recorded an absolute path; the result is now found next to the
        data, wherever the project was moved to."""
        recorded = absolute_path(self._body["output"], self.folder)
        if self.is_known_place(recorded) or "source_sha256" in self._body:
            return recorded
        return self.data.with_name(recorded.name)

    def is_known_place(self, path: Path) -> bool:
        """Whether it is in the data's folder or the run's, or this machine remembers it as a place that the user
        named."""
        if is_inside(path, self.data.parent) or is_inside(path, self.folder):
            return True
        return str(path) in UserState.of(self.folder).read().get("outputs", [])

    @property
    def backup(self) -> Path | None:
        """The original source, if this patch changed it in place. Backups are only ever in the run folder."""
        name = self._body["backup"]
        return self.store.folder.backups / Path(name).name if name else None

    @property
    def in_place(self) -> bool:
        return self.output == self.data

    @property
    def moves_files(self) -> bool:
        """Whether the patch was applied by moving files within the source's own folder."""
        return bool(self._body.get("moves_files"))

    @cached_property
    def patch(self) -> Patch:
        """The patch file as it was when applied. DataError if it was edited since."""
        from errata.tools.patch import Patch  # imported late: most runs have no patch

        path = self.folder / "patches" / Path(self._body["patch"]).name
        recorded = self._body.get("patch_sha256")
        patch = Patch.read(path)
        if recorded is None:
            same = [line.item_id for line in patch.lines] == list(self._body["items"])
        else:
            same = sha_of_file(path) == recorded
        if not same:
            raise DataError(f"{path} was edited since it was applied: restore it. Nothing was changed.")
        return patch

    @property
    def moves(self) -> list[tuple[str, str]]:
        """For a patch that moves files: (from, to) pairs."""
        return [(line.item_id, str(line.moved_to)) for line in self.patch.lines]

    @cached_property
    def disk_state(self) -> DiskState:
        if not self.output.exists():
            return "gone"
        if self.moves_files:
            moved, waiting = moved_share(self.output, self.moves)
            whole: dict[tuple[bool, bool], DiskState] = {(True, False): "applied", (False, True): "not_written"}
            if moved + waiting < len(self.moves):
                return "edited"
            return whole.get((bool(moved) or not self.moves, bool(waiting)), "half_moved")
        found = sha_of_path(self.output)
        if found == self._body["out_sha256"]:
            return "applied"
        return "not_written" if found == self._body.get("source_sha256") else "edited"


def standing_patches(store: Store) -> list[StandingPatch]:
    """In the order applied, without those reverted: the last one for each output and label column, since each was made
    from the source. Patches of the source itself build on each other."""
    runs = {run.run_id: run for run in store.all_runs()}
    standing: dict[tuple[str, str, str], StandingPatch] = {}
    for event in store.events.read("applied", "reverted"):
        run = runs.get(event.body["run_id"])
        if run is None:
            raise SetupError(f"Event {event.seq} is of run {event.body['run_id']}, which {store.folder.path} lacks.")
        if event.kind == "applied":
            of_the_source = event.body["backup"] or event.body.get("moves_files")
            key = (event.body["output"], run.label_column, event.body["patch"] if of_the_source else "")
            standing.pop(key, None)
            standing[key] = StandingPatch(store, event, run)
        else:
            standing = {k: p for k, p in standing.items() if p.event.body["patch"] != event.body["patch"]}
    return list(standing.values())


def on_disk(patches: Sequence[StandingPatch]) -> dict[int, DiskState]:
    """Event number -> state on disk. A patch under a later one of the same output is applied as long as that one is."""
    found: dict[int, DiskState] = {}
    above: dict[Path, DiskState] = {}
    for patch in reversed(patches):
        state = patch.disk_state
        if above.get(patch.output) == "applied":
            state = "applied"
        above.setdefault(patch.output, state)
        found[patch.event.seq] = state
    return found


def place_of(output: Path, data: Path, folder: Path) -> str:
    """Where a patch of ``data`` was written, as this run folder's history records it. A path elsewhere that the user
    named is remembered on this machine."""
    if not output.resolve().is_relative_to(data.parent.resolve()):
        state = UserState.of(folder)
        known = state.read().get("outputs", [])
        state.update(outputs=sorted({*known, str(output.absolute())}))
    return relative_path(output, folder)
