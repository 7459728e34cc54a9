"""How a server serves: its prefix cache, its maximum prompt length, and whether it repeats its answers."""

from __future__ import annotations

import re
import statistics

from errata.errors import ModelRefused
from errata.tools.judging.doctor.report import Finding
from errata.tools.judging.doctor.subject import WITH_LOG_PROBS, Subject, distance

HITS = re.compile(r"^vllm:prefix_cache_hits_total(?:\{.*\})? (\S+)$", re.MULTILINE)
LONG_CHARS = 6000
SENTENCE = "The river runs past the mill and the old bridge to the sea. "
TIMES = 3


async def prefix_cache(subject: Subject) -> Finding:
    """By vLLM's own count before and after a long prompt is sent again."""
    name = "prefix cache"
    # No token is shorter than a byte, so this fits even a tokenizer of single bytes.
    chars = min(LONG_CHARS, (subject.context_tokens or LONG_CHARS) * 3 // 4)
    text = (SENTENCE * (chars // len(SENTENCE) + 1))[:chars]
    try:
        await subject.ask(text, max_tokens=1)
        before = await _hits(subject)
        reply = await subject.ask(text, max_tokens=1)
    except ModelRefused as refused:
        return Finding(name, "unknown", f"a long prompt is refused ({refused})")
    after = await _hits(subject)
    if before is None or after is None:
        return Finding(name, "unknown", "no such figure at /metrics")
    if after > before:
        return Finding(
            name, "ok", f"{after - before:.0f} of {reply.tokens_in} tokens of a repeated prompt cost nothing"
        )
    return Finding(name, "no", "a repeated prompt is read again: start vLLM with --enable-prefix-caching")


async def _hits(subject: Subject) -> float | None:
    counts = HITS.findall(await subject.connection.text("/metrics") or "")
    try:
        return sum(map(float, counts)) if counts else None
    except ValueError:
        return None


def context(subject: Subject) -> Finding:
    name, tokens = "context length", subject.context_tokens
    if tokens is None:
        return Finding(name, "unknown", "an item that is too long is refused or, worse, cut: keep items short")
    return Finding(name, "ok", f"{tokens} tokens: the verdict on a longer item is unreadable")


async def same_answer(subject: Subject) -> tuple[Finding, float | None]:
    """Ask the same question a few times at temperature 0; also returns the median time in milliseconds."""
    name = "same answer"
    try:
        replies = [await subject.ask(seed=0, **WITH_LOG_PROBS) for _ in range(TIMES)]
    except ModelRefused:
        try:
            replies = [await subject.ask() for _ in range(TIMES)]
        except ModelRefused as refused:
            return Finding(name, "unknown", f"refused ({refused})"), None
    ms = statistics.median(reply.ms for reply in replies)
    if len({reply.text for reply in replies}) > 1:
        return Finding(name, "no", "differs at temperature 0: recorded calls repeat exactly, new ones may not"), ms
    far = max(distance(replies[0], reply) for reply in replies)
    exact = f"probabilities differ by {far:.1g}" if far else "to the last digit"
    return Finding(name, "ok", f"{TIMES} times the same words, {exact}"), ms


def latency(ms: float | None) -> Finding:
    if ms is None:
        return Finding("latency", "unknown", "no question was answered")
    return Finding("latency", "ok", f"{ms:.0f} ms for a short question, alone; a run has hundreds in flight")
