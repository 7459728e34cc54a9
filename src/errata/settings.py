"""Typed Settings: flags over environment (ERRATA_*) over errata.toml here over the user's own errata.toml, frozen into
run.toml when a run starts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_config_path
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    field_validator,
)
from pydantic_core import from_json
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from errata.errors import SetupError, nearest
from errata.toml import read_toml
from errata.types import sha_of

Pool = Literal["mean", "worst_case", "uncertainty_weighted"]
"""How several judges are combined (ALGORITHMS B8)."""


def column_names(value: object) -> Any:
    """A tuple of what is typed or stored for columns: one may be named without a list, as it usually is."""
    if isinstance(value, str):
        return tuple(from_json(value)) if value.startswith("[") else (value,)
    return () if value is None else value


def _plain_if_one(names: tuple[str, ...]) -> str | list[str] | None:
    """As stored by an errata that knew only one column: its runs go on."""
    return list(names) if len(names) > 1 else next(iter(names), None)


ColumnNames = Annotated[tuple[str, ...], NoDecode, BeforeValidator(column_names), PlainSerializer(_plain_if_one)]


def _listed(value: object) -> object:
    """Labels with commas between them, as on the command line."""
    return tuple(name.strip() for name in value.split(",")) if isinstance(value, str) else value


OrderedNames = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


class Costs(BaseModel):
    """What mistakes and looks cost, in the same unit (ALGORITHMS C4). Only their ratios matter."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    break_right: float = Field(default=5.0, gt=0, description="changing a label that was right")
    miss_wrong: float = Field(default=1.0, gt=0, description="leaving a label that is wrong")
    look: float = Field(default=0.3, gt=0, description="one look by a person")


class Settings(BaseModel):
    """Everything that decides what a run does. Secrets are not settings: a server's key is read from
    ERRATA_API_KEY_NAME where it is used, and written nowhere."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str | None = None
    mark: tuple[str, ...] = ()
    text: ColumnNames = ()
    image: ColumnNames = ()
    context: ColumnNames = ()
    id: str | None = None
    protect: str | None = None
    votes: ColumnNames = ()
    annotators: str | None = None
    split: str | None = None
    fix_split: tuple[str, ...] = ()
    probs: str | None = None
    embeddings: str | None = None
    embedder: str | None = None
    image_root: tuple[Path, ...] = ()
    class_level: int | None = Field(default=None, ge=1, le=9)
    labels: Path | None = None
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    no_label: tuple[str, ...] = ()
    task: str | None = None
    separator: str | None = None
    order: OrderedNames = ()
    hierarchy: str | None = None
    many_labels: bool = False
    guideline: Path | None = None
    detectors: tuple[str, ...] = ()
    probe: Literal["ensemble", "logistic"] = "ensemble"
    judge: tuple[str, ...] = ()
    style: Literal["letters", "names"] = "letters"
    permutations: int = Field(default=2, ge=1, le=8)
    protocols: tuple[str, ...] = ("blind_choice", "contest", "steering")
    roles: tuple[str, ...] = ()
    questions: Path | None = None
    pool: Pool = "mean"
    escalate: bool = False
    calibrate: bool = True
    require_judge: bool = False
    budget: str = ""
    allow_host: tuple[str, ...] = ()
    usd_per_mtok_in: float = Field(default=0.0, ge=0)
    usd_per_mtok_out: float = Field(default=0.0, ge=0)
    costs: Costs = Costs()
    clear_ratio: float = Field(default=1.5, ge=1.5)
    random_share: float = Field(default=0.02, ge=0, le=1)

    @field_validator("image_root")
    @classmethod
    def _from_anywhere(cls, roots: tuple[Path, ...]) -> tuple[Path, ...]:
        """A later command may be typed in another folder."""
        return tuple(root.absolute() for root in roots)

    @field_validator("votes")
    @classmethod
    def _files_from_anywhere(cls, votes: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(Path(name).absolute()) if is_votes_file(name) else name for name in votes)

    @field_validator("judge")
    @classmethod
    def _without_keys(cls, judges: tuple[str, ...]) -> tuple[str, ...]:
        for judge in judges:
            refuse_key_in_address(judge)
        return judges

    @field_validator("embedder")
    @classmethod
    def _without_key(cls, embedder: str | None) -> str | None:
        refuse_key_in_address(embedder or "")
        return embedder

    @field_validator("allow_host")
    @classmethod
    def _hosts_alone(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        if any(set(host) & set("@/?#") for host in hosts):
            raise SetupError("--allow-host takes the name of a host alone, such as api.example.org.")
        return hosts

    @property
    def only_votes(self) -> bool:
        """Whether nothing but people's votes says what an item is."""
        return bool(self.votes) and self.label is None

    def identity(self) -> str:
        """Hash of what makes a run a different run. A larger budget or another price continues the same one."""
        unset = {name for name in _ADDED_LATER if getattr(self, name) == type(self).model_fields[name].default}
        return sha_of(self.model_dump(mode="json", exclude={*_NOT_IDENTITY, *unset}))

    def panel_identity(self) -> str:
        """Hash of who is asked what: a later run with the same panel inherits verdicts. Roles count only if any is
        named, since runs of older stores have none."""
        return sha_of(self.model_dump(mode="json", include={*_PANEL, *(("roles",) if self.roles else ())}))


