"""BERT's uncased wordpieces: the vocabulary that all-MiniLM-L6-v2 reads (from its package's vocab.txt; see NOTICE)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

UNKNOWN, START, END = "[UNK]", "[CLS]", "[SEP]"
MOST_LETTERS = 100
"""A longer word is unknown."""
MOST_CHARACTERS = 1_000_000
"""Of one text; the rest of it is not read."""


def wordpieces(texts: Sequence[str]) -> list[list[int]]:
    """The wordpieces of each text, by number, without marks of its start and end; none for a text without a word."""
    read = [text[:MOST_CHARACTERS].encode("utf-8", "replace").decode() for text in texts]  # a lone surrogate is "?"
    return [found.ids for found in tokenizer().encode_batch(read, add_special_tokens=False)]


@cache
def vocabulary() -> dict[str, int]:
    lines = (files(__package__) / "bert_uncased_vocab.txt").read_text(encoding="utf-8").split("\n")
    return {piece: number for number, piece in enumerate(lines) if piece}


@cache
def tokenizer() -> Tokenizer:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    made = Tokenizer(models.WordPiece(vocabulary(), unk_token=UNKNOWN, max_input_chars_per_word=MOST_LETTERS))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return made
