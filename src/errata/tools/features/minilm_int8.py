"""all-MiniLM-L6-v2 in int8 by onnxruntime: errata's own text embedder, without torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Literal

import numpy as np

from errata.tools.features.embedder import CountProgress, texts_of, unit_rows
from errata.tools.features.gpu import torch_sees_a_gpu
from errata.tools.features.minilm_graph import WIDTH, minilm_graph
from errata.tools.features.onnx_session import session
from errata.tools.features.pieces import piece_spans
from errata.tools.features.text_fit import INSIDE, remarks_on
from errata.tools.features.weights import weights_named
from errata.tools.features.wordpieces import END, START, vocabulary, wordpieces
from errata.types import F32, Item

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

NAME = "minilm-int8"
PREPARED = 1
"""Raised whenever the same text would get another vector: wordpieces, windows, pooling, or arithmetic changed."""
BATCH_TOKENS = 4096
RUNTIME = ("onnx", "onnxruntime", "tokenizers")


def absent() -> list[str]:
    """The packages that it needs and that are not installed; none is imported."""
    return weights_named(NAME).absent(RUNTIME)


class MiniLMInt8:
    """Vectors of 384 numbers (Wang et al. 2020).

    A text longer than 256 tokens is embedded in pieces of 256, whose vectors are averaged by their numbers of tokens.
    Of a text of more than 16 pieces, 16 are embedded, evenly spread over its first million characters.
    """

    strength: Literal["semantic", "plain"] = "semantic"
    per_item = True

    def __init__(self, sees_gpu: Callable[[], bool] = torch_sees_a_gpu) -> None:
        self._sees_gpu = sees_gpu

    @property
    def name(self) -> str:
        return f"all-MiniLM-L6-v2 int8 ({weights_named(NAME).digest}, version {PREPARED})"

    def embed(self, items: Sequence[Item], progress: CountProgress | None = None) -> F32:
        """f32[n, 384], rows of length 1; zeros for a text without a word. Raises SetupError if a package is missing or
        the weights are not the published ones."""
        texts = texts_of(items)
        pieces = [
            (row, tokens[start:end])
            for row, tokens in enumerate(wordpieces(texts))
            for start, end in piece_spans(len(tokens), INSIDE)
        ]
        vectors_ND = np.zeros((len(texts), WIDTH), np.float32)
        total, done = sum(len(piece) for _, piece in pieces), 0
        for batch in _batches(pieces):
            rows = [row for row, _ in batch]
            tokens_BT = np.array([[self._start, *piece, self._end] for _, piece in batch], np.int64)
            means_BD = self._session.run(None, {"input_ids": tokens_BT})[0]
            np.add.at(vectors_ND, rows, means_BD * tokens_BT.shape[1])
            done += sum(len(piece) for _, piece in batch)
            if progress:
                progress(len(texts) * done // total)
        if progress and not pieces:
            progress(len(texts))
        return unit_rows(vectors_ND)

    def remarks(self, items: Iterable[Item], count: int) -> tuple[str, ...]:
        return remarks_on((item.text or "" for item in items), count, self._sees_gpu)

    @cached_property
    def _session(self) -> InferenceSession:
        return session(minilm_graph(weights_named(NAME).path()))

    @cached_property
    def _start(self) -> int:
        return vocabulary()[START]

    @cached_property
    def _end(self) -> int:
        return vocabulary()[END]


def _batches(pieces: list[tuple[int, list[int]]]) -> Iterator[list[tuple[int, list[int]]]]:
    """Pieces of one length each, the shortest first, at most BATCH_TOKENS tokens together: nothing is padded."""
    for length, alike in groupby(sorted(pieces, key=lambda piece: len(piece[1])), key=lambda piece: len(piece[1])):
        same, most = list(alike), max(1, BATCH_TOKENS // (length + 2))
        for start in range(0, len(same), most):
            yield same[start : start + most]
