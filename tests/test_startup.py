"""What a command does not need is not imported: `errata --help` and `import errata` must be fast."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"numpy", "scipy", "sklearn", "pyarrow", "torch", "transformers", "langgraph", "sqlalchemy", "pydantic"}
HEAVY |= {"onnx", "onnxruntime", "tokenizers"}
HELP = """
import sys
from errata.apps.cli import main

sys.argv = ["errata", "--help"]
try:
    main()
except SystemExit:
    pass
"""
WITHOUT_TORCH = """
import sys

for name in ("torch", "transformers", "sentence_transformers"):
    sys.modules[name] = None
import errata.agent.graph, errata.apps.python
from errata.tools.features.choose import choose_embedder
from errata.types import Item

embedder = choose_embedder("text")
print(embedder.name, embedder.embed([Item.of(0, "a", "", None, text="a cat")]).shape)
"""


@pytest.mark.parametrize("code", ["import errata", HELP])
def test_nothing_heavy_is_imported_at_start_up(code: str) -> None:
    script = code + "\nimport sys; print('LOADED', *sorted(m for m in sys.modules if '.' not in m))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not set(done.stdout.rsplit("LOADED", 1)[1].split()) & HEAVY


def test_text_is_embedded_without_torch() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_TORCH], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("all-MiniLM-L6-v2 int8") and "(1, 384)" in done.stdout
