"""The README's tables of what calls cost, each from its result file."""

from __future__ import annotations

from typing import Any


def door(found: dict[str, Any]) -> str:
    lines = ["| one core | text: ms of CPU a call, calls/s | image: ms of CPU a call, calls/s |", "|---|---|---|"]
    for name in found["text"]:
        rows = [found[content][name] for content in ("text", "image")]
        cells = [f"{row['cpu_ms_per_call']:.2f}, {row['calls_per_s']:,.0f}" for row in rows]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def server_share(found: dict[str, Any]) -> str:
    lines = ["| judge that vLLM serves | errata, calls/s | bare loop, calls/s | share |", "|---|---|---|---|"]
    for judge, words in (("tiny_judge", "tiny judge, 16 tokens an image"), ("large", "576 tokens an image")):
        rates = found[judge]["calls_per_s"]
        fastest = max(rate for name, rate in rates.items() if name != "errata")
        lines.append(f"| {words} | {rates['errata']:.0f} | {fastest:.0f} | {found[judge]['share']:.2f} |")
    return "\n".join([*lines, ""])


def prefix_cache(found: dict[str, Any]) -> str:
    lines = ["| six questions on each of five images, one by one | tokens of prompts | computed |", "|---|---|---|"]
    for order in ("image first", "question first"):
        row = found["orders"][f"{order}, one by one"]
        lines.append(f"| {order} | {row['prompt_tokens']:,} | {row['computed']:,} |")
    return "\n".join([*lines, ""])


def second_night(found: dict[str, Any]) -> str:
    lines = ["| second night | |", "|---|---|"]
    for name, words in (
        ("items", "items"),
        ("new_or_changed", "new or changed since the first night"),
        ("embedded", "embedded"),
        ("judged", "judged"),
        ("judged_of_the_unchanged", "judged of the unchanged"),
        ("calls", "model calls"),
        ("calls_first_night", "model calls on the first night"),
    ):
        lines.append(f"| {words} | {found[name]:,} |")
    stands = f"{found['still_rejected']} of {found['rejected_and_unchanged']}"
    return "\n".join([*lines, f"| rejections of unchanged items that stand | {stands} |", ""])
