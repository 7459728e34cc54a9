"""What looking at a finished run of many items costs: CPU seconds of errata status, show and results, start to end.

    python -m evals views_speed [--items 100000] [--runs 5] [--before FILE] [--out evals/results/views_speed.json]

Made short texts with embeddings, a twentieth of them wrong, judged once by a loopback server. Each command is then a
process of its own, timed by what the kernel counts for it (user and system), the median of its runs; beside them what a
program that only starts pays. A first run, not counted, compiles all modules to byte code, as pip does.
``--before``: the same figures of an older commit, as a JSON object, to stand beside.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from errata.agent.drive import drive
from errata.agent.run.begin import begin
from errata.settings import Settings
from evals.data.made_texts import LABEL, TEXT, write_made_texts
from evals.result import write_result
from evals.servers.loopback import Loopback

SEED = 0
ERRATA = "import sys; from errata.apps.cli import main; sys.argv[0] = 'errata'; sys.exit(main())"
MOST = {"status": 1.0, "show": 1.0, "results -o results.csv": 3.0, "results -o results.parquet": 3.0}
"""CPU seconds that each may take on 100,000 items."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--out", type=Path, default=Path("evals/results/views_speed.json"))
    options = parser.parse_args()
    before = json.loads(options.before.read_text(encoding="utf-8")) if options.before else None
    with tempfile.TemporaryDirectory() as folder:
        judged = finished_run(Path(folder), options.items)
        cpu_s = {name: cpu_of(code, Path(folder), options.runs) for name, code in commands(judged).items()}
    print(f"{'CPU s':28}{'before':>8}{'now':>8}{'at most':>9}")
    for name, seconds in cpu_s.items():
        was = before["cpu_s"].get(name, "") if before else ""
        print(f"{name:28}{was:>8}{seconds:>8}{MOST.get(name, ''):>9}")
    figures = {"items": options.items, "runs": options.runs, "cpu_s": cpu_s, "most": MOST, "load": os.getloadavg()}
    write_result(options.out, figures | ({"before": before} if before else {}), seed=SEED)


def finished_run(folder: Path, n_items: int) -> str:
    """Make and judge it in ``folder``; returns the id of an item that judges looked at."""
    made = write_made_texts(folder, n_items, seed=SEED)
    with Loopback(latency_s=0.05) as url:
        values = {"text": TEXT, "label": LABEL, "embeddings": str(made.embeddings), "judge": (f"loopback@{url}",)}
        settings = Settings.model_validate(values | {"calibrate": False})  # measured, the stub would not be used
        workspace = begin(made.data, settings)
        try:
            drive(workspace, lambda step, done, total: None)
            looked_at = workspace.store.verdicts(workspace.run.run_id)[0].idx
            return workspace.rows()[looked_at].item_id
        finally:
            workspace.close()


def commands(item_id: str) -> dict[str, list[str]]:
    """What is timed: code for the interpreter, and its arguments."""
    return {
        "import errata": ["import errata"],
        "--help": [ERRATA, "--help"],
        "status": [ERRATA, "status"],
        "show": [ERRATA, "show", item_id],
        "results -o results.csv": [ERRATA, "results", "-o", "results.csv", "--force"],
        "results -o results.parquet": [ERRATA, "results", "-o", "results.parquet", "--force"],
    }


def cpu_of(code: list[str], folder: Path, runs: int) -> float:
    """CPU seconds, user and system, of the whole process; the median, once byte code is compiled."""
    _cpu_once(code, folder)
    return round(statistics.median(_cpu_once(code, folder) for _ in range(runs)), 3)


def _cpu_once(code: list[str], folder: Path) -> float:
    environment = os.environ | {"PYTHONPYCACHEPREFIX": str(folder / "byte code"), "PYTHONDONTWRITEBYTECODE": ""}
    child = subprocess.Popen([sys.executable, "-c", *code], cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, child.args)
    return used.ru_utime + used.ru_stime
