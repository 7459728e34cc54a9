"""Fuzz with damaged input of every kind: no traceback, no signal, no hang over 10 s, no memory over 2 GB.

    python -m tests.fuzz [--seconds 300] [--seed 0] [--jobs 2] [--out fuzz-findings] [TARGET ...]

The seconds are divided among the targets. Findings are minimized, saved into --out as a .zip of the input's files along
with the failure message, and listed; then the exit code is 1. Fixed findings belong in tests/fuzz/past.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.mutate import Files, mutate, smaller
from tests.fuzz.targets import TARGETS, Inputs
from tests.fuzz.worker import Finding, Worker

MINIMIZE_S = 15.0


@dataclass
class Fuzzed:
    name: str
    inputs: int = 0
    seconds: float = 0.0
    findings: dict[str, Path] = field(default_factory=dict)

    def __str__(self) -> str:
        speed = self.inputs / max(self.seconds, 1e-9)
        return f"{self.name:14}{self.inputs:8} inputs{speed:10.1f} inputs/s{len(self.findings):5} findings"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"one or more of: {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=Path("fuzz-findings"))
    options = parser.parse_args()
    names = options.targets or list(TARGETS)
    each_s = options.seconds * min(options.jobs, len(names)) / len(names)
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(options.jobs) as executor:
        keep_to(Path(place))
        folders = {name: Path(place) / name / "case" for name in names}
        made = {name: TARGETS[name].inputs(folder) for name, folder in folders.items()}
        tasks = [executor.submit(fuzz, n, folders[n], made[n], options.seed, each_s, options.out) for n in names]
        found = []
        for task in tasks:
            found.append(task.result())
            sys.stdout.write(f"{found[-1]}\n")
            sys.stdout.flush()
    findings = [f"{path}   {kind}" for one in found for kind, path in one.findings.items()]
    sys.stdout.write(f"{sum(one.inputs for one in found)} inputs, {len(findings)} findings\n")
    sys.stdout.writelines(f"    {line}\n" for line in findings)
    sys.exit(1 if findings else 0)


def keep_to(place: Path) -> None:
    """Keep workers from using this user's state folder, and from downloading."""
    os.environ |= {"XDG_STATE_HOME": str(place / "state"), "XDG_CONFIG_HOME": str(place / "config")}
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": str(place / "datasets")}


def fuzz(name: str, folder: Path, made: Inputs, seed: int, seconds: float, out: Path) -> Fuzzed:
    """Fuzz one target for this many seconds, from its seeds and from past failures."""
    rng, done = random.Random(f"{name} {seed}"), Fuzzed(name)
    seeds = [*made.seeds, *(read(path) for path in past(name))]
    started = time.monotonic()
    with Worker(name, folder) as worker:
        for files in made.seeds:
            if (finding := worker.finding(made.base, files)) is not None:
                raise RuntimeError(f"{name}: a whole input fails\n{finding.text}")
        while time.monotonic() - started < seconds:
            files = mutate(rng, rng.choice(seeds), seeds, made.words)
            finding = worker.finding(made.base, files, done.findings)
            done.inputs += 1
            if finding is not None and finding.kind not in done.findings:
                files, finding = minimized(worker, made.base, files, finding)
                done.findings[finding.kind] = save(out, name, files, finding, seed)
    done.seconds = time.monotonic() - started
    return done


def minimized(worker: Worker, base: Files, files: Files, finding: Finding) -> tuple[Files, Finding]:
    """A smaller input with the same failure, as far as a few seconds allow."""
    until, shrunk = time.monotonic() + (0 if finding.kind.startswith("hang") else MINIMIZE_S), True
    while shrunk:
        shrunk = False
        for name, data in [(file, shorter) for file in sorted(files) for shorter in smaller(files[file])]:
            if time.monotonic() > until:
                return files, finding
            attempt = {**files, name: data}
            again = worker.finding(base, attempt)
            if again is not None and again.kind == finding.kind:
                files, finding, shrunk = attempt, again, True
                break
    return files, finding


def save(out: Path, name: str, files: Files, finding: Finding, seed: int) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    number = sum(1 for _ in out.glob(f"{name}-*.zip"))
    path = out / f"{name}-{number}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(file), data, zipfile.ZIP_DEFLATED)
    path.with_suffix(".txt").write_text(f"{finding.kind}\nseed {seed}\n\n{finding.text}\n", encoding="utf-8")
    return path


def past(name: str) -> list[Path]:
    """Inputs that once failed: tests/fuzz/past/TARGET-WHAT.zip."""
    return sorted((Path(__file__).parent / "past").glob(f"{name}-*.zip"))


def read(path: Path) -> Files:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


if __name__ == "__main__":
    main()
