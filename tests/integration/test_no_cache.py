"""Encoders keep nothing on disk: two at once, where nothing can be written, make the same vectors."""

from __future__ import annotations

import os
import subprocess
import sys

from errata.tools.features import efficientnet

NOWHERE = "/proc/nowhere"
EMBEDS = """
import io, sys
from PIL import Image
from errata.tools.features.choose import choose_embedder
from errata.types import Item, sha_of
out = io.BytesIO()
Image.new("RGB", (8, 8), "red").save(out, "PNG")
shown = {"text": Item.of(0, "0", "", None, text="a cat"), "image": Item.of(0, "0", "", None, image=out.getvalue())}
for kind in sys.argv[1:]:
    embedder = choose_embedder(kind)
    print(embedder.name, embedder.embed([shown[kind]])[0].round(4).tolist())
"""


def test_two_processes_embed_at_once_where_nothing_can_be_written() -> None:
    places = ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "TMPDIR", "HF_HOME")
    environment = os.environ | dict.fromkeys(places, NOWHERE)
    kinds = ["text"] if efficientnet.absent() else ["text", "image"]
    command = [sys.executable, "-B", "-c", EMBEDS, *kinds]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    ]
    said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert said[0][0] == said[1][0] != ""
    assert "MiniLM" in said[0][0] and ("EfficientNet" in said[0][0]) == ("image" in kinds)
