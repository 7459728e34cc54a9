"""Prompts as versioned files: one folder each, ``v1.md`` never changes once published.

A file has three parts: ``## system``, ``## item`` (the data), and ``## question`` (what is asked about it). The item
comes before the question, with its image first, so that a server's prefix cache pays for the item once.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from errata.prompts.options import Option
from errata.prompts.quoting import escaped, quoted
from errata.types import Item, PromptRef

if TYPE_CHECKING:
    from jinja2 import Environment, Template

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Prompt:
    """One published version of one prompt."""

    ref: PromptRef
    parts: dict[str, str]

    @classmethod
    def of(cls, prompt_id: str, source: str, version: str = "v1") -> Prompt:
        """From its text, which has the three parts; a changed text needs a new version."""
        sha = hashlib.sha256(source.encode()).hexdigest()
        return cls(PromptRef(prompt_id, version, sha), dict(zip(PARTS, _split(source), strict=True)))

    def render(
        self, item: Item, options: Sequence[Option], guideline: str = "", *, text_only: bool = False, **slots: object
    ) -> list[Message]:
        """Chat messages in the OpenAI form. An undefined name in the template is an error, never an empty string.

        ``text_only``: without the item's images. ``slots`` are what this prompt needs besides item, options, and
        guideline.
        """
        values = {
            **slots,
            "text": shown_text(item),
            "guideline": quoted(guideline.strip()) if guideline.strip() else "",
            "options": options,
            "aliased": any(option.alias for option in options),
        }
        # The system part is the same for all items; item and question are one template, because rendering dominates the
        # cost of a cached call.
        turn = _template(self.parts["item"] + self.parts["question"]).render(values).strip()
        content = [{"type": "text", "text": turn}]
        messages: list[Message] = [
            {"role": "system", "content": self.parts["system"].strip()},
            {"role": "user", "content": content},
        ]
        return messages if text_only else with_images(messages, *image_parts(item))


def shown_text(item: Item) -> str | Mapping[str, str] | None:
    """What a template says the item is: its text, or its texts by name if the item has more than one part."""
    if len(item.parts) <= 1:
        return item.text
    return {part.name: part.text for part in item.texts if part.text is not None} or None


PARTS = ("system", "item", "question")


@cache
def load(prompt_id: str, version: str = "v1") -> Prompt:
    return Prompt.of(
        prompt_id, files(__name__).joinpath(prompt_id, f"{version}.md").read_text(encoding="utf-8"), version
    )


@cache
def _template(source: str) -> Template:
    """Compiled once: compiling takes fifty times as long as rendering, and a run renders thousands of prompts."""
    return _environment().from_string(source)


def with_images(messages: Sequence[Message], *parts: Message) -> list[Message]:
    """The same messages, with the image parts before the rest of the user's turn."""
    *before, last = messages
    return [*before, {**last, "content": [*parts, *last["content"]]}]


def image_parts(item: Item) -> list[Message]:
    """The item's images as parts of a turn; each after its name if the item has more than one part."""
    named = len(item.parts) > 1
    return [
        part
        for image in item.images
        for part in ([image_name(image.name)] if named else []) + [image_part(image.image or b"")]
    ]


def image_name(name: str, whose: str = "") -> Message:
    """What a turn says before an image: its column's name, and ``whose`` it is."""
    return {"type": "text", "text": f"Image {quoted(name)}{whose}:"}


def image_part(image: bytes) -> Message:
    """An encoded image as a part of a turn. ``uuid`` is a hash of its bytes: a server that has seen it (vLLM) need not
    read it again."""
    kind = "jpeg" if image.startswith(b"\xff\xd8") else "png"
    url = f"data:image/{kind};base64,{base64.b64encode(image).decode()}"
    return {"type": "image_url", "image_url": {"url": url}, "uuid": hashlib.sha256(image).hexdigest()}


def _split(source: str) -> list[str]:
    for part in PARTS:
        source = source.replace(f"## {part}\n", "\0", 1)
    return source.split("\0")[1:]


@cache
def _environment() -> Environment:
    from jinja2 import Environment, StrictUndefined  # needed only to ask a judge

    # Templates are files of this package only, so there is no sandbox, which takes a third of the rendering time: item
    # content is a value in them. Their output is not HTML. Whatever a template does with a value, its special marks are
    # escaped.
    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701
        finalize=_no_marks,
    )
    environment.filters["json"] = quoted
    environment.filters["json_list"] = lambda texts: ", ".join(map(quoted, texts))
    return environment


def _no_marks(value: object) -> object:
    return escaped(value) if type(value) is str else value
