"""Sentence vectors by a sentence-transformers model: a folder on disk, or a name on the Hugging Face hub."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from errata.errors import SetupError, missing_extra
from errata.tools.data.fingerprint import sha_of_folder
from errata.tools.features.embedder import CountProgress, texts_of, unit_rows
from errata.tools.features.pieces import piece_spans
from errata.tools.features.weights import NAME_DIGITS
from errata.types import F32, Item

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PREPARED = 1
"""Raised whenever the same text would get another vector of the same model."""
READ_AHEAD = 512
"""Texts passed at once: the library sorts them by length, so that its batches need little padding."""
MOST_CHARACTERS = 1_000_000
"""Of one text; the rest of it is not read."""


class SentenceModel:
    """Vectors by one model. A source that is not a folder may be downloaded: only users name such sources.

    A text longer than the model reads is embedded in pieces, at most 16 evenly spread ones, and averaged.
    """

    strength: Literal["semantic", "plain"] = "semantic"
    per_item = True

    def __init__(self, source: str) -> None:
        if find_spec("sentence_transformers") is None:
            raise missing_extra("sentence-transformers", "local")
        self._source = source

    @cached_property
    def name(self) -> str:
        """With a hash of the folder, or the revision on the hub. Raises SetupError if the model cannot be loaded."""
        folder = Path(self._source)
        revision = sha_of_folder(folder)[:NAME_DIGITS] if folder.is_dir() else _revision(self._model)
        return f"{self._source} ({revision}, version {PREPARED})"

    def embed(self, items: Sequence[Item], progress: CountProgress | None = None) -> F32:
        """f32[n, D], rows of length 1. Raises SetupError if the model cannot be loaded."""
        texts = texts_of(items)
        blocks = []
        for start in range(0, len(texts), READ_AHEAD):
            blocks.append(self._averaged(texts[start : start + READ_AHEAD]))
            if progress:
                progress(min(start + READ_AHEAD, len(texts)))
        return unit_rows(np.concatenate(blocks))

    def _averaged(self, texts: list[str]) -> F32:
        pieces = [(row, *piece) for row, text in enumerate(texts) for piece in _pieces(self._model, text)]
        vectors_PD = self._model.encode([piece for _, piece, _ in pieces], show_progress_bar=False).astype(np.float32)
        vectors_ND = np.zeros((len(texts), vectors_PD.shape[1]), np.float32)
        tokens_P = np.array([tokens for _, _, tokens in pieces], np.float32)
        np.add.at(vectors_ND, [row for row, _, _ in pieces], vectors_PD * tokens_P[:, None])
        return vectors_ND

    @cached_property
    def _model(self) -> SentenceTransformer:
        from huggingface_hub.utils import logging
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        logging.get_logger().setLevel("ERROR")  # an unreachable hub causes a warning at each try
        disable_progress_bar()  # errata shows its own
        try:
            return SentenceTransformer(self._source, trust_remote_code=False)
        except (OSError, ValueError) as error:
            raise SetupError(
                f"The embedding model {self._source!r} cannot be loaded: {' '.join(str(error).split())} "
                "Give a sentence-transformers folder, or a name on the Hugging Face hub that this machine can reach."
            ) from error


def _pieces(model: SentenceTransformer, text: str) -> list[tuple[str, int]]:
    """Each piece of the text that the model can read, with its number of tokens. A model that sets no limit, or whose
    tokenizer does not tell where tokens are, gets the whole text."""
    text = text[:MOST_CHARACTERS].encode("utf-8", "replace").decode()
    cut, most = model.tokenizer, model.max_seq_length
    if not getattr(cut, "is_fast", False) or not isinstance(most, int) or len(text) < most // 4:
        return [(text, 1)]
    places = cut(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)["offset_mapping"]
    spans = piece_spans(len(places), most - cut.num_special_tokens_to_add())
    if len(spans) < 2:
        return [(text, 1)]
    return [(text[places[start][0] : places[end - 1][1]], end - start) for start, end in spans]


def _revision(model: SentenceTransformer) -> str:
    config = getattr(getattr(model[0], "auto_model", None), "config", None)
    revision: str = getattr(config, "_commit_hash", None) or ""
    return revision[:NAME_DIGITS] or "revision unknown"
