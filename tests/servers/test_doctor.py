"""The doctor on real vLLM servers: one with a vision model, one with a text-only model."""

from __future__ import annotations

import asyncio

from errata.tools.judging.backends.capabilities import Capabilities
from errata.tools.judging.doctor import probe_named
from evals.servers.vllm_server import VllmServer


def test_vllm_can_everything_that_a_judge_needs(image_server: VllmServer) -> None:
    report = asyncio.run(probe_named(image_server.spec))
    assert {finding.name for finding in report.findings if finding.result != "ok"} == set()
    assert (report.product, report.model, report.models) == ("vLLM", image_server.model, (image_server.model,))
    assert report.version is not None
    assert report.context_tokens == 512
    assert report.capabilities == Capabilities(constraint=True, log_probs=True, images=True)
    assert report.usable


def test_a_model_without_eyes_says_so(text_server: VllmServer) -> None:
    report = asyncio.run(probe_named(text_server.url))
    (images,) = (finding for finding in report.findings if finding.name == "images")
    assert (images.result, "is not a multimodal model" in images.means) == ("no", True)
    assert report.capabilities == Capabilities(constraint=True, log_probs=True, images=False)
