"""One typed Settings: flags over environment (ERRATA_*) over errata.toml, frozen into run.toml when a run starts."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from errata.errors import SetupError, nearest
from errata.types import sha_of

Protocol = Literal["blind_choice", "open_answer", "contest", "question_bank", "several_labels", "steering"]
"""What a run may ask of an item, in the order given: a later one only where it can still change the outcome."""

Pool = Literal["mean", "worst_case", "uncertainty_weighted"]
"""How several judges count together (ALGORITHMS B8)."""


class Costs(BaseModel):
    """What mistakes and looks cost, in the same unit (ALGORITHMS C4). Only their ratios matter."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    break_right: float = Field(default=5.0, gt=0, description="changing a label that was right")
    miss_wrong: float = Field(default=1.0, gt=0, description="leaving a label that is wrong")
    look: float = Field(default=0.3, gt=0, description="one look by a person")


class Settings(BaseSettings):
    """Everything that decides what a run does. Secrets are not settings: a server's key is read from
    ERRATA_API_KEY where it is used, and written nowhere."""

    model_config = SettingsConfigDict(env_prefix="ERRATA_", toml_file="errata.toml", extra="forbid", frozen=True)

    label: str | None = None
    text: str | None = None
    image: str | None = None
    id: str | None = None
    protect: str | None = None
    probs: str | None = None
    embeddings: str | None = None
    embedder: str | None = None
    image_root: tuple[Path, ...] = ()
    class_level: int | None = Field(default=None, ge=1, le=9)
    labels: Path | None = None
    delimiter: str | None = None
    no_label: tuple[str, ...] = ()
    many_labels: bool = False
    guideline: Path | None = None
    detectors: tuple[str, ...] = ()
    probe: Literal["ensemble", "logistic"] = "ensemble"
    judge: tuple[str, ...] = ()
    style: Literal["letters", "names"] = "letters"
    permutations: int = Field(default=2, ge=1, le=8)
    protocols: tuple[Protocol, ...] = ("blind_choice", "contest", "steering")
    questions: Path | None = None
    pool: Pool = "mean"
    escalate: bool = False
    calibrate: bool = False
    budget: str = ""
    allow_host: tuple[str, ...] = ()
    usd_per_mtok_in: float = Field(default=0.0, ge=0)
    usd_per_mtok_out: float = Field(default=0.0, ge=0)
    costs: Costs = Costs()
    random_share: float = Field(default=0.02, ge=0, le=1)

    @field_validator("image_root")
    @classmethod
    def _from_anywhere(cls, roots: tuple[Path, ...]) -> tuple[Path, ...]:
        """A later command may be typed in another folder."""
        return tuple(root.absolute() for root in roots)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    def identity(self) -> str:
        """Hash of what makes a run a different run. A larger budget or another price continues the same one."""
        return sha_of(self.model_dump(mode="json", exclude=set(_NOT_IDENTITY)))

    def panel_identity(self) -> str:
        """Hash of who is asked what: verdicts are inherited by a later run with the same."""
        return sha_of(self.model_dump(mode="json", include=set(_PANEL)))


_PANEL = ("judge", "style", "permutations", "protocols", "questions", "escalate", "calibrate")
_NOT_IDENTITY = ("budget", "allow_host", "usd_per_mtok_in", "usd_per_mtok_out", "many_labels")


def load_settings(**flags: Any) -> Settings:
    """Settings from what the user typed; None means "not given". A wrong name or value is a SetupError."""
    given = {name: value for name, value in flags.items() if value is not None and value != ()}
    try:
        return Settings(**given)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SetupError(f"errata.toml cannot be read: {error}. Put it right, or move it away.") from None
    except SettingsError as error:
        raise SetupError(f"A setting of the environment cannot be read: {error}. Unset it.") from None
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            hint = nearest(name, Settings.model_fields)
            raise SetupError(f"There is no setting {name!r}{hint}. Look in errata.toml.") from None
        raise SetupError(f"Setting {name!r}: {first['msg']}, got {first['input']!r}.") from None
