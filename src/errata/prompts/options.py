"""The options of a closed question: how they are written, and how an answer is read."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from errata.prompts.quoting import escaped, quoted
from errata.types import CANNOT_TELL, NONE_OF_THESE, SEVERAL

MAX_OPTIONS = len(string.ascii_uppercase)

WRAPPING = "*`'\"()-. \t\n"
"""Characters that models put around an answer."""

YES, NO = "yes", "no"
CHOICE = {SEVERAL: "several of these hold", NONE_OF_THESE: "none of these", CANNOT_TELL: "cannot tell"}
FIT = {
    YES: "yes",
    NO: "no",
    SEVERAL: "only in part",
    NONE_OF_THESE: "there is nothing to compare",
    CANNOT_TELL: "cannot tell",
}

WORDS = {
    "blind_choice": CHOICE,
    "anchored_choice": CHOICE,
    "marked_choice": CHOICE,
    "steering": CHOICE,
    "open_answer": CHOICE,
    "contest": {SEVERAL: "both hold", NONE_OF_THESE: "neither holds", CANNOT_TELL: "cannot tell"},
    "question_bank": {YES: "yes", NO: "no", CANNOT_TELL: "cannot tell"},
    "several_labels": {YES: "yes", NO: "no", CANNOT_TELL: "cannot tell"},
    "image_text_pair": FIT,
    "pair_fits": FIT,
}
"""The words a judge reads for each answer that is not a label, by prompt; CHOICE for prompts not listed here. First
words differ, so that a first token tells them apart."""


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer. ``key`` is what it means (a label name, or one of OTHER_ANSWERS); ``words`` is what the
    model reads; ``alias`` is the letter it answers with, None if it answers with the words. ``in_quotes``: the words
    could be mistaken for more than a name, so they are shown in quotes."""

    key: str
    words: str
    alias: str | None
    definition: str = ""
    in_quotes: bool = False

    @property
    def answer(self) -> str:
        return self.alias or self.words

    @property
    def head(self) -> str:
        shown = quoted(self.words) if self.in_quotes else self.words
        return f"{self.alias}) {shown}" if self.alias else f"- {shown}"

    @property
    def line(self) -> str:
        return f"{self.head}: {quoted(self.definition)}" if self.definition else self.head


def lay_out(
    keys_and_words: Sequence[tuple[str, str, str]], *, aliased: bool, in_quotes: Collection[str] = ()
) -> tuple[Option, ...]:
    """Options from (key, words, definition) in the order shown; those of the keys ``in_quotes`` in quotes."""
    if aliased and len(keys_and_words) > MAX_OPTIONS:
        raise ValueError(f"a question answered by letter has at most {MAX_OPTIONS} options, got {len(keys_and_words)}")
    letters = string.ascii_uppercase if aliased else [None] * len(keys_and_words)
    return tuple(
        _option(*option, letter, option[0] in in_quotes)
        for option, letter in zip(keys_and_words, letters, strict=False)
    )


@lru_cache(4096)  # the same few options are laid out for every item, in different orders
def _option(key: str, words: str, definition: str, alias: str | None, in_quotes: bool) -> Option:
    return Option(key, escaped(one_line(words)), alias, one_line(definition), in_quotes)


def one_line(text: str) -> str:
    """Label names come from the data: a line break in one must not look like another option."""
    return " ".join(text.split())


LEAD_IN = re.compile(
    r"(?:(?:the|my|final|correct|best|right)\s+)*(?:answer|choice|option|label|category|class)\s*(?:is|:|=|-)+\s*", re.I
)
"""Words that models put before an answer."""


class Answer(NamedTuple):
    """``key``: the option that was answered; ``said``: the part of the answer that names it; ``by_words``: it was
    answered with the option's words although a letter was requested."""

    key: str
    said: str
    by_words: bool


def read_answer(said: str, options: Sequence[Option]) -> str | None:
    """The key of the option that was answered; see ``find_answer``."""
    found = find_answer(said, options)
    return None if found is None else found.key


def find_answer(said: str, options: Sequence[Option]) -> Answer | None:
    """The option that was answered, or None if the answer is not exactly one of them.

    Wrapping that models add is accepted (``"B"``, ``B)``, ``**B**``, ``B.``, and ``B) cat`` for the whole option), and
    so is a lead-in (``Answer: B``). An option's words count as its letter if only one option has them. A sentence, a
    list of options, or text outside the options is not an answer.
    """
    whole = escaped(said).strip()
    led = LEAD_IN.match(whole.replace("*", ""))
    rest = whole.replace("*", "")[led.end() :] if led else ""
    for text in filter(None, (whole, rest)):
        for by_words, forms in ((False, _asked_for), (True, _by_words)):
            for read in (str.strip, _bare):
                matches = {o.key for o in options if read(text) in {read(form) for form in forms(o)}}
                if matches:
                    return Answer(matches.pop(), text.strip(WRAPPING), by_words) if len(matches) == 1 else None
    return None


def _asked_for(option: Option) -> tuple[str, ...]:
    return option.answer, option.head


def _by_words(option: Option) -> tuple[str, ...]:
    """The other names of an option with a letter."""
    if option.alias is None:
        return ()
    return option.words, *(f"{option.alias}{between} {option.words}" for between in (":", ".", " -", "")), option.line


def keys_that_continue(begun: str, token: str, options: Sequence[Option]) -> tuple[str, ...]:
    """Keys of the options whose answer continues with this token after ``begun``: one if the token decides, several if
    it does not, none if it is not part of an answer.

    A letter must be complete; of words, any beginning counts.
    """
    for fold in (str, str.casefold):
        said, start = fold(begun.lstrip(WRAPPING)), fold((begun + token).lstrip(WRAPPING))
        letter, words = start.rstrip(WRAPPING), start.rstrip()
        further = len(words) > len(said)
        keys = [
            o.key
            for o in options
            if (letter == fold(o.alias) if o.alias else further and fold(o.words).startswith(words))
        ]
        if keys:
            return tuple(keys)
    return ()


def follower(options: Sequence[Option]) -> Callable[[str, str], tuple[str, ...]]:
    """``keys_that_continue`` for many tokens about the same options. Letters, which all differ, are looked up."""
    if any(option.alias is None for option in options):
        return lambda begun, token: keys_that_continue(begun, token, options)
    letters = {option.answer.casefold(): (option.key,) for option in options}
    return lambda begun, token: letters.get((begun + token).strip(WRAPPING).casefold(), ())


def _bare(text: str) -> str:
    return text.strip(WRAPPING).casefold()
