"""How texts fit all-MiniLM-L6-v2: which are longer than it reads, and whether they look English."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from errata.tools.features.gpu import larger
from errata.tools.features.wordpieces import UNKNOWN, tokenizer, wordpieces

READS = 256
"""Wordpieces read at once, with the marks of start and end."""
INSIDE = READS - 2
CHARACTERS = 20_000
"""Of one text, counted here: more make more than 254 wordpieces, unless words of 79 letters follow one another."""
DECOMPOSED = 3
"""A letter that is not ASCII becomes at most so many."""
BLOCK = 1024
SAMPLED, SAMPLED_CHARACTERS, FEWEST_WORDS = 1000, 2000, 100

ENGLISH = 0.6
"""The least share of words of the vocabulary in English: news, reviews, captions, exams, and ten words of each have .81
to .89, Hausa .30, German .42, French .42 (evals text_encoders)."""
MULTILINGUAL = ("intfloat/multilingual-e5-small", "paraphrase-multilingual-MiniLM-L12-v2")


def remarks_on(texts: Iterable[str], count: int, sees_gpu: Callable[[], bool] = lambda: False) -> tuple[str, ...]:
    """What a person should know about ``count`` texts that MiniLM reads, sampling their words evenly.
    ``sees_gpu``: whether torch does, asked only where it matters."""
    source, step = iter(texts), max(1, count // SAMPLED)
    longer, sample, read = 0, [], 0
    while block := list(islice(source, BLOCK)):
        longer += count_longer(block)
        sample += block[-read % step :: step]
        read += len(block)
    told = [f"{longer:,} of {read:,} texts are longer than {READS} tokens: read in pieces and averaged"] * bool(longer)
    whole, words = whole_words(sample)
    if words >= FEWEST_WORDS and whole < ENGLISH * words:
        told.append(
            f"the texts do not look English ({whole / words:.0%} of their words are in the encoder's vocabulary, of "
            f"English over 80%), and the encoder reads English; a multilingual one may find more: --embedder "
            f"{' or '.join(MULTILINGUAL)} (by sentence-transformers: errata-labels[local])"
        )
    elif sees_gpu():
        told.append(larger("text"))
    return tuple(told)


def count_longer(texts: Sequence[str]) -> int:
    """How many of the texts have more wordpieces than are read at once. Short ones need not be cut to know."""
    perhaps = [text[:CHARACTERS] for text in texts if len(text) * (1 if text.isascii() else DECOMPOSED) > INSIDE]
    return sum(len(pieces) > INSIDE for pieces in wordpieces(perhaps))


def whole_words(texts: Sequence[str]) -> tuple[int, int]:
    """How many words are pieces of the vocabulary as they are, and how many words there are. A single ASCII character
    is no word; a sign that is unknown, or that stands alone for a word in another script, is one, and not whole."""
    whole = words = 0
    for found in tokenizer().encode_batch([text[:SAMPLED_CHARACTERS] for text in texts], add_special_tokens=False):
        pieces = found.tokens
        for piece, after in zip(pieces, [*pieces[1:], ""], strict=True):
            if piece.startswith("##") or not _is_word(piece, after):
                continue
            words += 1
            whole += piece != UNKNOWN and piece.isascii() and not after.startswith("##")
    return whole, words


def _is_word(piece: str, after: str) -> bool:
    if piece == UNKNOWN:
        return True
    return piece.isalpha() and (len(piece) > 1 or not piece.isascii() or after.startswith("##"))
