"""The options of a closed question: how they are written down, and how an answer is read back."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass

from errata.types import CANNOT_TELL, NONE_OF_THESE, SEVERAL

MAX_OPTIONS = len(string.ascii_uppercase)

WRAPPING = "*`'\"()-. \t\n"
"""What models put around an answer."""

OTHER_WORDS = {
    "blind_choice": {
        SEVERAL: "several of these hold",
        NONE_OF_THESE: "none of these",
        CANNOT_TELL: "cannot tell",
    },
    "contest": {SEVERAL: "both hold", NONE_OF_THESE: "neither holds", CANNOT_TELL: "cannot tell"},
}
"""What a judge reads for each of OTHER_ANSWERS, by prompt. First words differ: a first token tells them apart."""


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer. ``key`` is what it means (a label name, or one of OTHER_ANSWERS); ``words`` is what the
    model reads; ``alias`` is the letter it answers with, None where it answers with the words."""

    key: str
    words: str
    alias: str | None
    definition: str = ""

    @property
    def answer(self) -> str:
        return self.alias or self.words

    @property
    def head(self) -> str:
        return f"{self.alias}) {self.words}" if self.alias else f"- {self.words}"

    @property
    def line(self) -> str:
        return f"{self.head}: {self.definition}" if self.definition else self.head


def lay_out(keys_and_words: Sequence[tuple[str, str, str]], *, aliased: bool) -> tuple[Option, ...]:
    """Options from (key, words, definition) in the order in which they will be shown."""
    if len(keys_and_words) > MAX_OPTIONS:
        raise ValueError(f"a question has at most {MAX_OPTIONS} options, got {len(keys_and_words)}")
    return tuple(
        Option(key, one_line(words), string.ascii_uppercase[i] if aliased else None, one_line(definition))
        for i, (key, words, definition) in enumerate(keys_and_words)
    )


def one_line(text: str) -> str:
    """Label names come from the data: a line break in one must not look like another option."""
    return " ".join(text.split())


def read_answer(said: str, options: Sequence[Option]) -> str | None:
    """The key of the option that was answered, or None where the answer is not exactly one of them.

    Wrapping that models add is forgiven (``"B"``, ``B)``, ``**B**``, ``B.``, and ``B) cat`` for the whole option); a
    sentence, a list of options or text outside the options is not.
    """
    for read in (str.strip, _bare):
        matches = {o.key for o in options if read(said) in (read(o.answer), read(o.head))}
        if matches:
            return matches.pop() if len(matches) == 1 else None
    return None


def begun_by(token: str, options: Sequence[Option]) -> tuple[str, ...]:
    """Keys of the options whose answer begins with this first token: one where it tells, several where it does not.

    A letter is answered whole; of words, any beginning counts.
    """
    for read in (str.strip, _bare):
        start = read(token)
        if not start:
            return ()
        keys = [o.key for o in options if (read(o.alias) == start if o.alias else read(o.words).startswith(start))]
        if keys:
            return tuple(keys)
    return ()


def _bare(text: str) -> str:
    return text.strip(WRAPPING).casefold()
