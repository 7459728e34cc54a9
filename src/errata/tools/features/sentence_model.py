"""Sentence vectors by a sentence-transformers model: a folder on disk, or a name on the Hugging Face hub."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

import numpy as np

from errata.errors import SetupError, missing_extra
from errata.tools.features.embedder import CountProgress, texts_of, unit_rows
from errata.types import F32, Item

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

READ_AHEAD = 512
"""Texts passed at once: the library sorts them by length, so that its batches need little padding."""


class SentenceModel:
    """Vectors by one model. A source that is not a folder may be downloaded: only users name such sources."""

    strength: Literal["semantic", "plain"] = "semantic"
    per_item = True

    def __init__(self, source: str) -> None:
        if find_spec("sentence_transformers") is None:
            raise missing_extra("sentence-transformers", "local")
        self.name = self._source = source

    def embed(self, items: Sequence[Item], progress: CountProgress | None = None) -> F32:
        """f32[n, D], rows of length 1. Raises SetupError if the model cannot be loaded."""
        texts = texts_of(items)
        blocks = []
        for start in range(0, len(texts), READ_AHEAD):
            blocks.append(self._model.encode(texts[start : start + READ_AHEAD], show_progress_bar=False))
            if progress:
                progress(min(start + READ_AHEAD, len(texts)))
        return unit_rows(np.concatenate(blocks).astype(np.float32))

    @cached_property
    def _model(self) -> SentenceTransformer:
        return self._load()

    def _load(self) -> SentenceTransformer:
        from huggingface_hub.utils import logging
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        logging.get_logger().setLevel("ERROR")  # an unreachable hub causes a warning at each try
        disable_progress_bar()  # errata shows its own
        try:
            return SentenceTransformer(self._source, trust_remote_code=False)
        except (OSError, ValueError) as error:
            raise SetupError(
                f"The embedding model {self.name!r} cannot be loaded: {' '.join(str(error).split())} "
                "Give a sentence-transformers folder, or a name on the Hugging Face hub that this machine can reach."
            ) from error
