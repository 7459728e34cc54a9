"""Find servers on this machine at their default ports."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from errata.errors import ModelError
from errata.tools.judging.doctor.connection import Connection, KeyRequired
from errata.tools.judging.doctor.probe import probe
from errata.tools.judging.doctor.report import Report

USUAL = {8000: "vLLM", 11434: "Ollama", 1234: "LM Studio", 8080: "llama.cpp", 30000: "SGLang"}
LOOK_S = 2.0


async def probe_here(ports: Iterable[int] = USUAL) -> tuple[tuple[Report, ...], dict[str, str]]:
    """A report on the first model of every OpenAI-compatible server at ``ports`` of this machine, and, for each address
    with a server that cannot be probed, the reason. No key is sent to a server that the user did not name."""
    looked = await asyncio.gather(*(_look(f"http://127.0.0.1:{port}/v1") for port in ports))
    reports = tuple(found for _, found in looked if isinstance(found, Report))
    return reports, {url: found for url, found in looked if isinstance(found, str)}


async def _look(url: str) -> tuple[str, Report | str | None]:
    connection = Connection(url, timeout_s=LOOK_S)
    try:
        await connection.models()
    except KeyRequired as refused:
        return url, str(refused)
    except ModelError:  # anything may listen there: only a model list or a request for a key is a sign
        return url, None
    finally:
        await connection.close()
    try:
        return url, await probe(url)
    except ModelError as error:
        return url, str(error)
