"""A sentence-transformers model that the user named: a folder on disk, or a name on the Hugging Face hub."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from errata.errors import SetupError, missing_extra
from errata.tools.features.embedder import Progress, texts_of, unit_rows
from errata.types import F32, Item

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 256


class NamedModel:
    """Vectors by the named model. A name that is not a folder may be downloaded: the user asked for it by name."""

    strength: Literal["semantic", "plain"] = "semantic"
    per_item = True

    def __init__(self, name: str) -> None:
        if find_spec("sentence_transformers") is None:
            raise missing_extra("sentence-transformers", "local")
        self.name = name

    def embed(self, items: Sequence[Item], progress: Progress | None = None) -> F32:
        """f32[n, D], rows of length 1. Raises SetupError where the model cannot be loaded."""
        import numpy as np

        texts = texts_of(items)
        parts = []
        for start in range(0, len(texts), BATCH):
            parts.append(self._model.encode(texts[start : start + BATCH], show_progress_bar=False))
            if progress:
                progress(min(start + BATCH, len(texts)))
        return unit_rows(np.concatenate(parts).astype(np.float32))

    @cached_property
    def _model(self) -> SentenceTransformer:
        from huggingface_hub.utils import logging
        from sentence_transformers import SentenceTransformer

        logging.get_logger().setLevel("ERROR")  # an unreachable hub is warned of at each try
        try:
            return SentenceTransformer(self.name, trust_remote_code=False)
        except (OSError, ValueError) as error:
            raise SetupError(
                f"The embedding model {self.name!r} cannot be loaded: {' '.join(str(error).split())} "
                "Give a sentence-transformers folder, or a name on the Hugging Face hub that this machine can reach."
            ) from error