def is_votes_file(name: str) -> bool:
    """Whether a value of ``votes`` is a file of votes and not a column: by its ending, whether or not it exists."""
    return name.endswith((".csv", ".tsv", ".jsonl", ".parquet"))


def label_name(votes: Sequence[str]) -> str:
    """What labels are called that no column holds: after the votes that they are made from, if they are."""
    return " + ".join(Path(name).name if is_votes_file(name) else name for name in votes) or "label"


_PANEL = ("judge", "style", "permutations", "protocols", "questions", "escalate", "calibrate")
_NOT_IDENTITY = ("require_judge", "budget", "allow_host", "usd_per_mtok_in", "usd_per_mtok_out", "many_labels")

_ADDED_LATER = (
    "mark",
    "context",
    "split",
    "fix_split",
    "votes",
    "annotators",
    "task",
    "separator",
    "order",
    "hierarchy",
    "delimiter",
    "encoding",
    "sheet",
    "no_label",
    "image_root",
    "class_level",
    "roles",
)
"""Settings that runs of older stores do not have: unset, they must not turn such a run into another one."""


class _File(TomlConfigSettingsSource):
    def _read_file(self, file_path: Path | Traversable) -> dict[str, Any]:
        return read_toml(Path(str(file_path)))


class _Layered(Settings, BaseSettings):
    """Settings combined from all sources that a user can set; those of an existing run are read by Settings alone."""

    model_config = SettingsConfigDict(env_prefix="ERRATA_", toml_file="errata.toml", extra="forbid", frozen=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _File(settings_cls), _File(settings_cls, user_settings_file())


_ADDRESS = re.compile(r"https?://.*", re.IGNORECASE | re.DOTALL)


def user_settings_file() -> Path:
    """The settings file in the user's own config folder: as trusted as typed flags, unlike an errata.toml next to
    data."""
    return user_config_path("errata", appauthor=False) / "errata.toml"


def refuse_key_in_address(name: str) -> None:
    """SetupError, without the secret, if the address in ``name`` contains a user, a password, or a query, which would
    be written wherever the address is."""
    address = _ADDRESS.search(name)
    if address is not None and set(address[0]) & set("@?#"):
        raise SetupError(
            "A server's address must not carry a key, a password or a query (http://HOST:PORT/v1): it would be stored; "
            "set ERRATA_API_KEY, or ERRATA_API_KEY_NAME, instead."
        )


def without_secrets(named: object) -> str:
    """A wrong value for an error message, without anything that may be an address with a secret in it."""
    text = repr(named)
    return "something that is not shown (it may hold a key)" if set(text) & set("@?#") else text


def load_settings(**flags: Any) -> Settings:
    """Settings from what the user typed; None means "not given". A wrong name or value is a SetupError.

    An errata.toml in the current folder counts too, whoever wrote it: see ``agent/run/external_settings.py``.
    """
    with _explained():
        return Settings.model_validate(dict(_Layered(**_given(flags))))


def user_settings(**typed: Any) -> list[Settings]:
    """This user's own settings: ``typed``, the environment's, and those of the user's own file, each separately. Errors
    as in ``load_settings``."""
    with _explained():
        layers = (_given(typed), EnvSettingsSource(_Layered)(), _File(_Layered, user_settings_file())())
        return [Settings.model_validate(layer) for layer in layers]


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except SettingsError as error:
        raise SetupError(f"A setting of the environment cannot be read: {error}. Unset it.") from None
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            hint = nearest(name, Settings.model_fields)
            raise SetupError(f"There is no setting {name!r}{hint}. Look in errata.toml.") from None
        raise SetupError(f"Setting {name!r}: {first['msg']}, got {without_secrets(first['input'])}.") from None
    except ValueError as error:
        raise SetupError(f"errata.toml cannot be read: {error}. Put it right, or move it away.") from None


def _given(flags: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in flags.items() if value is not None and value != ()}
