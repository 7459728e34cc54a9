"""Real vLLM servers. If one does not start, the test fails with the end of its log; no test is skipped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from evals.servers.vllm_server import VllmServer
from tests.servers.text_model import build_text_model


@pytest.fixture(scope="session")
def tiny_judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped tiny judge, copied to a folder, so that all backends get the same files."""
    folder = tmp_path_factory.mktemp("images") / "tiny_judge"
    with as_file(files("errata.demo") / "tiny_judge") as shipped:
        shutil.copytree(shipped, folder)
    return folder


@pytest.fixture(scope="session")
def text_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_text_model(tmp_path_factory.mktemp("texts") / "text_model")


@pytest.fixture(scope="session")
def image_server(tiny_judge: Path) -> Iterator[VllmServer]:
    with VllmServer(tiny_judge) as server:
        yield server


@pytest.fixture(scope="session")
def text_server(text_model: Path) -> Iterator[VllmServer]:
    with VllmServer(text_model) as server:
        yield server
