"""A report for a person. Names and texts come from the server, so they are kept to one line."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from errata.tools.judging.doctor.ports import USUAL
from errata.tools.judging.doctor.report import Report
from errata.tools.visible import one_line

NAME_CHARS = 120
SHOWN_MODELS = 8

START = """\
Start one:    vllm serve Qwen/Qwen3-VL-8B-Instruct --max-model-len 8192 --limit-mm-per-prompt '{"image": 2}'
Then again:   errata doctor
Elsewhere:    errata doctor http://HOST:PORT/v1
Without one:  errata scan DATA --text COL --label COL     detectors alone find suspects, and propose less"""


def in_words(report: Report) -> str:
    """What was found, and what to type next."""
    served = " ".join(filter(None, (report.product, report.version)))
    lines = [f"{one_line(report.model, NAME_CHARS)} at {report.url} ({one_line(served, NAME_CHARS)})", ""]
    lines += [f"  {found.name:<17} {found.result:<9} {one_line(found.means)}" for found in report.findings]
    lines += ["", *_next(report)]
    others = [one_line(name, NAME_CHARS) for name in report.models if name != report.model]
    if others:
        more = f", and {len(others) - SHOWN_MODELS} more" if len(others) > SHOWN_MODELS else ""
        lines.append(
            f"Also there: {', '.join(others[:SHOWN_MODELS])}{more}. Look at one: errata doctor MODEL@{report.url}"
        )
    return "\n".join(lines)


def none_in_words(refused: Mapping[str, str]) -> str:
    """What to do if no server was found, or none that could be probed: ``refused`` says why, by address."""
    lines = [f"{one_line(why)}. Then: errata doctor {url}" for url, why in refused.items()]
    if not lines:
        usual = ", ".join(f"{product} {port}" for port, product in USUAL.items())
        lines = [f"No model server answers at the usual ports of this machine ({usual}).", START]
    return "\n".join(lines)


def _next(report: Report) -> list[str]:
    if not report.usable:
        return ["It cannot be a judge as it is."]
    spec = one_line(shlex.quote(f"{report.model}@{report.url}"))
    lines = ["Use it:", f"  errata run DATA --text COL --label COL --judge {spec}"]
    return [*lines, "  (for pictures: --image COL)"] if report.result_of("images") == "ok" else lines
