"""An embedder of one part of items that have several: the subject of a mail, the photo of an offer."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Literal

from errata.tools.features.embedder import CountProgress, Embedder, RemarksOnTexts
from errata.types import F32, Item, Part


class OfPart:
    """``embedder``, shown nothing but the part of this name. Where an item lacks it, an empty text or a blank image
    stands for it, so that all that lack it are alike."""

    def __init__(self, part: str, kind: Literal["text", "image"], embedder: Embedder) -> None:
        self.part, self.kind, self.embedder = part, kind, embedder
        self.strength, self.per_item = embedder.strength, embedder.per_item

    @property
    def name(self) -> str:
        return f"{self.embedder.name} of {self.part}"

    def embed(self, items: Sequence[Item], progress: CountProgress | None = None) -> F32:
        return self.embedder.embed(list(self._only(items)), progress)

    def remarks(self, items: Iterable[Item], count: int) -> tuple[str, ...]:
        return self.embedder.remarks(self._only(items), count) if isinstance(self.embedder, RemarksOnTexts) else ()

    def _only(self, items: Iterable[Item]) -> Iterator[Item]:
        nothing = Part(self.part, text="") if self.kind == "text" else Part(self.part, image=_blank())
        for item in items:
            part = next((part for part in item.parts if part.name == self.part), nothing)
            yield replace(item, parts=(part,))


@cache
def _blank() -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (64, 64), "white").save(out, "PNG")
    return out.getvalue()
