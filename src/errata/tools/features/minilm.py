"""all-MiniLM-L6-v2 in fp32 by sentence-transformers: the published weights, from a package, never a download."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from errata.tools.features.sentence_model import PREPARED, SentenceModel
from errata.tools.features.text_fit import remarks_on
from errata.tools.features.weights import weights_named
from errata.types import Item

NAME = "all-MiniLM-L6-v2"


def model_folder() -> Path:
    """The model's folder, its weights checked. Raises SetupError if the package is missing or holds other weights."""
    return weights_named("minilm").path().parent


class MiniLM(SentenceModel):
    """Vectors of 384 numbers (Wang et al. 2020)."""

    def __init__(self) -> None:
        super().__init__(str(model_folder()))

    @cached_property
    def name(self) -> str:
        return f"{NAME} ({weights_named('minilm').digest}, version {PREPARED})"

    def remarks(self, items: Iterable[Item], count: int) -> tuple[str, ...]:
        return remarks_on((item.text or "" for item in items), count)
