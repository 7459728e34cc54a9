"""A vision tower that the user names: its own vectors, or an error that says what to give."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from errata.errors import DataError, SetupError
from errata.tools.features.choose import choose_embedder
from errata.tools.features.vision_tower import BATCH, PREFIX
from errata.types import Item

transformers = pytest.importorskip("transformers")
SMALL: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "image_size": 32,
    "patch_size": 8,
}
SIDE = {"height": 32, "width": 32}


def saved(folder: Path, kind: str) -> str:
    """A small model with random weights, as the hub has them."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    made: tuple[Any, Any]
    if kind == "clip":
        words = {"vocab_size": 50, "bos_token_id": 0, "eos_token_id": 1} | {k: SMALL[k] for k in list(SMALL)[:4]}
        config = transformers.CLIPConfig(text_config=words, vision_config=SMALL, projection_dim=12)
        processor = transformers.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=SIDE)
        made = transformers.CLIPModel(config), processor
    else:
        made = transformers.Dinov2Model(transformers.Dinov2Config(**SMALL)), transformers.ViTImageProcessor(size=SIDE)
    for part in made:
        part.save_pretrained(folder)
    return f"{PREFIX}{folder}"


def pictures(*colors: str) -> list[Item]:
    items = []
    for n, color in enumerate(colors):
        out = io.BytesIO()
        Image.new("RGBA", (8 + n, 20), color).save(out, "PNG")
        items.append(Item.of(n, f"id{n}", "", None, image=out.getvalue()))
    return items


@pytest.mark.parametrize(("kind", "width"), [("clip", 12), ("dino", 16)])
def test_vectors_are_those_of_the_model(tmp_path: Path, kind: str, width: int) -> None:
    tower = choose_embedder("image", saved(tmp_path, kind))
    told: list[int] = []
    found = tower.embed(pictures("red", "blue", "#ff000000", "white", *["red"] * BATCH), told.append)
    assert found.shape == (BATCH + 4, width) and told == [BATCH, BATCH + 4]
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    assert found[0] @ found[1] < 0.9999
    np.testing.assert_allclose(found[2], found[3], atol=1e-4)  # transparent is white
    assert tower.strength == "semantic" and str(tmp_path) in tower.name


def test_other_weights_have_another_name(tmp_path: Path) -> None:
    first = choose_embedder("image", saved(tmp_path, "dino")).name
    second = choose_embedder("image", saved(tmp_path, "dino")).name
    assert first != second


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(SetupError, match=r"cannot be loaded.*image processor"):
        choose_embedder("image", f"{PREFIX}{tmp_path}").embed(pictures("red"))


def test_an_item_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'bad'"):
        choose_embedder("image", saved(tmp_path, "dino")).embed([Item.of(0, "bad", "", None, image=b"GIF89a")])
