"""A server that makes vectors, by OpenAI's /v1/embeddings: vLLM's pooling models first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from errata.errors import ModelError, ModelRefused
from errata.tools.features.embedder import unit_rows
from errata.tools.judging.backends.failures import Failure, failure
from errata.tools.judging.backends.keys import Key, variable_of
from errata.tools.judging.backends.offered import context_tokens, no_model, offered
from errata.tools.judging.backends.transport import ATTEMPTS, RetryableError, Transport, retries
from errata.types import F32

AT_ONCE = 4
TIMEOUT_S = 300.0


class EmbeddingsServer:
    """Asks ``model`` at ``base_url`` (ending in /v1). ``addresses`` are those of its host that passed ``check_host``.

    Its key is only that of its own variable, ERRATA_API_KEY_NAME: the plain one may be meant for a judge elsewhere.
    """

    def __init__(self, model: str, base_url: str, addresses: Sequence[str], first_wait_s: float = 0.5) -> None:
        self.model, self.base_url, self.where = model, base_url, f"{model} at {base_url}"
        self._key, self._first_wait_s = Key((variable_of(model),)), first_wait_s
        self._transport = Transport(base_url, limit=AT_ONCE, timeout_s=TIMEOUT_S, key=self._key, addresses=addresses)

    async def vectors(self, asked: dict[str, Any], count: int) -> F32:
        """f32[count, D], rows of length 1, for one request, with retries if they may help. Raises ModelRefused if the
        server does not take what was asked, ModelError if it does not work."""
        try:
            async for attempt in retries(self._first_wait_s):
                with attempt:
                    return await self._try(asked, count)
        except RetryableError as last:
            raise ModelError(
                f"{self.where} failed {ATTEMPTS} times in a row: {last}. Is the server all right? Finished vectors are "
                "kept; run again to go on."
            ) from None
        raise AssertionError("stamina returns or raises")

    async def reads_tokens(self) -> int | None:
        """How many tokens the model reads; None if the server does not tell."""
        return await context_tokens(self._transport, self.model)

    async def close(self) -> None:
        await self._transport.close()

    async def _try(self, asked: dict[str, Any], count: int) -> F32:
        body = {"model": self.model, "encoding_format": "float", **asked}
        status, headers, sent = await self._transport.send("POST", "/embeddings", body)
        if status != 200:
            raise await self._error(failure(status, headers, sent), headers)
        try:
            rows = sorted(json.loads(sent)["data"], key=lambda row: row["index"])
            vectors_ND = np.array([row["embedding"] for row in rows], np.float32)
        except (ValueError, KeyError, TypeError):
            vectors_ND = np.empty(0, np.float32)
        if vectors_ND.ndim != 2 or len(vectors_ND) != count or not np.isfinite(vectors_ND).all():
            said = failure(status, headers, sent).said
            raise ModelError(f"{self.where} sent no {count} vectors of finite numbers. It said: {said}")
        return unit_rows(vectors_ND)

    async def _error(self, found: Failure, headers: Mapping[str, str]) -> ModelError:
        status, said = found.status, found.said
        if error := self._transport.error(self.where, found, headers):
            return error
        if status == 404:
            names = await offered(self._transport)
            if self.model not in names:
                return no_model(self.base_url, self.model, names, said)
            return ModelError(f"{self.where} makes no vectors (HTTP 404). vLLM serves them with --runner pooling.")
        return ModelRefused(f"HTTP {status}: {said}")
