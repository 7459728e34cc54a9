"""Texts longer than an encoder reads are cut into pieces, whose vectors are averaged by their numbers of tokens."""

from __future__ import annotations

MOST_PIECES = 16


def piece_spans(tokens: int, length: int) -> list[tuple[int, int]]:
    """Start and end of each piece of at most ``length`` of the ``tokens``: all of a text up to MOST_PIECES pieces, and
    MOST_PIECES evenly spread over a longer one, from its first to its last."""
    starts = list(range(0, tokens, length))
    if len(starts) > MOST_PIECES:
        starts = [starts[n * (len(starts) - 1) // (MOST_PIECES - 1)] for n in range(MOST_PIECES)]
    return [(start, min(start + length, tokens)) for start in starts]
