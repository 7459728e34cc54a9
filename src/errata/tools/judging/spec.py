"""Turn what a user types after --judge into a model."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from importlib.resources import files
from pathlib import Path

from errata.errors import SetupError
from errata.settings import without_secrets
from errata.tools.judging.backends.replay import RecordedCalls, ReplayModel
from errata.tools.judging.chat import ChatModel

FORMS = """A judge is one of
  MODEL@http://HOST:PORT/v1   a model on an OpenAI-compatible server (vLLM, llama.cpp, ...)
  FOLDER                      a transformers model on disk (needs errata-labels[local])
  hf:ORG/NAME                 a transformers model from the Hugging Face hub, downloaded (needs errata-labels[local])
  vllm:FOLDER, vllm:ORG/NAME  the same, run by the vLLM engine in this process (needs errata-labels[vllm])
  demo                        the tiny judge of the demo: it knows digits only (needs errata-labels[local])
  replay:RUN_FOLDER           only what an earlier run recorded; replay:RUN_FOLDER#MODEL if it had several judges"""

ON_A_SERVER = re.compile(r"(?P<model>.+?)@(?P<url>https?://.+)", re.IGNORECASE)


def check_forms(specs: Iterable[str]) -> None:
    """SetupError, listing the valid forms, if one of ``specs`` names no judge; nothing is opened or asked."""
    for spec in specs:
        kind, _, rest = spec.partition(":")
        known = ON_A_SERVER.fullmatch(spec) or (kind in ("replay", "hf", "vllm") and rest) or spec == "demo"
        if not (known or (spec and Path(spec).is_dir())):
            raise _names_no_judge(spec)


def model_name(spec: str) -> str:
    """The name its calls are recorded under, if that is known before it is opened; otherwise what was typed."""
    if server := ON_A_SERVER.fullmatch(spec):
        return server["model"]
    kind, _, rest = spec.partition(":")
    folder = _demo() if spec == "demo" else Path(rest if kind == "vllm" else spec)
    if folder.is_dir():
        from errata.tools.judging.backends.folder import find

        return find(str(folder))[1]
    return rest.partition("#")[2] or spec if kind == "replay" else spec


def open_model(
    spec: str,
    *,
    panel: Sequence[str] = (),
    allow_host: Collection[str] = (),
    open_recorded: Callable[[Path], RecordedCalls] | None = None,
) -> ChatModel:
    """Open the model that ``spec`` names. SetupError, listing the valid forms, if it names none.

    ``panel``: all judges of the run, since a server's key depends on them. ``allow_host`` are hosts outside private
    networks that the user allowed; ``open_recorded`` opens the calls of another run folder.
    """
    if server := ON_A_SERVER.fullmatch(spec):
        servers = [found["model"] for found in map(ON_A_SERVER.fullmatch, panel) if found]
        return _on_server(server["model"], server["url"], servers, allow_host)
    kind, _, rest = spec.partition(":")
    if kind == "replay" and rest and open_recorded is not None:
        folder, _, model = rest.partition("#")
        return ReplayModel(open_recorded(Path(folder)), model or None)
    if kind == "hf" and rest:
        return _in_process(rest, download=True)
    if kind == "vllm" and rest:
        return _in_engine(rest, download=not Path(rest).is_dir())
    if spec == "demo":
        return _in_process(str(_demo()))
    if spec and Path(spec).is_dir():
        return _in_process(spec)
    raise _names_no_judge(spec)


def _demo() -> Path:
    return Path(str(files("errata.demo") / "tiny_judge"))


def _names_no_judge(spec: str) -> SetupError:
    return SetupError(f"{without_secrets(spec)} names no judge, and no such folder exists. {FORMS}")


def _on_server(model: str, url: str, panel: Sequence[str], allow_host: Collection[str]) -> ChatModel:
    from errata.tools.judging.backends.hosts import api_base, check_host
    from errata.tools.judging.backends.keys import key_of
    from errata.tools.judging.backends.server import ServerModel

    addresses = check_host(url, allow_host)
    return ServerModel(model, api_base(url), key=key_of(model, panel), addresses=addresses)


def _in_process(source: str, *, download: bool = False) -> ChatModel:
    from errata.tools.judging.backends.local import LocalModel

    return LocalModel(source, download=download)


def _in_engine(source: str, *, download: bool) -> ChatModel:
    from errata.tools.judging.backends.engine import EngineModel

    return EngineModel(source, download=download)
