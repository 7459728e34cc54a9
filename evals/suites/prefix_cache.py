"""What six questions about one image cost a server's prefix cache: image first (errata's order) or question first.

    python -m evals prefix_cache [--out evals/results/prefix_cache.json]

A real vLLM serves a LLaVA with random weights whose image takes 576 tokens. Counted is what the server itself says it
computed: prompt tokens less those found in its prefix cache. The six questions are sent one after another and together.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
import urllib.request
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from errata.prompts import load
from errata.testing import MemoryCalls
from errata.tools.judging.backends.capabilities import Thinking
from errata.tools.judging.backends.server import ServerModel
from errata.tools.judging.bank.bank import PRESENCE
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.door import Door
from errata.tools.judging.images.images import ItemImage
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.protocols.question_bank import ANSWERS, PROMPT_ID
from errata.tools.judging.reading.closed_question import ClosedQuestion, lay_out_for, put
from errata.types import Item, LabelSpace, sha_of
from evals.result import write_result
from evals.servers.large_judge import CONTEXT, SEED, picture, save_large
from evals.servers.vllm_server import VllmServer

LABELS = ("zero", "one", "two")
IMAGES = 5
BLOCK = 32
COUNTERS = ("prompt_tokens", "prefix_cache_hits", "mm_cache_queries", "mm_cache_hits")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("evals/results/prefix_cache.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        save_large(Path(folder) / "large")
        flags = ("--max-model-len", str(CONTEXT), "--block-size", str(BLOCK))
        with VllmServer(Path(folder) / "large", *flags) as server:
            figures = asyncio.run(compare(server))
    for name, row in figures["orders"].items():
        print(name, row)
    write_result(options.out, {**figures, "images": IMAGES, "block_size": BLOCK}, seed=SEED)


class Turned(ServerModel):
    """The same server, asked with the image last, which errata does not do."""

    def body(self, request: ChatRequest, thinking: Thinking | None = None) -> dict[str, Any]:
        *before, last = request.messages
        turned = {**last, "content": [*last["content"][1:], last["content"][0]]}
        return super().body(replace(request, messages=(*before, turned)), thinking)


async def compare(server: VllmServer) -> dict[str, Any]:
    """Order -> the server's counts, summed over all images."""
    noise = np.random.default_rng(SEED)
    orders = {
        "image first, one by one": (ServerModel, False),
        "question first, one by one": (Turned, False),
        "image first, together": (ServerModel, True),
        "question first, together": (Turned, True),
    }
    found = {}
    for name, (kind, together) in orders.items():
        model = kind(server.model, server.url)
        door = Door(model, MemoryCalls(), Budget())
        before = counters(server.url)
        for idx in range(IMAGES):
            item = Item.of(idx, str(idx), sha_of([name, idx]), None, None, picture(noise))
            await ask(door, questions_about(item), together)
        after = counters(server.url)
        await door.close()
        row = {counter: int(after[counter] - before[counter]) for counter in COUNTERS}
        found[name] = row | {"computed": row["prompt_tokens"] - row["prefix_cache_hits"]}
    share = {
        together: round(
            found[f"image first, {together}"]["computed"] / found[f"question first, {together}"]["computed"], 3
        )
        for together in ("one by one", "together")
    }
    return {"orders": found, "computed_image_first_of_question_first": share}


async def ask(door: Door, questions: Sequence[ClosedQuestion], together: bool) -> None:
    for group in [questions] if together else [[question] for question in questions]:
        answers = await put(door, group)
        assert answers.problem is None, answers.problem


def questions_about(item: Item) -> list[ClosedQuestion]:
    shared, prompt = ItemImage.of(item), load(PROMPT_ID)
    options = lay_out_for(PROMPT_ID, ANSWERS, "letters", LabelSpace(LABELS))
    texts = [text.format(label=label) for label in LABELS for text in PRESENCE]
    return [ClosedQuestion(prompt, item, shared, options, "", {"question": text}) for text in texts]


def counters(url: str) -> dict[str, float]:
    """The server's own counts since its start."""
    with urllib.request.urlopen(url.removesuffix("/v1") + "/metrics", timeout=30) as response:  # noqa: S310  our own server
        text = response.read().decode()
    return {
        name: sum(float(value) for value in re.findall(rf"^vllm:{name}_total(?:{{.*}})? (\S+)$", text, re.MULTILINE))
        for name in COUNTERS
    }
