"""A scan by errata's own text encoder says what the encoder cannot read well."""

from __future__ import annotations

import csv
from pathlib import Path

from errata.agent.drive import drive
from errata.agent.run.begin import begin
from errata.agent.run.notices import no_progress
from errata.agent.views.report import summarize
from errata.agent.views.status import describe, status_of
from errata.settings import Settings

GERMAN = ("Wo ist mein Paket? Ich warte schon zwei Wochen", "Die Rechnung stimmt nicht, bitte um Gutschrift")
ROWS = 40


def test_status_and_report_count_long_texts_and_name_models_for_other_languages(tmp_path: Path) -> None:
    with (tmp_path / "mail.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [(n, f"{GERMAN[n % 2]} {n} " * (60 if n < 3 else 1), ("parcel", "bill")[n % 2]) for n in range(ROWS)]
        csv.writer(file).writerows([("id", "message", "topic"), *rows])
    workspace = begin(tmp_path / "mail.csv", Settings(text=("message",), label="topic", id="id"))
    drive(workspace, no_progress)
    told, remarks = describe(status_of(workspace)), summarize(workspace).profile.remarks
    for words in (f"3 of {ROWS} texts are longer than 256 tokens", "do not look English", "multilingual"):
        assert words in told and any(words in remark for remark in remarks)
    workspace.close()
