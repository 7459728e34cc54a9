"""Whether a model sees: a server may accept a picture and never look at it."""

from __future__ import annotations

import io
from itertools import combinations

from errata.errors import ModelRefused
from errata.prompts import Message, image_part
from errata.tools.judging.chat import ChatReply
from errata.tools.judging.doctor.report import Finding
from errata.tools.judging.doctor.subject import WITH_LOG_PROBS, Subject, distance

COLOR = "What color is this picture? Answer with one word."
SIDE = 64
TIMES = 3
FAR = 1e-4
"""A smaller difference between the two pictures means that it does not see, on an exact server. On others the noise
decides."""


async def images(subject: Subject) -> Finding:
    """Two plain pictures, in turn: a model that sees gives more similar answers to one picture than to two."""
    name = "images"
    try:
        turns = [(await _look_at(subject, "red"), await _look_at(subject, "blue")) for _ in range(TIMES)]
    except ModelRefused as refused:
        return Finding(name, "no", f"refused: it can judge text only ({refused})")
    reds, blues = zip(*turns, strict=True)
    noise = max(distance(a, b) for same in (reds, blues) for a, b in combinations(same, 2))
    if min(distance(red, blue) for red in reds for blue in blues) <= max(FAR, noise):
        return Finding(name, "no", "taken but not seen: a red and a blue picture get the same answer. Text only")
    if "red" in reds[0].text.casefold() and "blue" in blues[0].text.casefold():
        return Finding(name, "ok", "it sees: it names the colors of a red and a blue picture")
    return Finding(name, "ok", "a red and a blue picture change its answer, but it does not name their colors")


async def uuid(subject: Subject) -> Finding:
    """vLLM's reference to a picture it has seen before."""
    name = "image uuid"
    try:
        await subject.ask(COLOR, images=[_plain("red", uuid=True)])
    except ModelRefused as refused:
        return Finding(
            name, "no", f"refused, and will be left out: pictures are read again for every question ({refused})"
        )
    return Finding(name, "ok", "taken: a server that knows the field reads a picture once for all questions about it")


async def _look_at(subject: Subject, color: str) -> ChatReply:
    return await subject.ask(COLOR, images=[_plain(color)], **WITH_LOG_PROBS)


def _plain(color: str, *, uuid: bool = False) -> Message:
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (SIDE, SIDE), color).save(file, "PNG")
    part = image_part(file.getvalue())
    return part if uuid else {name: value for name, value in part.items() if name != "uuid"}
