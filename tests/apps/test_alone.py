"""errata without a command says what to do next: the commands, or where the run of this folder stands."""

from __future__ import annotations

from pathlib import Path

from tests.command import errata
from tests.topics import write_topics


def test_in_a_folder_without_a_run_it_lists_the_commands(tmp_path: Path) -> None:
    done = errata(cwd=tmp_path)
    assert done.code == 0 and "Commands:" in done.out and "doctor" in done.out


def test_in_a_folder_with_a_run_it_says_what_to_type_next(tmp_path: Path) -> None:
    write_topics(tmp_path / "mail.csv", rows=120, wrong=6)
    columns = ("--text", "message", "--label", "topic", "--id", "id", "--embedder", "plain")
    errata("scan", "mail.csv", *columns, cwd=tmp_path)
    done = errata(cwd=tmp_path)
    assert "120 items in" in done.out and "Next:     errata review" in done.out and "errata --help" in done.out
    errata("decide", "--accept", "--where", "outcome == 'relabel'", cwd=tmp_path)
    errata("decide", "--reject", "--where", "quality <= 1", cwd=tmp_path)
    assert "Next:     errata diff, then errata apply" in errata(cwd=tmp_path).out
    errata("apply", cwd=tmp_path)
    assert "errata revert undoes it" in errata(cwd=tmp_path).out
