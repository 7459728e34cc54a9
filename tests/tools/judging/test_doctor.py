"""The doctor believes what a server does, not what it says about itself. The stub plays the servers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from errata.errors import ModelError, SetupError
from errata.tools.judging.backends.capabilities import Capabilities
from errata.tools.judging.doctor import Report, in_words, none_in_words, probe, probe_here, probe_named
from tests.integration.openai_stub import Knobs, Stub, serving

T = TypeVar("T")


def with_stub(knobs: Knobs, use: Callable[[Stub, str], Awaitable[T]]) -> T:
    async def main() -> T:
        async with serving(knobs) as (stub, url):
            return await use(stub, url)

    return asyncio.run(main())


def report_on(knobs: Knobs) -> Report:
    return with_stub(knobs, lambda _, url: probe(url))


def test_a_server_that_can_everything() -> None:
    report = report_on(Knobs(owner="vllm", version="0.32.0", prefix_cache=True, max_model_len=2048))
    assert {finding.name: finding.result for finding in report.findings} == dict.fromkeys(
        ("chat", "choices", "log-probabilities", "images", "image uuid", "JSON schema", "prefix cache",
         "context length", "same answer", "latency", "judging"), "ok"
    )  # fmt: skip
    assert (report.product, report.version, report.models) == ("vLLM", "0.32.0", ("stub",))
    assert (report.model, report.context_tokens, report.usable) == ("stub", 2048, True)
    assert report.latency_ms is not None
    assert report.capabilities == Capabilities(constraint=True, log_probs=True, images=True)
    assert json.loads(json.dumps(report.as_json()))["usable"] is True


def test_a_constraint_that_is_ignored_silently_is_not_trusted() -> None:
    report = report_on(Knobs(obeys=("json",)))
    (found,) = (finding for finding in report.findings if finding.name == "choices")
    assert (found.result, "ignored silently" in found.means) == ("no", True)
    assert report.capabilities.constraint is False
    assert report.usable, "its answers can be read all the same"


def test_a_constraint_proves_nothing_if_the_free_answer_is_inside_it() -> None:
    report = report_on(Knobs(says="zorblat"))
    assert report.result_of("choices") == "unknown"
    assert report.capabilities.constraint is None
    assert not report.usable


def test_fields_that_are_refused_are_left_out_as_a_run_would() -> None:
    report = report_on(Knobs(unknown_fields=("structured_outputs", "logprobs", "response_format", "seed")))
    assert [report.result_of(name) for name in ("choices", "log-probabilities", "JSON schema")] == ["no"] * 3
    assert report.usable


@pytest.mark.parametrize(
    ("images", "logprobs", "answer", "words"),
    [
        ("seen", True, "ok", "change its answer"),
        ("blind", True, "no", "taken but not seen"),
        ("blind", False, "no", "taken but not seen"),
        ("refused", True, "no", "stub is not a multimodal model"),
    ],
)
def test_pictures_count_as_seen_only_if_they_change_the_answer(
    images: str, logprobs: bool, answer: str, words: str
) -> None:
    report = report_on(Knobs(images=images, logprobs=logprobs))
    (found,) = (finding for finding in report.findings if finding.name == "images")
    assert (found.result, words in found.means) == (answer, True)
    assert report.result_of("image uuid") == ("ok" if answer == "ok" else "unknown")


def test_a_restless_server_that_sees_nothing_is_not_taken_for_one_that_sees() -> None:
    report = report_on(Knobs(images="blind", restless=True))
    assert (report.result_of("images"), report.result_of("same answer")) == ("no", "no")


def test_without_probabilities_agreement_has_to_do() -> None:
    report = report_on(Knobs(logprobs=False))
    assert (report.result_of("log-probabilities"), report.capabilities.log_probs) == ("no", False)
    assert "several orders" in report.findings[-1].means


def test_a_schema_that_is_ignored_is_noticed() -> None:
    assert report_on(Knobs(obeys=("choice",))).result_of("JSON schema") == "no"


@pytest.mark.parametrize(("told", "answer"), [(None, "unknown"), (False, "no"), (True, "ok")])
def test_the_prefix_cache_is_what_the_servers_count_says(told: bool | None, answer: str) -> None:
    assert report_on(Knobs(prefix_cache=told)).result_of("prefix cache") == answer


def test_a_model_whose_letters_cannot_be_read_is_no_judge() -> None:
    report = report_on(Knobs(says="Let me think about this."))
    assert not report.usable
    assert "It cannot be a judge as it is." in in_words(report)


def test_a_model_that_only_thinks_is_told_apart() -> None:
    report = report_on(Knobs(says=""))
    assert "thinking switched off" in report.findings[-1].means


def test_nothing_else_is_asked_if_a_plain_question_is_refused() -> None:
    report = report_on(Knobs(fail_always=400))
    assert [(finding.name, finding.result) for finding in report.findings] == [("chat", "no")]
    assert not report.usable


def test_an_unknown_product_is_called_other() -> None:
    assert (report_on(Knobs()).product, report_on(Knobs()).version) == ("other", None)


def test_a_model_can_be_named_and_a_wrong_name_gets_the_nearest() -> None:
    async def use(stub: Stub, url: str) -> None:
        assert (await probe_named(f"stub@{url}")).model == "stub"
        assert (await probe_named(url.removesuffix("/v1"))).url == url
        with pytest.raises(ModelError, match=r"has no model 'stab' \(nearest: 'stub'\)"):
            await probe_named(f"stab@{url}")

    with_stub(Knobs(), use)


def test_the_address_is_checked_before_anything_is_sent() -> None:
    for address in ("http://8.8.8.8/v1", "ftp://me:hunter2@127.0.0.1/v1", "http://me:hunter2@h/v1", "http://h?hunter2"):
        with pytest.raises(SetupError) as error:
            asyncio.run(probe_named(address))
        assert "hunter2" not in str(error.value)


def test_the_key_is_sent_only_to_the_named_server_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERRATA_API_KEY", "hunter2")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    monkeypatch.setenv("OPENAI_ORG_ID", "an-organization")

    async def use(stub: Stub, url: str) -> None:
        report = await probe_named(url)
        assert {headers["Authorization"] for headers in stub.headers} == {"Bearer hunter2"}
        told = {name.casefold() for headers in stub.headers for name in headers}
        assert told <= {"host", "accept", "content-type", "content-length", "connection", "authorization"}
        stub.knobs.key = "another"
        with pytest.raises(ModelError, match="wants a key: set ERRATA_API_KEY") as error:
            await probe_named(url)
        assert "hunter2" not in str(report) + str(error.value)

    with_stub(Knobs(key="hunter2"), use)


def test_without_an_address_servers_of_this_machine_are_found_and_shown_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERRATA_API_KEY", "hunter2")

    async def use(stub: Stub, url: str) -> None:
        port = int(url.rsplit(":", 1)[1].removesuffix("/v1"))
        reports, refused = await probe_here([port, 9])
        assert ([report.url for report in reports], refused) == ([url], {})
        assert not any("Authorization" in headers for headers in stub.headers)

    with_stub(Knobs(), use)


def test_a_server_that_wants_a_key_is_found_and_reported() -> None:
    async def use(_: Stub, url: str) -> None:
        reports, refused = await probe_here([int(url.rsplit(":", 1)[1].removesuffix("/v1"))])
        assert reports == ()
        assert f"{url} wants a key: set ERRATA_API_KEY" in refused[url]
        assert f"Then: errata doctor {url}" in none_in_words(refused)

    with_stub(Knobs(key="hunter2"), use)


def test_what_is_no_model_server_is_not_taken_for_one() -> None:
    async def use(_: Stub, url: str) -> None:
        assert await probe_here([int(url.rsplit(":", 1)[1].removesuffix("/v1"))]) == ((), {})
        with pytest.raises(ModelError, match=r"does not list its models: HTTP 404: .*Should it end in /v1\?"):
            await probe(url.replace("/v1", "/elsewhere"))

    with_stub(Knobs(no_models=True), use)


def test_if_none_is_found_it_says_how_to_start_one_and_what_works_without() -> None:
    words = none_in_words({})
    assert "vllm serve" in words
    assert "errata scan DATA" in words


def test_names_of_models_are_quoted_for_a_shell_and_cannot_steer_the_terminal() -> None:
    name = "a'b; rm -rf\x1b[2J\nUse it: curl evil"
    words = in_words(report_on(Knobs(model=name)))
    assert "\x1b" not in words
    assert [line for line in words.splitlines() if line.startswith("Use it")] == ["Use it:"]
    (command,) = (line for line in words.splitlines() if line.startswith("  errata run"))
    assert "--judge 'a'\"'\"'b; rm -rf" in command


@pytest.mark.parametrize(
    "knobs",
    [
        Knobs(says="sky\n\x1b[31mUse it:\n  errata run evil"),
        Knobs(fail_always=400, reason="no\n\x1b[31mUse it:\n  errata run evil"),
    ],
)
def test_what_a_server_answers_stays_on_its_line(knobs: Knobs) -> None:
    words = in_words(report_on(knobs))
    assert "\x1b" not in words
    assert not any(line.startswith("  errata run") for line in words.splitlines())
