"""Input that turns out to be bad only while it is used."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from errata.agent.drive import drive
from errata.agent.run.begin import begin, settings_for
from errata.agent.views.status import status_of
from errata.errors import SetupError
from errata.settings import Settings, load_settings
from tests.topics import write_topics


def png(seed: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (16, 16)).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def with_bad_pixels(data: bytes) -> bytes:
    """Every chunk and checksum is right, but the pixels cannot be decompressed: only decoding reveals it."""
    at = data.index(b"IDAT")
    length = int.from_bytes(data[at - 4 : at], "big")
    chunk = b"IDAT" + b"\0" * length
    return data[:at] + chunk + zlib.crc32(chunk).to_bytes(4, "big") + data[at + length + 8 :]


def test_an_image_whose_pixels_are_damaged_is_skipped_counted_and_listed(tmp_path: Path) -> None:
    rows = ["id,file,label"]
    for i in range(12):
        (tmp_path / f"{i}.png").write_bytes(with_bad_pixels(png(i)) if i == 3 else png(i))
        rows.append(f"i{i},{i}.png,{'ab'[i % 2]}")
    (tmp_path / "x.csv").write_text("\n".join(rows) + "\n")
    values = {"label": "label", "image": "file", "id": "id"}
    workspace = begin(tmp_path / "x.csv", Settings.model_validate(values))
    drive(workspace, lambda step, done, total: None)
    found = status_of(workspace)
    assert (found["unreadable"], found["unreadable_items"]) == (1, ["i3"])
    assert found["statuses"]["unchecked"] == 1
    workspace.close()


def test_status_speaks_before_there_are_proposals(tmp_path: Path) -> None:
    write_topics(tmp_path / "mail.csv")
    workspace = begin(tmp_path / "mail.csv", Settings.model_validate({"label": "topic", "text": "message"}))
    assert status_of(workspace)["outcomes"] == {}
    workspace.close()


def test_settings_that_cannot_be_read_are_clear_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for content in (b"x = [", b'label = "\xff"'):
        (tmp_path / "errata.toml").write_bytes(content)
        with pytest.raises(SetupError, match=r"errata\.toml"):
            load_settings()
    (tmp_path / "errata.toml").unlink()
    monkeypatch.setenv("ERRATA_COSTS", "abc")
    with pytest.raises(SetupError, match="environment"):
        load_settings()


def test_a_guideline_in_another_encoding_is_a_clear_error(tmp_path: Path) -> None:
    write_topics(tmp_path / "mail.csv")
    (tmp_path / "guide.md").write_bytes(b"caf\xe9")
    flags = {"label": "topic", "text": "message", "guideline": tmp_path / "guide.md"}
    with pytest.raises(SetupError, match="not UTF-8"):
        begin(tmp_path / "mail.csv", settings_for(tmp_path / "mail.csv", None, flags))
