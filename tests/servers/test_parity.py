"""The same panel through a server, the engine in process and transformers: the same prompts, the same verdicts."""

from __future__ import annotations

import asyncio
import json
import math
import subprocess
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from errata.testing import FakeChat, MemoryCalls
from errata.tools.judging.backends.weights import Weights
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.door import Door
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.spec import open_model
from evals.servers.vllm_server import VllmServer, vllm_environment, vllm_python
from tests.servers import panel
from tests.servers.panel import answers, ask, cases, digit_items, text_items

NEAR = 1e-3
"""The largest difference in log-probability. Answers less likely than a few in a million may differ more: a server's
constraint allows any tokens that spell an answer, and transformers only the tokenizer's."""

NEGLIGIBLE = 1e-5
"""Probabilities below this may differ."""


def requests() -> list[ChatRequest]:
    """Everything that the panel asks about images."""

    async def main() -> list[ChatRequest]:
        items, model = digit_items(4), FakeChat(lambda request: request.choices[0])
        door = Door(model, MemoryCalls(), Budget())
        for case in cases(items):
            await ask(door, case, items)
        await door.close()
        return model.requests

    return asyncio.run(main())


def tokenized(server: VllmServer, request: ChatRequest) -> list[int]:
    """The prompt as the server sees it: an image has one token per patch."""
    body = json.dumps({"model": server.model, "messages": request.messages, "add_generation_prompt": True})
    url = server.url.removesuffix("/v1") + "/tokenize"
    asked = urllib.request.Request(url, body.encode(), {"Content-Type": "application/json"})  # noqa: S310  our own server
    with urllib.request.urlopen(asked) as response:  # noqa: S310  our own server
        tokens: list[int] = json.load(response)["tokens"]
    return tokens


@pytest.fixture(scope="module")
def by_server(image_server: VllmServer) -> list[dict[str, Any]]:
    return asyncio.run(answers(open_model(image_server.spec), digit_items(4)))


@pytest.fixture(scope="module")
def by_transformers(tiny_judge: Path) -> list[dict[str, Any]]:
    return asyncio.run(answers(open_model(str(tiny_judge)), digit_items(4)))


@pytest.fixture(scope="module")
def by_engine(tiny_judge: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    python, out = vllm_python(), tmp_path_factory.mktemp("engine") / "verdicts.json"
    command = [str(python), panel.__file__, f"vllm:{tiny_judge}", "IMAGES", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, env=vllm_environment(python))
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(out.read_text(encoding="utf-8"))
    return found


def test_server_and_transformers_read_the_same_prompts(image_server: VllmServer, tiny_judge: Path) -> None:
    weights = Weights(tiny_judge, "tiny_judge")
    side = json.loads((tiny_judge / "config.json").read_text(encoding="utf-8"))["vision_config"]["image_size"]
    asked = requests()
    assert len(asked) > 100
    for request in asked:
        inputs = weights.inputs([request])
        assert tuple(inputs["pixel_values"].shape[-2:]) == (side, side)
        assert tokenized(image_server, request) == inputs["input_ids"][0].tolist()


@pytest.mark.parametrize("backend", ["by_server", "by_engine"])
def test_images_get_the_same_verdicts(
    backend: str, by_transformers: list[dict[str, Any]], request: pytest.FixtureRequest
) -> None:
    check_same(request.getfixturevalue(backend), by_transformers)


def test_texts_get_the_same_verdicts_by_letter(text_server: VllmServer, text_model: Path) -> None:
    # Random weights spell names in unusual tokens, so their answers by name depend only on the constraint.
    served, local = (
        [row for row in asyncio.run(answers(open_model(spec), text_items())) if row["case"][1] == "letters"]
        for spec in (text_server.spec, str(text_model))
    )
    letters = [row["case"][0] != "open_answer" for row in served]  # always answered by name
    check_same(
        [row for row, kept in zip(served, letters, strict=True) if kept],
        [row for row, kept in zip(local, letters, strict=True) if kept],
    )


def check_same(ones: list[dict[str, Any]], others: list[dict[str, Any]]) -> None:
    assert ones
    for one, other in zip(ones, others, strict=True):
        assert one["case"] == other["case"]
        assert one["tokens_in"] == other["tokens_in"]  # images too are seen in the same size
        assert one["said"] == other["said"]
        assert one["log_probs"]
        assert far_apart(one["log_probs"], other["log_probs"]) == {}, one["case"]


def far_apart(ones: Mapping[str, float], others: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    assert set(ones) == set(others)
    pairs = {key: (ones[key], others[key]) for key in ones}
    return {
        key: (a, b)
        for key, (a, b) in pairs.items()
        if abs(a - b) > NEAR and abs(math.exp(a) - math.exp(b)) > NEGLIGIBLE
    }
