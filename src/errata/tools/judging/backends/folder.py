"""A folder of weights in the transformers format: where it is, and a name that changes whenever its answers could."""

from __future__ import annotations

import hashlib
from pathlib import Path

from errata.errors import SetupError, missing_extra

FILES = ("*.json", "*.safetensors", "*.jinja", "*.txt", "*.model")
SAMPLE_BYTES = 1 << 20


def find(source: str, *, download: bool = False) -> tuple[Path, str]:
    """The folder, and the judge's name: the name of the folder or hub model, plus a hash of the files.

    ``source`` is a folder or, with ``download``, a name on the Hugging Face hub. SetupError if there is no model.
    """
    folder = _fetch(source) if download else Path(source).resolve()
    if not any(folder.glob("*.safetensors")) or not (folder / "config.json").exists():
        raise SetupError(f"{source} holds no transformers model: config.json and *.safetensors are needed.")
    return folder, f"{source if download else folder.name}@{fingerprint(folder)}"


def fingerprint(folder: Path) -> str:
    """A hash that changes with the weights, the tokenizer, or the chat template; of large files only both ends are
    hashed."""
    found = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in (".safetensors", ".json", ".jinja", ".model", ".txt"):
            size = path.stat().st_size
            found.update(f"{path.name}\0{size}\0".encode())
            with path.open("rb") as file:
                found.update(file.read(SAMPLE_BYTES))
                file.seek(max(0, size - SAMPLE_BYTES))
                found.update(file.read())
    return found.hexdigest()[:12]


def _fetch(name: str) -> Path:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError
    except ImportError:
        raise missing_extra("transformers", "local") from None
    try:
        return Path(snapshot_download(name, allow_patterns=list(FILES)))
    except (OSError, HfHubHTTPError, HFValidationError) as error:
        raise SetupError(f"{name!r} could not be fetched from the Hugging Face hub: {error}") from error
