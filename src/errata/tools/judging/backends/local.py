"""The transformers backend: a model in this process, without a server."""

from __future__ import annotations

from pathlib import Path

from errata.tools.judging.backends.in_process import InProcessModel
from errata.tools.judging.backends.weights import Weights

GROUP = 32


class LocalModel(InProcessModel):
    """A model run by transformers, on a GPU if there is one."""

    def __init__(self, source: str, *, download: bool = False) -> None:
        super().__init__(source, download=download, group=GROUP)

    def load(self, folder: Path) -> Weights:
        return Weights(folder, self.name)
