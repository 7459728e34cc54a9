"""What a user types after --judge."""

from __future__ import annotations

from pathlib import Path

import pytest

from errata.errors import SetupError
from errata.testing import MemoryCalls
from errata.tools.judging.backends.server import ServerModel
from errata.tools.judging.spec import model_name, open_model


@pytest.mark.parametrize(
    ("spec", "model", "base_url"),
    [
        ("Qwen/Qwen3-VL-8B@http://localhost:8000/v1", "Qwen/Qwen3-VL-8B", "http://localhost:8000/v1"),
        ("m@http://localhost:8000", "m", "http://localhost:8000/v1"),
        ("m@http://localhost:8000/v1/", "m", "http://localhost:8000/v1"),
        ("m@http://localhost:8000/v1/chat/completions", "m", "http://localhost:8000/v1"),
        ("org/m@2024@http://127.0.0.1/openai/v1", "org/m@2024", "http://127.0.0.1/openai/v1"),
    ],
)
def test_a_model_on_a_server_is_named_before_its_address(spec: str, model: str, base_url: str) -> None:
    found = open_model(spec)
    assert isinstance(found, ServerModel)
    assert (found.name, found.base_url) == (model, base_url)


def test_a_public_server_needs_to_be_allowed() -> None:
    with pytest.raises(SetupError, match="--allow-host"):
        open_model("m@http://8.8.8.8/v1")
    assert open_model("m@http://8.8.8.8/v1", allow_host=("8.8.8.8",)).name == "m"


def test_a_replay_opens_the_calls_of_the_run_it_names() -> None:
    opened: list[Path] = []

    class Recorded(MemoryCalls):
        def models(self) -> list[str]:
            return ["one", "two"]

    def open_recorded(folder: Path) -> Recorded:
        opened.append(folder)
        return Recorded()

    assert open_model("replay:some/run.errata#two", open_recorded=open_recorded).name == "two"
    assert opened == [Path("some/run.errata")]


@pytest.mark.parametrize("spec", ["gpt-oss", "http://localhost:8000/v1", "replay:", "hf:", "", "@http://localhost/v1"])
def test_anything_else_gets_the_list_of_forms(spec: str) -> None:
    with pytest.raises(SetupError, match=r"names no judge(.|\n)*MODEL@http://HOST:PORT/v1"):
        open_model(spec)


def test_a_folder_without_a_model_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"a pickle could run anything")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(SetupError, match=r"config.json and \*.safetensors are needed"):
        open_model(str(tmp_path))


def test_a_judge_is_known_by_the_name_that_it_will_have() -> None:
    assert model_name("a model@http://127.0.0.1:1/v1") == "a model"
    assert model_name("replay:mail.errata#a model") == "a model"
    assert model_name("hf:ORG/NAME") == "hf:ORG/NAME", "nothing is downloaded to find out"
    assert model_name("demo") == open_model("demo").name
