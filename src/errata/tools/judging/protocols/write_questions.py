"""Write questions: a model prepares the attribute and discriminative questions of one label, before any item is seen.

What it writes is only ever used as a question to a judge about an item; one that names a label is dropped, since it
would give the label away.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, ValidationError

from errata.errors import ModelRefused
from errata.prompts import load
from errata.prompts.options import NO, YES, one_line
from errata.tools.judging.bank.bank import Bank, BankQuestion
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.door import CallRequest, Door
from errata.types import Item, LabelSpace, sha_of

PROMPT_ID = "write_questions"
MAX_TOKENS = 600
MAX_CHARS = 200
MOST = 5
"""So many questions about one label are asked for, and used."""
NO_ITEM = Item(0, "", "", None)


class Written(BaseModel):
    """The model's answer."""

    model_config = ConfigDict(extra="forbid")
    attribute: list[str]
    discriminative: dict[str, str]
    negative: list[str]


async def ask(
    door: Door, label: str, confused: Sequence[str], space: LabelSpace, *, modality: str, guideline: str = ""
) -> Bank:
    """The usable questions about ``label``; none if the model refuses or returns no JSON of that form.

    Raises what ``Door.ask`` raises, except for refusals.
    """
    prompt = load(PROMPT_ID)
    messages = prompt.render(
        NO_ITEM,
        (),
        guideline,
        modality=modality,
        label=label,
        definition=space.definitions.get(label, ""),
        confused=confused,
    )
    params = {"text_sha": sha_of(messages), "max_tokens": MAX_TOKENS}

    async def build() -> ChatRequest:
        return ChatRequest(tuple(messages), (), MAX_TOKENS, schema=Written.model_json_schema())

    try:
        answered = await door.ask(CallRequest(prompt.ref, space.sha, params, build))
        written = Written.model_validate_json(_object_in(answered.call.text))
    except (ModelRefused, ValidationError):
        return ()
    found = [BankQuestion(label, "attribute", one_line(text)) for text in written.attribute]
    found += [
        BankQuestion(label, "discriminative", one_line(text), YES, other)
        for other, text in written.discriminative.items()
        if other in confused
    ]
    found += [BankQuestion(label, "negative", one_line(text), NO) for text in written.negative]
    return tuple(question for question in found if _usable(question.text, space))[:MOST]


def _object_in(text: str) -> str:
    """The outermost JSON object: models often wrap one in a fence or in words."""
    return text[text.find("{") : text.rfind("}") + 1]


def _usable(text: str, space: LabelSpace) -> bool:
    names = "|".join(re.escape(name) for name in space.names)
    return 0 < len(text) <= MAX_CHARS and text.endswith("?") and not re.search(rf"(?i)\b(?:{names})\b", text)
