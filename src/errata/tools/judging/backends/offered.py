"""What a server says it offers: its models, and how much each of them reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from errata.errors import ModelError, nearest
from errata.tools.judging.backends.keys import without_keys
from errata.tools.judging.backends.transport import RetryableError, Transport


async def offered(transport: Transport) -> list[str]:
    """The names of its models; none if it does not tell. Raises ModelError if nothing answers."""
    try:
        return [without_keys(str(model["id"])) for model in await _listed(transport)]
    except (ValueError, KeyError, TypeError):
        return []


async def context_tokens(transport: Transport, model: str) -> int | None:
    """As vLLM reports it with the model's name; None if the server does not, or cannot be asked."""
    try:
        found = next(one["max_model_len"] for one in await _listed(transport) if one["id"] == model)
    except (RetryableError, ModelError, ValueError, KeyError, TypeError, StopIteration):
        return None
    return found if isinstance(found, int) and found > 0 else None


def no_model(base_url: str, model: str, names: Sequence[str], said: str) -> ModelError:
    """For a server that offers ``names`` and answered with HTTP 404."""
    if not names:
        return ModelError(f"There is no OpenAI-compatible API at {base_url} (HTTP 404). Should it end in /v1?")
    return ModelError(f"{base_url} has no model {model!r}{nearest(model, names)}. It said: {said}")


async def _listed(transport: Transport) -> list[dict[str, Any]]:
    status, _, body = await transport.send("GET", "/models")
    models: list[dict[str, Any]] = json.loads(body)["data"] if status == 200 else []
    return models
