"""The report as a page: a single file without scripts that loads nothing from elsewhere."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path, PurePath

from jinja2 import Environment, PackageLoader, StrictUndefined

from errata import words
from errata.tools.data.atomic import atomic_write
from errata.tools.judging.registry import title_of
from errata.tools.report.data import ReportData
from errata.tools.report.flow import flow_picture
from errata.tools.visible import one_line, visible

CLASSES_SHOWN = 40
PAIRS_SHOWN = 40
PEOPLE_SHOWN = 60
LABEL, ID, REASON = 60, 80, 1200


def write_report(data: ReportData, html_path: Path, json_path: Path) -> None:
    """Write the page and the same as JSON, each atomically. SetupError if the system refuses."""
    with atomic_write(json_path) as file:
        # ASCII: nothing in the file can reorder or hide what an editor shows of it.
        file.write(json.dumps(data.as_dict(), ensure_ascii=True, indent=1, allow_nan=False).encode() + b"\n")
    with atomic_write(html_path) as file:
        file.write(render(data).encode())


def render(data: ReportData, *, short: bool = False) -> str:
    """The page as text. Everything from the dataset is escaped, truncated, and made visible. ``short``: only the
    counts, the flow, and the worst items."""
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=data,
            short=short,
            tree=any(row.severe or row.minor for row in data.kinds),
            picture=flow_picture(data.flows),
            classes=data.classes[:CLASSES_SHOWN],
            pairs=data.flows[:PAIRS_SHOWN],
            people=data.agreement.annotators[:PEOPLE_SHOWN] if data.agreement else (),
            noisiest=max((row.wrong.high_share for row in data.classes), default=0.0) or 1.0,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("errata.tools.report", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "visible": visible,
        "label": lambda text: one_line(text, LABEL),
        "id": lambda text: one_line(text, ID),
        "line": lambda text: one_line(text, REASON),
        "file_name": lambda path: one_line(PurePath(path).name, ID),
        "number": lambda value: f"{value:,}",
        "percent": lambda share: f"{100 * share:.{0 if share >= 0.1 or share == 0 else 1}f}%",
        "words": lambda name: name.replace("_", " "),
        "outcome": words.outcome,
        "protocol": title_of,
        "moment": lambda at: f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M} UTC",
        "sentence": lambda text: text[:1].upper() + text[1:],
    }
    return environment
