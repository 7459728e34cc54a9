"""The vLLM engine as far as it goes without vLLM; tests/servers runs it."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from pathlib import Path

import pytest

from errata.errors import SetupError
from errata.tools.judging.backends.engine import EngineModel
from errata.tools.judging.backends.local import LocalModel
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.spec import open_model
from tests.tools.judging.backends.tiny_models import language_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return language_model(tmp_path_factory.mktemp("language"))


def test_the_same_weights_are_the_same_judge_whatever_runs_them(folder: Path) -> None:
    found = open_model(f"vllm:{folder}")
    assert isinstance(found, EngineModel)
    assert found.name == LocalModel(str(folder)).name


def test_a_folder_without_a_model_is_refused_before_vllm_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="holds no transformers model"):
        open_model(f"vllm:{tmp_path}")


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vLLM is installed here")
def test_without_vllm_it_says_what_to_install(folder: Path) -> None:
    async def ask() -> None:
        model = EngineModel(str(folder))
        try:
            await model.complete(ChatRequest(({"role": "user", "content": "cat?"},), ("yes", "no"), 4))
        finally:
            await model.close()

    with pytest.raises(SetupError, match=r"errata-labels\[vllm\]"):
        asyncio.run(ask())
