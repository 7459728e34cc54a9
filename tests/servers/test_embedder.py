"""Vectors from a real vLLM that serves all-MiniLM-L6-v2 in pooling mode."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from errata.errors import ModelError
from errata.tools.features.minilm import MiniLM, model_folder
from errata.tools.features.served_model import ServedModel
from errata.types import Item
from evals.servers.vllm_server import VllmServer
from tests.topics import write_topics

TEXTS = (
    "A cat sat on the mat.",
    "Ünïcödé 漢字 🎉",
    "",
    "Oil prices rose after the minister spoke. " * 10,
)
LONG = ("The striker scored twice in the final. " * 60, "漢字の本 " * 400)
"""The second has more tokens than characters: the server refuses its pieces as too long at first."""


@pytest.fixture(scope="module")
def pooling_server() -> Iterator[VllmServer]:
    with VllmServer(model_folder(), "--runner", "pooling", "--no-enable-prefix-caching") as server:
        yield server


def items(texts: tuple[str, ...]) -> list[Item]:
    return [Item.of(n, f"id{n}", "", None, text=text) for n, text in enumerate(texts)]


def test_vectors_are_those_of_sentence_transformers(pooling_server: VllmServer) -> None:
    served, own = ServedModel(pooling_server.model, pooling_server.url, "text"), MiniLM()
    written = [item for item in items(TEXTS) if item.text]
    np.testing.assert_allclose(served.embed(written), own.embed(written), atol=1e-3)
    assert not served.embed(items(TEXTS))[2].any()
    cosines = np.sum(served.embed(items(LONG)) * own.embed(items(LONG)), axis=1)
    assert cosines.min() > 0.8  # in shorter pieces
    assert served.name == ServedModel(pooling_server.model, pooling_server.url, "text").name
    with pytest.raises(ModelError, match=r"has no model 'modal' \(nearest: 'model'\)"):
        ServedModel("modal", pooling_server.url, "text").embed(written)


def test_a_scan_embeds_by_the_server_once(pooling_server: VllmServer, tmp_path: Path) -> None:
    data = tmp_path / "texts.csv"
    write_topics(data, rows=60, wrong=6)
    command = [str(Path(sys.executable).with_name("errata")), "scan", str(data), "--text", "message", "--id", "id"]
    command += ["--label", "topic", "--embedder", pooling_server.spec, "--json"]
    scanned = subprocess.run(command, capture_output=True, text=True)
    assert scanned.returncode == 0, scanned.stderr
    assert pooling_server.spec.replace("@", " at ") in scanned.stdout
    assert json.loads(scanned.stdout)["items"] == 60
