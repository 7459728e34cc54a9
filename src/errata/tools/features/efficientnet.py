"""EfficientNet-lite0 by onnxruntime: errata's own image embedder, without torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from errata.tools.features.efficientnet_graph import SIDE, WIDTH, efficientnet_graph
from errata.tools.features.embedder import CountProgress, image_of, unit_rows
from errata.tools.features.gpu import larger, torch_sees_a_gpu
from errata.tools.features.onnx_session import session
from errata.tools.features.torch_file import read_tensors
from errata.tools.features.weights import weights_named
from errata.types import F32, Item

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

NAME = "efficientnet-lite0"
PREPARED = 1
"""Raised whenever the same image would get another vector: decoding, scaling, or the graph changed."""
DECODED_SIDE = 2 * SIDE
"""Large images are decoded at about this size: the scaling to 224 x 224 that follows needs no more."""
BATCH = 32
RUNTIME = ("onnx", "onnxruntime")


def absent() -> list[str]:
    """The packages that it needs and that are not installed; none is imported."""
    return weights_named(NAME).absent(RUNTIME)


class EfficientNet:
    """Vectors of 1,280 numbers (Tan, Le 2019; trained on ImageNet), of the whole image squeezed into a square.

    Square roots of the network's numbers, which are not negative: a few large ones would hide the others.
    The graph is built from the tensors each time, which takes .3 s: less than it takes to keep a file of it right.
    """

    strength: Literal["semantic", "plain"] = "semantic"
    per_item = True

    def __init__(self, sees_gpu: Callable[[], bool] = torch_sees_a_gpu) -> None:
        self._sees_gpu = sees_gpu

    @property
    def name(self) -> str:
        return f"EfficientNet-lite0 ({weights_named(NAME).digest}, version {PREPARED})"

    def embed(self, items: Sequence[Item], progress: CountProgress | None = None) -> F32:
        """f32[n, 1280], rows of length 1. Raises DataError for an unreadable image, SetupError if a package is missing
        or the weights are not the published ones."""
        vectors_ND = np.zeros((len(items), WIDTH), np.float32)
        with ThreadPoolExecutor() as executor:
            for start in range(0, len(items), BATCH):
                rows = slice(start, start + BATCH)
                pixels_BHWC = np.stack(list(executor.map(_pixels, items[rows])))
                vectors_ND[rows] = self._session.run(None, {"image": pixels_BHWC})[0]
                if progress:
                    progress(min(start + BATCH, len(items)))
        return unit_rows(np.sqrt(vectors_ND))

    def remarks(self, items: Iterable[Item], count: int) -> tuple[str, ...]:
        return (larger("image"),) if self._sees_gpu() else ()

    @cached_property
    def _session(self) -> InferenceSession:
        return session(efficientnet_graph(read_tensors(weights_named(NAME).path())), convolutions=True)


def _pixels(item: Item) -> NDArray[Any]:
    """u8[224, 224, 3]"""
    from PIL.Image import Resampling

    return np.asarray(image_of(item, DECODED_SIDE).resize((SIDE, SIDE), Resampling.BICUBIC))
