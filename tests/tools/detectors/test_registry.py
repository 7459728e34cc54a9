"""The detectors by name: errata's own, and those of other packages."""

import re
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from errata.errors import DataError, SetupError
from errata.tools.detectors import Detector, DetectorInput, detectors
from errata.tools.plugins import look_again
from errata.types import Scores

GUIDE = Path("docs/reference/detectors.md").read_text(encoding="utf-8")

PLUGIN = """
import numpy as np
from errata.tools.detectors import Detector
from errata.types import Scores

def find(given):
    long_N = np.array([len(sha) > 1000 for sha in given.contents()])
    return Scores(np.where(long_N, 0, 1).astype(np.float32), long_N)

long_hashes = Detector("long_hashes", "hashes that are too long", ("content",), find)
"""

Install = Callable[..., None]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """A package with an entry point, as pip leaves it behind."""

    def install(entry: str, module: str = PLUGIN) -> None:
        (tmp_path / "their_module.py").write_text(module)
        info = tmp_path / "theirs-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[errata.detectors]\n{entry}\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "their_module", raising=False)
        look_again()

    yield install
    look_again()


def test_each_is_called_what_its_entry_point_says_and_the_default_ones_run_first() -> None:
    assert list(detectors())[:4] == ["confident_learning", "duplicates", "neighbors", "class_gaussians"]
    assert {entry.name for entry in entry_points(group="errata.detectors")} == set(detectors())


def test_only_detectors_whose_arrays_are_at_hand_can_run() -> None:
    known = detectors()
    assert known["confident_learning"].can_run(("probs",))
    assert not known["neighbors"].can_run(("probs", "content"))


@pytest.mark.parametrize("detector", detectors().values(), ids=lambda detector: detector.name)
def test_every_detector_keeps_the_contract_of_scores(detector: Detector) -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 20)
    vectors = (2 * np.eye(3, 6)[labels] + rng.normal(size=(60, 6))).astype(np.float32)
    probs = rng.dirichlet(np.ones(3), 60).astype(np.float32)
    scores = detector.detect(DetectorInput(labels, 3, vectors, probs, [str(n % 50) for n in range(60)]))
    assert scores.quality.dtype == np.float32
    assert scores.flag.dtype == np.bool_
    assert ((scores.quality >= 0) & (scores.quality <= 1)).all()
    if scores.label_probs is not None:
        np.testing.assert_allclose(np.asarray(scores.label_probs).sum(axis=1), 1, rtol=1e-4)


@pytest.mark.parametrize("detector", detectors().values(), ids=lambda detector: detector.name)
def test_a_detector_without_its_array_says_what_it_needs(detector: Detector) -> None:
    with pytest.raises(DataError, match="needs"):
        detector.detect(DetectorInput(np.array([0, 1]), 2))


def test_a_detector_of_another_package_appears_by_being_installed(installed: Install) -> None:
    installed("long_hashes = their_module:long_hashes")
    found = detectors()["long_hashes"]
    assert isinstance(found, Detector)
    assert isinstance(found.detect(DetectorInput(np.array([0]), 1, content_shas=["a"])), Scores)


@pytest.mark.parametrize(
    ("entry", "module", "message"),
    [
        ("x = their_module:missing", PLUGIN, "of theirs cannot be loaded: AttributeError"),
        ("x = their_module:long_hashes", "raise RuntimeError('boom')", "RuntimeError: boom"),
        ("x = their_module:long_hashes", "long_hashes = 3", "is no .*Detector but a int"),
        ("x = their_module:long_hashes", PLUGIN.replace('"long_hashes"', '"neighbors"'), "there is one of that name"),
    ],
)
def test_a_package_whose_detector_is_unfit_is_named(installed: Install, entry: str, module: str, message: str) -> None:
    installed(entry, module)
    with pytest.raises(SetupError, match=message):
        detectors()


def test_the_guide_names_every_detector_and_which_run_by_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\|([^|]*)\|$", GUIDE, re.M)
    assert sorted(name for name, _ in rows) == sorted(detectors())
    assert {name for name, default in rows if default.strip() == "yes"} == {
        name for name, detector in detectors().items() if detector.default
    }


def test_the_guide_s_own_detector_works() -> None:
    code = re.search(r"```python\n(.*?)```", GUIDE, re.S)
    assert code is not None
    scope: dict[str, Any] = {}
    exec(code.group(1), scope)  # noqa: S102  our own page
    probs = np.array([[0.9, 0.1], [0.5, 0.5], [0.4, 0.6]], np.float32)
    scores = scope["unsure"].detect(DetectorInput(np.array([0, 1, 1]), 2, probs_NK=probs))
    assert scores.quality.tolist() == pytest.approx([0.9, 0.5, 0.6])
