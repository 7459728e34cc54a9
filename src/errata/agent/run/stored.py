"""What came with the data decides nothing: of a run's stored settings and of an errata.toml that lies beside data, what
reaches out (to a judge, a host, a price, a file elsewhere) counts once a person on this machine has said so."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from errata.errors import SetupError
from errata.settings import Settings, vouched_settings
from errata.tools.features.minilm import NAME as MINILM
from errata.tools.store.user_state import UserState
from errata.tools.visible import one_line

SHIPPED_EMBEDDERS = ("plain", "minilm", MINILM)
KEY = "judges"
"""In what is remembered of a run folder."""


class Claim(NamedTuple):
    """One value of one setting that reaches out: a judge, a host, a price, a model, or a file, by its full path."""

    name: str
    value: str


Confirm = Callable[[Settings, Sequence[Claim]], None]


def refuse(_: Settings, unvouched: Sequence[Claim]) -> None:
    """The ``confirm`` where nobody can be asked: SetupError that says what to pass."""
    raise SetupError(
        f"{in_words(unvouched)}: stored beside the data, and never typed on this machine for this run. What came with "
        "the data decides nothing: pass it yourself if you mean it."
    )


def confirmed(
    settings: Settings, typed: Mapping[str, Any], data: Path, run_folder: Path, confirm: Confirm = refuse
) -> Settings:
    """These settings, of which ``typed`` were given here and now.

    ``confirm`` is called with the rest of what they reach for, as far as neither the environment, the user's own
    errata.toml nor an earlier yes covers it; it returns once a person has said yes, and raises SetupError otherwise.
    """
    known = remembered(run_folder)
    if unvouched := not_vouched(settings, vouched_settings(**typed), known, data, run_folder):
        confirm(settings, unvouched)
    return settings


def claims(settings: Settings, data: Path, run_folder: Path) -> set[Claim]:
    """All that these settings reach for outside the data's folder and the run's."""
    inside = (data if data.is_dir() else data.parent, run_folder)
    return {*asked(settings), *_prices(settings), *_elsewhere(settings, inside)}


def asked(settings: Settings) -> list[Claim]:
    """Who would be asked, and which hosts might be reached beyond private networks; the demo's judge is errata's."""
    judges = [Claim("judge", judge) for judge in settings.judge if judge != "demo"]
    return [*judges, *(Claim("allow_host", host) for host in settings.allow_host)]


def not_vouched(
    settings: Settings, vouched: Iterable[Settings], known: Collection[Claim], data: Path, run_folder: Path
) -> list[Claim]:
    """What ``settings`` reach for that neither ``vouched`` settings (typed here, or the user's own) nor what is
    ``known`` of this run folder covers, in order."""
    covered = set(known).union(*(claims(own, data, run_folder) for own in vouched))
    return sorted(claims(settings, data, run_folder) - covered)


def remembered(run_folder: Path) -> set[Claim]:
    """What was typed or confirmed on this machine for this run folder."""
    return {Claim(str(name), str(value)) for name, value in UserState.of(run_folder).read().get(KEY, ())}


def remember(settings: Settings, data: Path, run_folder: Path) -> None:
    """Keep what these settings, every one of them vouched for, reach for: it is not asked about again here."""
    known = remembered(run_folder)
    if new := claims(settings, data, run_folder) - known:
        UserState.of(run_folder).update(**{KEY: sorted(known | new)})


def in_words(unvouched: Sequence[Claim]) -> str:
    return ", ".join(f"{claim.name} {one_line(claim.value)}" for claim in unvouched)


def _prices(settings: Settings) -> Iterator[Claim]:
    for name in ("usd_per_mtok_in", "usd_per_mtok_out"):
        if (price := getattr(settings, name)) != Settings.model_fields[name].default:
            yield Claim(name, repr(price))


def _elsewhere(settings: Settings, inside: Collection[Path]) -> Iterator[Claim]:
    """Files outside those folders; and a model to be loaded, which is code wherever it lies."""
    for name, value in settings:
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Path) or (name in ("probs", "embeddings") and str(one).endswith(".npy")):
                place = Path(os.path.realpath(one))
                if not any(place.is_relative_to(os.path.realpath(folder)) for folder in inside):
                    yield Claim(name, str(place))
    if settings.embedder not in (None, *SHIPPED_EMBEDDERS):
        yield Claim("embedder", str(settings.embedder))
