"""Ways to encode an order so that patterns do not recognize it, each a function from plain to encoded text."""

from __future__ import annotations

import base64
import codecs
import re
import string
from collections.abc import Callable

MORSE_CODE = """
.- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --..
"""
RADIO_WORDS = """
alfa bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec romeo sierra
tango uniform victor whiskey xray yankee zulu
"""
MORSE = dict(zip(string.ascii_lowercase, MORSE_CODE.split(), strict=True))
SPOKEN = dict(zip(string.ascii_lowercase, RADIO_WORDS.split(), strict=True))
TWINS = str.maketrans("aeocpxyis", "\u0430\u0435\u043e\u0441\u0440\u0445\u0443\u0456\u0455")
SMALL = str.maketrans(
    "abdeghijklmnoprtuvw",
    "\u1d00\u0299\u1d05\u1d07\u0262\u029c\u026a\u1d0a\u1d0b\u029f\u1d0d\u0274\u1d0f\u1d18\u0280\u1d1b\u1d1c\u1d20\u1d21",
)
TURNED = str.maketrans("aehimnrtuvwy", "\u0250\u01dd\u0265\u1d09\u026f\u0075\u0279\u0287\u006e\u028c\u028d\u028e")
MIRRORED = str.maketrans(
    string.ascii_lowercase + string.ascii_uppercase, string.ascii_lowercase[::-1] + string.ascii_uppercase[::-1]
)


def shifted(text: str, by: int) -> str:
    def one(letter: str) -> str:
        for letters in (string.ascii_lowercase, string.ascii_uppercase):
            if letter in letters:
                return letters[(letters.index(letter) + by) % 26]
        return letter

    return "".join(map(one, text))


def spelled(table: dict[str, str], between: str) -> Callable[[str], str]:
    def spell(text: str) -> str:
        words = re.sub(r"[^a-z ]", "", text.casefold()).split()
        return between.join(" ".join(table[letter] for letter in word) for word in words)

    return spell


def pig_latin(text: str) -> str:
    return re.sub(r"[A-Za-z]+", lambda word: f"{word[0][1:]}-{word[0][0]}ay", text)


def styled(first: int) -> Callable[[str], str]:
    """Letters of a Unicode alphabet that normalizes to Latin; ``first`` is the code point of its small a."""
    return lambda text: "".join(chr(first + ord(c) - 97) if "a" <= c <= "z" else c for c in text.casefold())


CIPHERS: dict[str, Callable[[str], str]] = {
    "base64": lambda said: base64.b64encode(said.encode()).decode(),
    "base32": lambda said: base64.b32encode(said.encode()).decode(),
    "base85": lambda said: base64.b85encode(said.encode()).decode(),
    "hex": lambda said: said.encode().hex(" "),
    "binary": lambda said: " ".join(f"{byte:08b}" for byte in said.encode()),
    "decimal codes": lambda said: " ".join(str(byte) for byte in said.encode()),
    "rot13": lambda said: codecs.encode(said, "rot13"),
    "letters moved by three": lambda said: shifted(said, 3),
    "alphabet mirrored": lambda said: said.translate(MIRRORED),
    "morse": spelled(MORSE, " / "),
    "spelled by radio": spelled(SPOKEN, " , "),
    "pig latin": pig_latin,
    "letters reversed": lambda said: said[::-1],
    "words reversed": lambda said: " ".join(reversed(said.split())),
    "digits for letters": lambda said: said.translate(str.maketrans("oieast", "013457")),
    "twins of other scripts": lambda said: said.casefold().translate(TWINS),
    "small capitals": lambda said: said.casefold().translate(SMALL),
    "upside down": lambda said: said.casefold().translate(TURNED),
    "circled": styled(0x24D0),
    "mathematical": styled(0x1D41A),
    "percent": lambda said: "".join(f"%{byte:02X}" for byte in said.encode()),
    "entities": lambda said: "".join(f"&#{ord(c)};" for c in said),
    "escapes": lambda said: "".join(f"\\u{ord(c):04x}" for c in said),
    "stacked accents": lambda said: "".join(f"{c}\u0336\u0301" if c.isalpha() else c for c in said),
    "zero width": "\u200c".join,
    "split by hyphens": lambda said: re.sub(r"(\w)(?=\w)", r"\1-", said),
    "split in two": lambda said: re.sub(r"(\w{2,})(\w{2})\b", r"\1 \2", said),
    "one letter a line": "\n".join,
}
