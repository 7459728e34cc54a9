"""One closed question about one item, for the door: hashed without its image, built only when it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from errata.errors import DataError, ModelRefused
from errata.prompts import Prompt, with_images
from errata.prompts.options import CHOICE, WORDS, Option, lay_out
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.door import Answered, CallRequest, Door
from errata.tools.judging.images.images import ItemImage
from errata.tools.judging.reading.reading import Reading, Style, read
from errata.tools.judging.untrusted.names import is_plain
from errata.types import OTHER_ANSWERS, Item, LabelSpace, Verdict, sha_of

SAID_CHARS = 300
LETTER_TOKENS = 4
"""A letter and what unconstrained models tend to put around it."""


@dataclass(frozen=True, slots=True)
class ClosedQuestion:
    """``options`` in the order shown; ``images`` shared by all questions about the item; ``slots`` is what the prompt
    needs besides item, options, and guideline."""

    prompt: Prompt
    item: Item
    images: tuple[ItemImage, ...]
    options: tuple[Option, ...]
    guideline: str
    slots: Mapping[str, object] = field(default_factory=dict)

    def ask(self) -> CallRequest:
        messages = self.prompt.render(self.item, self.options, self.guideline, text_only=True, **self.slots)
        max_tokens = _enough_tokens(self.options)
        params = {
            "options": [option.key for option in self.options],
            "text_sha": sha_of(messages),
            "max_tokens": max_tokens,
            "images": [image.shown for image in self.images],
        }

        async def build() -> ChatRequest:
            parts = [part for image in self.images for part in await image.parts()]
            sent = with_images(messages, *parts) if parts else messages
            return ChatRequest(tuple(sent), tuple(option.answer for option in self.options), max_tokens)

        return CallRequest(self.prompt.ref, self.item.content_sha, params, build)


@dataclass(frozen=True, slots=True)
class Answers:
    """All answers to one protocol's questions about one item. ``problem`` says why one is missing, if so; ``refused``
    is how many are missing."""

    answered: tuple[Answered, ...]
    readings: tuple[Reading | None, ...]
    problem: str | None
    refused: int = 0

    @property
    def unread(self) -> int:
        """How many answers could not be read."""
        return sum(reading is None for reading in self.readings) - self.refused

    def verdict(
        self, item: Item, judge: str, prompt: Prompt, log_probs: Mapping[str, float], position_bias: float | None
    ) -> Verdict:
        """The verdict, with what was asked, answered, and paid."""
        calls = [answer.call for answer in self.answered]
        said = calls[0].text if calls else f"not asked: {self.problem}"
        return Verdict(
            idx=item.idx,
            judge=judge,
            protocol=prompt.ref.id,
            prompt=prompt.ref,
            log_probs=log_probs,
            said=said.strip()[:SAID_CHARS],
            call_keys=tuple(call.key for call in calls),
            tokens=sum(call.tokens_in + call.tokens_out for call in calls),
            ms=sum(call.ms for call in calls),
            cached=bool(calls) and all(answer.cached for answer in self.answered),
            position_bias=position_bias,
            unread=self.unread,
            refused=self.refused,
            tokens_out=sum(call.tokens_out for call in calls),
            place=item.place,
        )


async def put(door: Door, questions: Sequence[ClosedQuestion]) -> Answers:
    """Ask all ``questions`` at once. One that is refused, or whose image cannot be read, is left out; any other error
    of the model or the budget is raised."""
    results = await asyncio.gather(*(_put_one(door, question) for question in questions))
    problems = [result for result in results if isinstance(result, str)]
    found = [result for result in results if not isinstance(result, str)]
    readings = [None if isinstance(result, str) else result[1] for result in results]
    return Answers(
        tuple(answered for answered, _ in found), tuple(readings), problems[0] if problems else None, len(problems)
    )


async def _put_one(door: Door, question: ClosedQuestion) -> tuple[Answered, Reading | None] | str:
    """An answer and its reading, or why there is none. A recorded answer that cannot be read is asked for again if that
    may help."""
    ask = question.ask()
    try:
        answered = await door.ask(ask)
        reading = _read(answered, question)
        if reading is None and answered.cached:
            answered = await door.unreadable.again(ask, answered, lambda fresh: _read(fresh, question) is not None)
            reading = _read(answered, question)
    except (ModelRefused, DataError) as error:
        return str(error)
    door.unreadable.note(answered.call.text, readable=reading is not None)
    return answered, reading


def _read(answered: Answered, question: ClosedQuestion) -> Reading | None:
    return read(answered.call.text, answered.call.tokens, question.options)


def lay_out_for(prompt_id: str, keys: Sequence[str], style: Style, space: LabelSpace) -> tuple[Option, ...]:
    """Options for ``keys``, labels and the prompt's other answers, in this order."""
    words = WORDS.get(prompt_id, CHOICE)
    return lay_out(
        [(key, words[key], "") if key in words else (key, key, space.definitions.get(key, "")) for key in keys],
        aliased=style == "letters",
        in_quotes=[key for key in keys if key not in words and not is_plain(key)],
    )


def check_labels(labels: Sequence[str]) -> None:
    """DataError if a label has the name of one of the other answers: they could not be told apart."""
    taken = sorted(set(labels) & set(OTHER_ANSWERS))
    if taken:
        raise DataError(
            f"A label may not be called {taken[0]!r}: judges use that word for an answer of their own. "
            "Rename the label in the data."
        )


def _enough_tokens(options: Sequence[Option]) -> int:
    """No tokenizer needs more than one token per byte; a constrained answer ends by itself much earlier."""
    if any(option.alias for option in options):
        return LETTER_TOKENS
    return LETTER_TOKENS + max(len(option.answer.encode()) for option in options)
