"""How labels are spelled: differences in form only, and words that stand for no label."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

INVISIBLE = {ord(mark): None for mark in "\u200b\u2060\ufeff\u00ad"}
"""Invisible characters that copied text may contain."""

NOTHING = frozenset((
    "nan", "na", "n/a", "n.a.", "#n/a", "<na>", "nat", "none", "null", "nil", "undefined", "missing", "unknown",
    "unlabeled", "unlabelled", "unannotated", "unassigned", "nolabel", "no_label", "no-label", "no label",
    "not_labeled", "not labeled", "not labelled", "not available", "not applicable", "not annotated",
    "tbd", "todo", "?", "??", "???", "-", "--", ".", "_",
))  # fmt: skip
"""Words, folded, that often mean "no label". A class may have such a name anyway."""

NEGATIVE = re.compile(r"-(\d+)(\.0*)?")


@lru_cache(maxsize=65536)
def fold(label: str) -> str:
    """The common form of spellings that differ only in case, blanks, or Unicode form; "" for a blank label."""
    seen = unicodedata.normalize("NFKC", label.translate(INVISIBLE))
    return " ".join(unicodedata.normalize("NFKC", seen.casefold()).split())


def means_nothing(label: str) -> bool:
    """Whether a label looks like a word, or a number (-1), for "no label"."""
    return fold(label) in NOTHING


def alike(counts: Mapping[str, int]) -> dict[str, str]:
    """Spelling -> the most frequent of those that differ only in form, given labels and their row counts."""
    groups: dict[str, list[str]] = {}
    for label in sorted(counts, key=lambda label: (-counts[label], label)):
        groups.setdefault(fold(label), []).append(label)
    return {other: first for first, *others in groups.values() for other in others}
