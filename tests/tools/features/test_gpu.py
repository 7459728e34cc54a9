"""What is told where torch sees a GPU."""

from __future__ import annotations

from pathlib import Path

import pytest

from errata.tools.features import efficientnet
from errata.tools.features.efficientnet import EfficientNet
from errata.tools.features.gpu import torch_sees_a_gpu
from errata.tools.features.minilm_int8 import MiniLMInt8
from errata.types import Item
from tests.tools.features.test_text_fit import ENGLISH, OTHERS


def told(texts: list[str], gpu: bool) -> tuple[str, ...]:
    items = [Item.of(n, str(n), "", None, text=text) for n, text in enumerate(texts)]
    return MiniLMInt8(sees_gpu=lambda: gpu).remarks(items, len(items))


def test_with_a_gpu_a_larger_text_encoder_is_named() -> None:
    (remark,) = told([*ENGLISH] * 10, gpu=True)
    assert "GPU" in remark and "--embedder sentence-transformers/all-mpnet-base-v2" in remark
    assert told([*ENGLISH] * 10, gpu=False) == ()


def test_of_texts_that_are_not_english_only_multilingual_ones_are_named() -> None:
    (remark,) = told([OTHERS["German"]] * 40, gpu=True)
    assert "multilingual" in remark and "GPU" not in remark


def test_with_a_gpu_a_larger_image_encoder_is_named() -> None:
    if efficientnet.absent():
        pytest.skip("the extra images is not installed")
    (remark,) = EfficientNet(sees_gpu=lambda: True).remarks((), 0)
    assert "--embedder transformers:facebook/dinov2-base" in remark
    assert EfficientNet(sees_gpu=lambda: False).remarks((), 0) == ()


def test_torch_is_asked_only_where_there_is_a_driver(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    assert not torch_sees_a_gpu([tmp_path / "no such device"])
    assert torch_sees_a_gpu([tmp_path]) == torch.cuda.is_available()
