"""The vLLM engine in this process: continuous batching without a server."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from errata.errors import ModelError, SetupError, missing_extra
from errata.tools.judging.backends.constrained import by_text
from errata.tools.judging.backends.in_process import InProcessModel
from errata.tools.judging.chat import ChatReply, ChatRequest, TokenChoice

GROUP = 512
"""Enough for the engine to fill its own batches: it starts one request as soon as another ends."""

ENVIRONMENT = {
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # a separate process would run the user's script a second time
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",  # stdout belongs to --json
}


class EngineModel(InProcessModel):
    """A model run by vLLM."""

    def __init__(self, source: str, *, download: bool = False) -> None:
        super().__init__(source, download=download, group=GROUP)

    def load(self, folder: Path) -> Engine:
        return Engine(folder, self.name)


class Engine:
    """Loaded from ``folder``: safetensors only, none of the model's own code, no usage statistics."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._llm = _load(folder)

    def answer(self, requests: Sequence[ChatRequest]) -> list[ChatReply]:
        """One reply per request. ValueError if any of them is at fault, ModelError if the engine failed."""
        from vllm.exceptions import VLLMClientError

        started = time.perf_counter()
        try:
            outputs = self._llm.chat(
                [list(request.messages) for request in requests],
                [_sampling(request) for request in requests],
                use_tqdm=False,
            )
        except (VLLMClientError, ValueError, OSError) as error:
            self._check(error)
            raise ValueError(str(error)) from error
        except RuntimeError as error:
            self._check(error)
            raise
        ms = (time.perf_counter() - started) * 1000
        return [self._reply(output, ms) for output in outputs]

    def _check(self, error: Exception) -> None:
        """A faulty request is rejected before the engine takes a step; if requests are left unfinished, the engine
        itself failed."""
        if self._llm.llm_engine.has_unfinished_requests():
            raise ModelError(
                f"The vLLM engine failed at work: {error}. Everything finished is kept; run again to go on."
            ) from error

    def _reply(self, output: Any, ms: float) -> ChatReply:
        answer = output.outputs[0]
        return ChatReply(
            text=answer.text,
            tokens=_tokens(answer.token_ids, answer.logprobs or []) or None,
            tokens_in=len(output.prompt_token_ids),
            tokens_out=len(answer.token_ids),
            ms=ms,
            model=self.name,
        )


def _sampling(request: ChatRequest) -> Any:
    from vllm.sampling_params import SamplingParams, StructuredOutputsParams

    constraint: dict[str, Any] = {}
    if request.choices:
        constraint = {"choice": list(request.choices)}
    elif request.schema is not None:
        constraint = {"json": dict(request.schema)}
    return SamplingParams(
        temperature=request.temperature,
        seed=0,
        max_tokens=request.max_tokens,
        logprobs=request.top_logprobs,
        structured_outputs=StructuredOutputsParams(**constraint) if constraint else None,
    )


def _tokens(said: Sequence[int], positions: Sequence[Any]) -> tuple[TokenChoice, ...]:
    """The answer token by token, including its end; what the constraint ruled out has no mass."""
    return tuple(
        TokenChoice(top[token].decoded_token or "", by_text([(t.decoded_token or "", t.logprob) for t in top.values()]))
        for token, top in zip(said, positions, strict=True)
    )


def _load(folder: Path) -> Any:
    for name, value in ENVIRONMENT.items():  # read when vLLM is imported
        os.environ.setdefault(name, value)
    try:
        from vllm import LLM
        from vllm.platforms import current_platform
    except ImportError:
        raise missing_extra("vllm", "vllm") from None
    try:
        return LLM(
            model=str(folder),
            load_format="safetensors",
            trust_remote_code=False,
            dtype="float32" if current_platform.is_cpu() else "auto",
            structured_outputs_config={"backend": "xgrammar", "disable_any_whitespace": True},
            use_tqdm_on_load=False,
            seed=0,
        )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise SetupError(f"vLLM cannot run the model in {folder}: {error}") from error
