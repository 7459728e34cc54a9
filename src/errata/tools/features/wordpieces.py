"""BERT's uncased wordpieces: the vocabulary that all-MiniLM-L6-v2 reads (from its package's vocab.txt; see NOTICE)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
AT_ONCE = 1_000_000
"""Characters, and the end of a text, that are cut together."""


def wordpieces(texts: Sequence[str]) -> Iterator[list[int]]:
    """The wordpieces of each text, by number, without marks of its start and end; none for a text without a word.

    Texts are cut some at a time: of long ones, the wordpieces of a thousand would not fit into memory.
    """
    block: list[str] = []
    held = 0
    for text in texts:
        block.append(text[:MOST_CHARACTERS].encode("utf-8", "replace").decode())  # a lone surrogate is "?"
        held += len(block[-1])
        if held > AT_ONCE:
            yield from _cut(block)
            block, held = [], 0
    yield from _cut(block)


def _cut(texts: list[str]) -> list[list[int]]:
    return [found.ids for found in tokenizer().encode_batch(texts, add_special_tokens=False)]


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
