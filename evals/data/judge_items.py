"""Items to ask a judge about, whose answers do not matter."""

from __future__ import annotations

import io
import random

import numpy as np
from PIL import Image

from errata.types import Item, LabelSpace, sha_of

SEED = 0
LABELS = tuple(f"topic number {n}" for n in range(10))
SPACE = LabelSpace(LABELS)
WORDS = ("market", "team", "court", "launch", "review", "storm", "vaccine", "election", "budget", "trade", "orbit")
IMAGE_BYTES = 20_000


def make_items(content: str, number: int) -> list[Item]:
    """Texts of about 400 characters, or different images of about 20 KB."""
    rng = random.Random(SEED)
    noise = np.random.default_rng(SEED)
    items = []
    for idx in range(number):
        text = " ".join(rng.choices(WORDS, k=58)) if content == "text" else None
        image = _image(noise) if content == "image" else None
        items.append(Item.of(idx, str(idx), sha_of([content, idx]), LABELS[idx % 10], text, image))
    return items


def _image(rng: np.random.Generator) -> bytes:
    side = int((IMAGE_BYTES / 3) ** 0.5)  # noise does not compress
    file = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (side, side, 3), dtype=np.uint8)).save(file, "PNG", compress_level=0)
    return file.getvalue()
