"""Inputs that once failed under `make fuzz` are read, or refused as they should be; so are whole ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.__main__ import past, read
from tests.fuzz.targets import TARGETS
from tests.fuzz.worker import Worker

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", TARGETS)
def test_what_once_failed_is_read_or_refused(tmp_path: Path, name: str) -> None:
    made = TARGETS[name].inputs(tmp_path / "case")
    with Worker(name, tmp_path / "case") as worker:
        for files in made.seeds:
            assert worker.finding(made.base, files) is None
        findings = {path.name: worker.finding(made.base, read(path)) for path in past(name)}
    assert not {name: found.text for name, found in findings.items() if found is not None}
