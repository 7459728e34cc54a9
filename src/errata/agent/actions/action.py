"""The contract of an action: what it is called, what it does, what it takes and gives, and what it may do to things."""

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
    """What an action takes. Each field says in its description what a caller, a person or a model, may put there."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)  # a command performs one action


class NoInputs(Inputs):
    """For an action that works on the session's run and asks nothing more."""


class OneItem(Inputs):
    item_id: str = Field(description="The item's id in the data: its id column, or its position.")


In = TypeVar("In", bound=Inputs)
Out = TypeVar("Out")


@dataclass(frozen=True)
class Action(Generic[In, Out]):
    """One thing that can be done. ``description`` is what a model reads to choose it. ``gives``: a model, a dataclass
    or a plain type. ``errors``: what it may raise on purpose. ``work`` is called by ``perform`` alone, which by then
    has checked the inputs, and the permission for ``effect``.

    To add one: define it in a file of its own, and declare it as an entry point of group ``errata.actions``.
    """

    name: str
    description: str
    effect: Effect
    takes: type[In]
    gives: type[Out]
    errors: tuple[type[ErrataError], ...]
    work: Callable[[Session, In], Out]

    def input_schema(self) -> dict[str, Any]:
        """JSON schema of the inputs, as tool calls of models and REST use it."""
        return self.takes.model_json_schema()

    def output_schema(self) -> dict[str, Any]:
        return TypeAdapter(self.gives).json_schema(mode="serialization")
