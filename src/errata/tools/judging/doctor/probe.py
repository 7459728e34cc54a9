"""Probe one model on one server."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from errata.errors import ModelError, nearest
from errata.tools.judging.backends.hosts import api_base, check_host
from errata.tools.judging.backends.keys import PLAIN, Key, key_of
from errata.tools.judging.doctor import answering, seeing, serving
from errata.tools.judging.doctor.connection import NO_KEY, Connection, OfferedModel
from errata.tools.judging.doctor.report import Finding, Report, capabilities
from errata.tools.judging.doctor.subject import Subject
from errata.tools.judging.spec import ON_A_SERVER

PRODUCTS = {"vllm": "vLLM", "sglang": "SGLang", "llamacpp": "llama.cpp", "organization_owner": "LM Studio"}
"""By the ``owned_by`` of its models. Ollama puts a namespace there, and is recognized by its /api/version."""

VERSION_AT = {"vLLM": ("/version", "version"), "llama.cpp": ("/props", "build_info")}


async def probe_named(server: str, allow_host: Collection[str] = ()) -> Report:
    """A report on what the user named: an address, or MODEL@ADDRESS as after --judge. The key is ERRATA_API_KEY_MODEL,
    or ERRATA_API_KEY.

    SetupError if the address is invalid, or neither private nor in ``allow_host``; otherwise as ``probe``.
    """
    named = ON_A_SERVER.fullmatch(server)
    model, url = (named["model"], named["url"]) if named else (None, server)
    addresses = check_host(url, allow_host)
    key = key_of(model) if model else Key((PLAIN,))
    return await probe(api_base(url), model, key=key, addresses=addresses)


async def probe(url: str, model: str | None = None, *, key: Key = NO_KEY, addresses: Sequence[str] = ()) -> Report:
    """What ``model`` (None: the first one offered) really supports at ``url``, an API's base, at those ``addresses`` of
    its host that passed ``check_host``. About twenty short questions, one at a time.

    ModelError if nothing answers, it wants another key, or it offers no model or not this one.
    """
    connection = Connection(url, key=key, addresses=addresses)
    try:
        offered = await connection.models()
        one = _choose(offered, model, url)
        product, version = await _product(connection, one)
        findings, ms = await _findings(Subject(connection, one.id, one.max_model_len))
    finally:
        await connection.close()
    return Report(url, product, version, tuple(o.id for o in offered), one.id, one.max_model_len, ms, tuple(findings))


def _choose(offered: list[OfferedModel], model: str | None, url: str) -> OfferedModel:
    if not offered:
        raise ModelError(f"{url} offers no model. Load one there first.")
    if model is None:
        return offered[0]
    found = next((one for one in offered if one.id == model), None)
    if found is None:
        raise ModelError(f"{url} has no model {model!r}{nearest(model, [one.id for one in offered])}.")
    return found


async def _product(connection: Connection, one: OfferedModel) -> tuple[str, str | None]:
    """A guess at the server software, and the version it reports."""
    product = PRODUCTS.get(one.owned_by)
    if product is not None:
        return product, await connection.field(*VERSION_AT[product]) if product in VERSION_AT else None
    version = await connection.field("/api/version", "version")
    return ("other", None) if version is None else ("Ollama", version)


async def _findings(subject: Subject) -> tuple[list[Finding], float | None]:
    found = [await answering.chat(subject)]
    if found[0].result != "ok":
        return found, None
    held = await answering.choices(subject)
    found += [held, await answering.log_probabilities(subject, held=held.result == "ok")]
    seen = await seeing.images(subject)
    found += [seen, await seeing.uuid(subject)] if seen.result == "ok" else [seen]
    found += [await answering.schema(subject), await serving.prefix_cache(subject), serving.context(subject)]
    same, ms = await serving.same_answer(subject)
    found += [same, serving.latency(ms)]
    found.append(await answering.judging(subject, capabilities(found)))
    return found, ms
