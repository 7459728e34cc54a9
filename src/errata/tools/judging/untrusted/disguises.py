"""Undo the disguises of a text: look-alike letters, spaced letters, digits for letters, rot13, base64, ...

A disguise that honest text never needs is a finding in itself (``hidden``); the others only give more forms of the text
in which to search for instructions.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import string
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

LOOK_ALIKES = {
    ord(letter): latin
    for letters, latins in (
        ("аеорсухіјѕԁԛԝһвнкмтгзь", "aeopcyxijsdqwhbhkmtr3b"),  # Cyrillic
        ("αερουινικτχωηγ", "aepouivikxwny"),  # Greek
        ("ıɡʟʀɪɴ", "iglrin"),  # Latin, from the phonetic alphabet
    )
    for letter, latin in zip(letters, latins, strict=False)
}
"""Lowercase letters that look like Latin ones, and those Latin letters."""

LEET = str.maketrans("013457@$!|", "oieastasil")

IN_A_WORD = re.compile(r"(?<=[a-zA-Z])[\u200b-\u200d\u2060-\u2064\ufeff\u180e\u034f\u115f\u3164](?=[a-zA-Z])")
REORDERED = re.compile(r"[\u202d\u202e\u2066-\u2069]")
TAGS = re.compile(r"(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+")
"""Except as part of the flag emojis of England, Scotland, and Wales."""
SELECTORS = re.compile(r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]{3}")
WORD = re.compile(r"[^\W\d_]{4,}")
SPACED = re.compile(r"(?<!\w)(?:\w[ ._\-*\u00b7]{1,2}){5,}\w(?!\w)")
SPELLED_OUT = re.compile(r"(?<!\w)(?:[^\W\d_][ ._\-*\u00b7]{1,3}){12}[^\W\d_](?!\w)")
BASE64 = re.compile(r"(?<![\w+/])[A-Za-z0-9+/]{16,}={0,2}")
HEX = re.compile(r"(?:(?:\\x|0x)?[0-9a-fA-F]{2}[ :,]?){10,}")
BLANKS = re.compile(r"[^\S\n]+")
ACCENTS = re.compile(r"(?<=[a-z])[\u0300-\u036f]+")
UNSEEN = frozenset({"Cf", "Cc", "Co"})
NOT_HEX = re.compile(r"\\x|0x|[ :,]")


def hidden(text: str) -> Iterator[str]:
    """Each way in which the text hides or reorders letters, in words for a person."""
    if IN_A_WORD.search(text):
        yield "invisible characters inside words"
    if REORDERED.search(text):
        yield "characters that reorder text"
    if TAGS.search(text) or SELECTORS.search(text):
        yield "text written in invisible characters"
    if SPELLED_OUT.search(text):
        yield "words spelled letter by letter"
    if not text.isascii() and any(_mixed(word[0].casefold()) for word in WORD.finditer(text)):
        yield "letters of other scripts inside words"


def plain(text: str) -> str:
    """NFKC, lowercase, Latin letters without accents, nothing invisible, single spaces between words."""
    if text.isascii():
        return BLANKS.sub(" ", text.casefold())
    folded = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(c for c in folded if c.isspace() or unicodedata.category(c) not in UNSEEN)
    return BLANKS.sub(" ", unicodedata.normalize("NFC", ACCENTS.sub("", kept)))


def seen(text: str) -> str:
    """NFKC without invisible characters: what some tokenizers make of a text."""
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")


def plain_forms(text: str) -> Iterator[str]:
    """The text as ``plain`` returns it, then with each possible disguise undone."""
    yield (once := plain(text))
    for other in _undisguised(text, once):
        if other != once:
            yield other


def _undisguised(text: str, once: str) -> Iterator[str]:
    yield plain(html.unescape(unquote(text)))
    yield plain("".join(chr(ord(c) - 0xE0000) for c in text if "\U000e0020" <= c <= "\U000e007e"))
    yield once.translate(LOOK_ALIKES)
    yield once.translate(LOOK_ALIKES).translate(LEET)
    yield codecs.decode(once, "rot13")
    yield once[::-1]
    # Between single letters, two spaces separate words.
    yield plain(SPACED.sub(lambda run: re.sub(r"(\w)[ ._\-*\u00b7](?=\w)", r"\1", run[0]), text))
    for found in BASE64.finditer(text):
        yield from _readable(_from_base64(found[0]))
    for found in HEX.finditer(text):
        digits = NOT_HEX.sub("", found[0])
        yield from _readable(bytes.fromhex(digits[: len(digits) // 2 * 2]))


def _from_base64(said: str) -> bytes:
    bare = said.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4))
    except binascii.Error:
        return b""


def _readable(data: bytes) -> Iterator[str]:
    said = data.decode("utf-8", "ignore")
    if len(said) >= 8 and sum(c in string.ascii_letters + " " for c in said) > 0.8 * len(said):
        yield plain(said)


def _mixed(word: str) -> bool:
    """Latin letters mixed with look-alikes of another script, as no real spelling does."""
    latin = sum("a" <= c <= "z" for c in word)
    return 0 < latin < len(word) and all("a" <= c <= "z" or ord(c) in LOOK_ALIKES for c in word)
