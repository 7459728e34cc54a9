"""The package and its pins."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.topics import write_topics

PROJECT = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("extras", "pins"),
    [
        (sorted({*PROJECT["optional-dependencies"]} - {"vllm"}), ["-c", "constraints.txt"]),
        (["vllm"], []),  # vLLM pins its own versions of torch, fastapi and numpy
    ],
    ids=["ours", "vllm"],
)
def test_every_extra_resolves(extras: list[str], pins: list[str]) -> None:
    install = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", *pins]
    free = {name: value for name, value in os.environ.items() if name != "PIP_CONSTRAINT"}
    done = subprocess.run([*install, f".[{','.join(extras)}]"], capture_output=True, text=True, env=free)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_wheel_holds_prompts_pages_the_tiny_judge_and_the_notice(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), "."]
    subprocess.run(build, check=True, capture_output=True)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    for needed in (
        "errata/prompts/blind_choice/v1.md",
        "errata/tools/report/pages/report.html.j2",
        "errata/demo/tiny_judge/model.safetensors",
        "errata/tools/store/migrations/env.py",
        "errata/tools/store/migrations/versions/0003_places_seen_from_the_run_folder.py",
        "errata/weights.toml",
        "errata/tools/features/bert_uncased_vocab.txt",
        "errata_labels-0.1.0.dist-info/licenses/NOTICE",
        "errata/py.typed",
    ):
        assert needed in names


@pytest.mark.slow
def test_the_source_distribution_holds_the_notice(tmp_path: Path) -> None:
    backend = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(tmp_path / "backend"), "uv_build"]
    subprocess.run([*backend, "-c", "constraints.txt"], check=True, capture_output=True)
    build = [sys.executable, "-c", "import sys, uv_build; uv_build.build_sdist(sys.argv[1])", str(tmp_path)]
    found = {"PYTHONPATH": str(tmp_path / "backend"), "PATH": f"{tmp_path / 'backend' / 'bin'}:{os.environ['PATH']}"}
    subprocess.run(build, check=True, capture_output=True, env={**os.environ, **found})
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"NOTICE", "LICENSE", "src/errata/weights.toml"} <= names


def test_the_core_asks_for_no_torch() -> None:
    assert not any("torch" in name or "transformers" in name for name in PROJECT["dependencies"])
    assert PROJECT["license"] == "Apache-2.0"


def test_the_top_level_links_lead_into_the_package() -> None:
    for name in ("agent", "tools", "prompts"):
        assert Path(name).is_symlink() and Path(name).resolve() == Path("src/errata", name).resolve()


@pytest.mark.slow
def test_the_wheel_from_the_sdist_scans_in_a_clean_environment(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment["XDG_STATE_HOME"] = str(tmp_path / "state")

    def run(*command: str | Path) -> str:
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(sys.executable, "-m", "build", "--outdir", tmp_path / "dist", Path.cwd())  # the sdist, and a wheel out of it
    run(sys.executable, "-m", "venv", tmp_path / "clean")
    python, wheel = tmp_path / "clean" / "bin" / "python", next((tmp_path / "dist").glob("*.whl"))
    run(python, "-m", "pip", "install", "--quiet", "--constraint", Path("constraints.txt").absolute(), wheel)
    write_topics(tmp_path / "mail.csv", rows=120, wrong=6)
    columns = ("--text", "message", "--label", "topic", "--id", "id")
    assert "120 items" in run(tmp_path / "clean" / "bin" / "errata", "scan", "mail.csv", *columns)
    assert run(python, "-c", "import importlib.util; print(importlib.util.find_spec('torch'))") == "None\n"
