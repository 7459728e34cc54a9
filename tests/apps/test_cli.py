"""The command line: the contract that scripts rely on, and errors that a person can act on."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from errata.tools.store.run_folder import RunFolder
from tests.conftest import Judge, stub_server
from tests.topics import write_topics

pytestmark = pytest.mark.slow
ERRATA = str(Path(sys.executable).with_name("errata"))
COLUMNS = ["--text", "message", "--label", "topic", "--id", "id", "--embedder", "plain"]


def errata(*args: object, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    return subprocess.run(
        [ERRATA, *map(str, args)], capture_output=True, text=True, cwd=cwd, env=os.environ | environment, timeout=300
    )


def said(*args: object, cwd: Path | None = None) -> Any:
    done = errata(*args, "--json", cwd=cwd)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def fails(*args: object, code: int = 2, **more: Any) -> str:
    done = errata(*args, **more)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    said = [line for line in done.stderr.splitlines() if not line.endswith(" left")]  # progress, on a slow machine
    assert "Traceback" not in done.stderr and said[0].startswith("errata: ")
    return done.stderr


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_topics(tmp_path / "mail.csv")
    return tmp_path / "mail.csv"


def test_the_contract_of_scripts(data: Path, tmp_path: Path, judge: Judge) -> None:
    source = data.read_bytes()
    run = tmp_path / "work.errata"
    (tmp_path / "errata.toml").write_text("[costs]\nbreak_right = 1.0\n")  # the stub is never surer than 0.9
    status = said("run", data, *COLUMNS, "--judge", judge.spec, "--run", run, cwd=tmp_path)
    assert status["open"] > 0 and (run / "report.html").exists()
    accepted = said("decide", run, "--as", "ann", "--accept", "--where", "confidence >= 0.5")
    assert accepted["decided"] > 0
    changes = said("diff", run)
    out = tmp_path / "fixed.csv"
    assert said("apply", run, "-o", out)["changed"] == len(changes)
    assert out.read_bytes() != source and data.read_bytes() == source
    back = tmp_path / "back.csv"
    assert said("revert", run, "-o", back)["identical_to_source"]
    assert back.read_bytes() == source
    item = changes[0]["item_id"]
    assert [entry["kind"] for entry in said("blame", item, run)] == [
        "decision",
        "applied",
        "reverted",
    ]
    for command in ("status", "log", "results", "report"):
        said(command, run)
    said("show", item, run)


def test_a_scan_shows_the_noise_by_class_and_takes_detectors_by_name(data: Path) -> None:
    assert "of items" in errata("scan", data, *COLUMNS).stdout.split("\n")[0]
    found = said("scan", data, *COLUMNS, "--detectors", "confident_learning", "--detectors", "open_set")
    assert found["detectors"] == ["confident_learning", "open_set"] and found["classes"][0]["items"] > 0
    assert said("scan", data, *COLUMNS, "--probe", "logistic")["run_id"] == 3
    assert "nearest: 'neighbors'" in fails("scan", data, *COLUMNS, "--detectors", "neighbours")


def test_a_detector_of_another_package_runs_by_being_installed(data: Path, tmp_path: Path) -> None:
    package = tmp_path / "site"
    (package / "theirs-1.0.dist-info").mkdir(parents=True)
    (package / "theirs-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (package / "theirs-1.0.dist-info" / "entry_points.txt").write_text("[errata.detectors]\nlong = theirs:long\n")
    (package / "theirs.py").write_text(
        "import numpy as np\n"
        "from errata.tools.detectors import Detector\n"
        "from errata.types import Scores\n"
        "def find(given):\n"
        "    n = len(given.labels_N)\n"
        "    return Scores(np.ones(n, np.float32), np.arange(n) == 0)\n"
        "long = Detector('long', 'what is first', ('content',), find)\n"
    )
    done = errata("scan", data, *COLUMNS, "--detectors", "long", "--json", PYTHONPATH=str(package))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["plan"][0] == "long: what is first"


def test_every_command_speaks_to_people_too(data: Path, judge: Judge) -> None:
    here = data.parent
    assert "unchecked estimate" in errata("run", data, *COLUMNS, "--judge", judge.spec).stdout
    for command in (["status"], ["results"], ["log"], ["diff"], ["show", "m0"], ["blame", "m0"], ["report"]):
        done = errata(*command, cwd=here)
        assert done.returncode == 0 and done.stdout.strip(), command


def test_a_run_continues_without_its_columns_named_again(data: Path) -> None:
    errata("scan", data, *COLUMNS)
    assert said("scan", data)["run_id"] == 1


def test_a_run_continues_on_columns_named_with_control_characters_quotes_and_lines(tmp_path: Path) -> None:
    odd = "".join(map(chr, range(1, 32))) + "\x7f\x85\u2028'\"\\"
    text, label = f"message{odd}", f"intent{odd}"
    table = [(f"about cats {n}" if n % 2 else f"a dog barks {n}", "cat" if n % 2 else "dog") for n in range(60)]
    with (tmp_path / "odd.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([(text, label), *table])
    said("scan", "odd.csv", "--text", text, "--label", label, cwd=tmp_path)
    assert RunFolder(tmp_path / "odd.errata").frozen_settings()["label"] == label
    assert said("scan", "odd.csv", cwd=tmp_path)["items"] == len(table)


def test_where_names_what_is_wrong(data: Path) -> None:
    errata("scan", data, *COLUMNS)
    assert "nearest: 'confidence'" in fails("decide", data, "--accept", "--where", "confidenc > 0.5")
    assert "text with a number" in fails("decide", data, "--accept", "--where", "confidence > 'high'")
    assert "not a comparison" in fails("decide", data, "--accept", "--where", "__import__('os').system('true')")
    assert "--accept or --reject" in fails("decide", data, "--where", "confidence > 0.5")


def test_an_absent_column_is_named_with_its_nearest(data: Path) -> None:
    assert "'topic'" in fails("scan", data, "--text", "message", "--label", "topics")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty|no rows|no header"),
        (b"id,message,topic\n", "no rows"),
        (b"id,message,topic\n1,a,x\n2,b,x\n", "one label|only one|one class|two"),
        (b"id,message,topic\n1,a,x\n1,b,y\n", "must differ"),
        (b"id,message,topic\n1,caf\x81,x\n2,b,y\n", "--encoding"),
    ],
)
def test_bad_files_are_clear_errors(tmp_path: Path, content: bytes, words: str) -> None:
    import re

    data = tmp_path / "bad.csv"
    data.write_bytes(content)
    assert re.search(words, fails("scan", data, *COLUMNS))
    assert data.read_bytes() == content


def test_a_truncated_parquet_is_a_clear_error(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    whole = tmp_path / "x.parquet"
    pq.write_table(pa.table({"message": ["a", "b"] * 50, "topic": ["x", "y"] * 50}), whole)
    whole.write_bytes(whole.read_bytes()[:-20])
    assert "x.parquet" in fails("scan", whole, "--text", "message", "--label", "topic")


def test_probabilities_that_do_not_fit_are_clear_errors(data: Path, tmp_path: Path) -> None:
    import numpy as np

    for array, words in (
        (np.full((150, 2), 0.5), "columns"),
        (np.full((149, 3), 1 / 3), "one row per item"),
        (np.full((150, 3), 0.5), "sum to 1"),
        (np.full((150, 3), np.nan), "NaN"),
        (np.array(["a"] * 150, object), "pickle|numbers|npy"),
    ):
        import re

        np.save(tmp_path / "p.npy", array)
        assert re.search(words, fails("scan", data, *COLUMNS, "--probs", tmp_path / "p.npy")), words
    assert "no file" in fails("scan", data, *COLUMNS, "--probs", tmp_path / "none.npy")


def test_judges_that_cannot_be_used_are_clear_errors(data: Path, tmp_path: Path) -> None:
    assert "is one of" in fails("run", data, *COLUMNS, "--judge", "gpt")
    assert "--allow-host" in fails("run", data, *COLUMNS, "--judge", "m@http://8.8.8.8/v1")
    assert "127.0.0.1:9" in fails("run", data, *COLUMNS, "--judge", "m@http://127.0.0.1:9/v1", code=3)
    with stub_server(tmp_path / "log", "--key", "right") as judge:
        done = errata("run", data, *COLUMNS, "--judge", judge.spec, ERRATA_API_KEY="wrong-secret")
        assert (
            done.returncode == 3
            and "key is missing or wrong" in done.stderr
            and "wrong-secret" not in done.stdout + done.stderr
        )
        kept = b"".join(file.read_bytes() for file in data.with_name("mail.errata").rglob("*") if file.is_file())
        assert b"wrong-secret" not in kept
        assert "has no model 'stab'" in fails(
            "run", data, *COLUMNS, "--judge", judge.spec.replace("stub", "stab", 1), ERRATA_API_KEY="right", code=3
        )


def test_nonsense_answers_are_never_an_agreement(data: Path, tmp_path: Path) -> None:
    with stub_server(tmp_path / "log", "--says", "blah blah", "--no-logprobs") as judge:
        options = (*COLUMNS, "--judge", judge.spec, "--permutations", 4)
        assert 'It said "blah blah"' in fails("run", data, *options, code=3)
        assert "cannot be read" in fails("run", data, *options, "--retry-unreadable", code=3)
        status = said("status", cwd=data.parent)
    assert "cannot be read" in status["stopped"]
    assert "keep" not in status["outcomes"]


def test_a_paid_run_needs_yes_or_a_budget_and_dry_run_says_what_it_takes(data: Path, judge: Judge) -> None:
    options = ("run", data, *COLUMNS, "--judge", judge.spec)
    assert said(*options, "--dry-run")["usd"] is None
    assert "needs prices" in fails(*options, "--budget", "usd=1")
    priced = (*options, "--usd-per-mtok-in", 2)
    assert said(*priced, "--dry-run")["usd"] > 0
    assert "--yes" in fails(*priced) and judge.requests() == []
    assert said(*priced, "--yes")["spent"]["calls"] > 0


def test_a_full_disk_loses_nothing(data: Path, tmp_path: Path) -> None:
    source = data.read_bytes()
    limited = f"ulimit -f 40; exec {ERRATA} scan {data} {' '.join(COLUMNS)}"
    done = subprocess.run(["bash", "-c", limited], capture_output=True, text=True)
    assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr
    assert data.read_bytes() == source
    assert errata("scan", data, *COLUMNS).returncode == 0


def test_hostile_names_cannot_steer_the_terminal(tmp_path: Path) -> None:
    rows = [f"{i},text about {'cats' if i % 2 else 'dogs'},{'cat' if i % 2 else 'dog'}" for i in range(20)]
    data = tmp_path / "x.csv"
    data.write_text("id,message,topic\n" + "\n".join(rows) + "\nevil\x1b]0;owned\x07,text,cat\n")
    errata("scan", data, *COLUMNS)
    done = errata("show", "evil\x1b]0;owned\x07", data)
    assert done.returncode == 0 and "\x1b" not in done.stdout and "\x07" not in done.stdout
