"""A judge in this process: requests that wait are answered together, in one worker thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from errata.errors import DataError, ModelRefused, SetupError, missing_extra
from errata.tools.judging.backends.weights import Weights, fingerprint
from errata.tools.judging.chat import ChatReply, ChatRequest
from errata.tools.judging.grouped import Grouped

BATCH = 32
WAIT_S = 0.005

FILES = ("*.json", "*.safetensors", "*.jinja", "*.txt", "*.model")


class LocalModel:
    """A transformers model in ``source``, a folder; with ``download``, a name on the Hugging Face hub.

    It is loaded when it is first asked something, so a run whose answers are all recorded never loads it. ``name``
    ends in a hash of the files: other weights are another judge.
    """

    limit = 2 * BATCH

    def __init__(self, source: str, *, download: bool = False) -> None:
        self._folder = _fetch(source) if download else Path(source).resolve()
        if not any(self._folder.glob("*.safetensors")) or not (self._folder / "config.json").exists():
            raise SetupError(f"{source} holds no transformers model: config.json and *.safetensors are needed.")
        self.name = f"{source if download else self._folder.name}@{fingerprint(self._folder)}"
        self._weights: Weights | None = None
        self._thread = ThreadPoolExecutor(1, "errata-model")
        self._grouped = Grouped[ChatRequest, ChatReply | ModelRefused](
            self._answer, self._thread, wait_s=WAIT_S, most=BATCH
        )

    async def complete(self, request: ChatRequest) -> ChatReply:
        """The reply. ModelRefused for a prompt too long, or an image that the model cannot read."""
        reply = await self._grouped(request)
        if isinstance(reply, ModelRefused):
            raise reply
        return reply

    async def close(self) -> None:
        self._thread.shutdown()
        self._weights = None

    def _answer(self, requests: list[ChatRequest]) -> list[ChatReply | ModelRefused]:
        if self._weights is None:
            self._weights = Weights(self._folder, self.name)
        return _in_halves(self._weights.answer, requests)


def _in_halves(
    answer: Callable[[Sequence[ChatRequest]], list[ChatReply]], requests: Sequence[ChatRequest]
) -> list[ChatReply | ModelRefused]:
    """A group that fails is halved until the request at fault stands alone, or the rest fits into memory."""
    try:
        return list(answer(requests))
    except (DataError, ValueError, IndexError, RuntimeError) as error:
        if len(requests) == 1:
            return [ModelRefused(f"the model could not read this request: {error}")]
    middle = len(requests) // 2
    return _in_halves(answer, requests[:middle]) + _in_halves(answer, requests[middle:])


def _fetch(name: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError
    except ImportError:
        raise missing_extra("transformers", "local") from None
    try:
        return Path(snapshot_download(name, allow_patterns=list(FILES)))
    except (OSError, HfHubHTTPError, HFValidationError) as error:
        raise SetupError(f"{name!r} could not be fetched from the Hugging Face hub: {error}") from error
