"""The contract of an action: its name, description, inputs, result, and effect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from errata.agent.actions.permission import Effect
from errata.errors import ErrataError

if TYPE_CHECKING:
    from errata.agent.actions.session import Session


class Inputs(BaseModel):
    """The inputs of an action. The description of each field tells the caller, a person or a model, what to pass."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)  # a command performs just one


class NoInputs(Inputs):
    """For an action that works on the session's run and takes no inputs."""


class OneItem(Inputs):
    item_id: str = Field(description="The item's id in the data: its id column, or its position.")
    place: str | None = Field(default=None, description="Which label of the item, if it has several: its place.")


In = TypeVar("In", bound=Inputs)
Out = TypeVar("Out")


@dataclass(frozen=True)
class Action(Generic[In, Out]):
    """One thing that can be done. A model chooses it by its ``description``. ``gives`` is a model, a dataclass, or a
    plain type. ``errors`` are those it may raise on purpose. Only ``perform`` calls ``work``, after checking the inputs
    and the permission for ``effect``.

    To add one, define it in its own file and declare it as an entry point of the group ``errata.actions``.
    """

    name: str
    description: str
    effect: Effect
    takes: type[In]
    gives: type[Out]
    errors: tuple[type[ErrataError], ...]
    work: Callable[[Session, In], Out]

    def input_schema(self) -> dict[str, Any]:
        """The JSON schema of the inputs, as used by model tool calls and REST."""
        return self.takes.model_json_schema()

    def output_schema(self) -> dict[str, Any]:
        return TypeAdapter(self.gives).json_schema(mode="serialization")
