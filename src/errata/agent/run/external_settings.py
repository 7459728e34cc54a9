"""Settings that came with the data decide nothing by themselves: a stored or errata.toml setting that reaches outside
(a judge, a host, a price, a file elsewhere) counts only once a person on this machine has confirmed it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from errata.errors import SetupError
from errata.settings import Settings, is_votes_file, user_settings
from errata.tools.features.choose import SHIPPED, on_a_server
from errata.tools.store.user_state import UserState
from errata.tools.visible import one_line

KEY = "judges"
"""The key in what this machine remembers about a run folder."""


class ExternalSetting(NamedTuple):
    """One external value: a judge, a host, a price, a model, or a file by its full path."""

    name: str
    value: str


Confirm = Callable[[Settings, Sequence[ExternalSetting]], None]


def refuse(_: Settings, unconfirmed: Sequence[ExternalSetting]) -> None:
    """The ``confirm`` for when no one can be asked: raises SetupError that says what to pass."""
    raise SetupError(
        f"{in_words(unconfirmed)}: stored beside the data, and never typed on this machine for this run. Settings that "
        "came with the data decide nothing: pass it yourself if you mean it."
    )


def confirmed(
    settings: Settings, typed: Mapping[str, Any], data: Path, run_folder: Path, confirm: Confirm = refuse
) -> Settings:
    """Return the settings, of which ``typed`` were given just now.

    ``confirm`` is called with every other external value that the environment, the user's own errata.toml, or an
    earlier yes does not cover; it returns once a person has said yes, and raises SetupError otherwise.
    """
    known = confirmed_before(run_folder)
    if unconfirmed := find_unconfirmed(settings, user_settings(**typed), known, data, run_folder):
        confirm(settings, unconfirmed)
    return settings


def external_settings(settings: Settings, data: Path, run_folder: Path) -> set[ExternalSetting]:
    """All external settings: whatever is outside the data's folder and the run's."""
    inside = (data if data.is_dir() else data.parent, run_folder)
    return {*judges_and_hosts(settings), *_prices(settings), *_elsewhere(settings, inside)}


def judges_and_hosts(settings: Settings) -> list[ExternalSetting]:
    """Which judges would be asked, which server would be sent items to embed, and which hosts beyond private networks
    might be reached; the demo's judge is built in."""
    asked = [ExternalSetting("judge", judge) for judge in settings.judge if judge != "demo"]
    if on_a_server(settings.embedder):
        asked.append(ExternalSetting("embedder", str(settings.embedder)))
    return [*asked, *(ExternalSetting("allow_host", host) for host in settings.allow_host)]


def refuse_unconfirmed(settings: Settings, run_folder: Path) -> None:
    """Whoever opens the run, nothing is sent to a judge or a server that a person on this machine has not named for
    it."""
    known = confirmed_before(run_folder).union(*map(judges_and_hosts, user_settings()))
    if unconfirmed := [setting for setting in judges_and_hosts(settings) if setting not in known]:
        refuse(settings, unconfirmed)


def find_unconfirmed(
    settings: Settings,
    user_layers: Iterable[Settings],
    known: Collection[ExternalSetting],
    data: Path,
    run_folder: Path,
) -> list[ExternalSetting]:
    """External values of ``settings`` that neither ``user_layers`` (typed here, or the user's own) nor what is
    ``known`` of this run folder covers, in order."""
    covered = set(known).union(*(external_settings(own, data, run_folder) for own in user_layers))
    return sorted(external_settings(settings, data, run_folder) - covered)


def confirmed_before(run_folder: Path) -> set[ExternalSetting]:
    """What was typed or confirmed on this machine for this run folder."""
    return {ExternalSetting(str(name), str(value)) for name, value in UserState.of(run_folder).read().get(KEY, ())}


def remember_confirmed(settings: Settings, data: Path, run_folder: Path) -> None:
    """Remember the external values of these confirmed settings, so that they are not asked about again here."""
    known = confirmed_before(run_folder)
    if new := external_settings(settings, data, run_folder) - known:
        UserState.of(run_folder).update(**{KEY: sorted(known | new)})


def in_words(unconfirmed: Sequence[ExternalSetting]) -> str:
    return ", ".join(f"{setting.name} {one_line(setting.value)}" for setting in unconfirmed)


def _prices(settings: Settings) -> Iterator[ExternalSetting]:
    for name in ("usd_per_mtok_in", "usd_per_mtok_out"):
        if (price := getattr(settings, name)) != Settings.model_fields[name].default:
            yield ExternalSetting(name, repr(price))


def _elsewhere(settings: Settings, inside: Collection[Path]) -> Iterator[ExternalSetting]:
    """Files outside those folders, and any model to be loaded, since a model is code wherever it is."""
    for name, value in settings:
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Path) or _is_file(name, str(one)):
                place = Path(os.path.realpath(one))
                if not any(place.is_relative_to(os.path.realpath(folder)) for folder in inside):
                    yield ExternalSetting(name, str(place))
    if settings.embedder not in (None, *SHIPPED):
        yield ExternalSetting("embedder", str(settings.embedder))


def _is_file(name: str, value: str) -> bool:
    """Whether the value of a setting that takes a column or a file is a file."""
    return value.endswith(".npy") if name in ("probs", "embeddings") else name == "votes" and is_votes_file(value)
