"""Vectors from a server: the stub listens on this machine."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from PIL import Image

import errata
from errata.errors import DataError, ModelError, SetupError
from errata.settings import Settings
from errata.tools.features.choose import choose_embedders, on_a_server
from errata.tools.features.embedder import RemarksOnTexts
from errata.tools.features.served_model import BATCH, ServedModel
from errata.types import F32, Item
from tests.integration.openai_stub import Knobs, Stub, serving
from tests.topics import write_topics

FORBIDDEN = "http://192.0.2.1:8000/v1"


@contextmanager
def served(
    knobs: Knobs, kind: Literal["text", "image"] = "text", model: str = "stub"
) -> Iterator[tuple[ServedModel, Stub]]:
    """The model, and the stub that serves it from a thread of its own."""
    started, found, ends = threading.Event(), dict[str, Any](), asyncio.Event()

    async def serve() -> None:
        async with serving(knobs) as (stub, url):
            found.update(stub=stub, url=url, loop=asyncio.get_running_loop())
            started.set()
            await ends.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert started.wait(30)
        yield ServedModel(model, found["url"], kind, first_wait_s=0.001), found["stub"]
    finally:
        found["loop"].call_soon_threadsafe(ends.set)
        thread.join()


def items(*texts: str) -> list[Item]:
    return [Item.of(n, f"id{n}", "", None, text=text) for n, text in enumerate(texts)]


def error_of(knobs: Knobs, *texts: str, model: str = "stub") -> str:
    with served(knobs, model=model) as (embedder, _), pytest.raises(ModelError) as raised:
        embedder.embed(items(*texts))
    return str(raised.value)


def letters(text: str) -> F32:
    counts = np.array([text.count(chr(ord("a") + n)) for n in range(26)], np.float32)
    return counts / np.linalg.norm(counts)


def test_each_text_gets_its_own_vector_whatever_the_batches() -> None:
    texts = [f"{chr(ord('a') + n % 26) * (n + 1)} b" for n in range(5 * BATCH + 3)]
    told: list[int] = []
    with served(Knobs()) as (embedder, stub):
        found = embedder.embed(items(*texts), told.append)
    np.testing.assert_allclose(found, [letters(text) for text in texts], rtol=1e-5)
    assert len(stub.bodies) == 6 and told[-1] == len(texts) and told == sorted(told)


def test_long_texts_are_sent_in_pieces_and_averaged() -> None:
    text = "a" * 3 * 100 + "b" * 3 * 50
    with served(Knobs(max_model_len=100)) as (embedder, stub):
        found = embedder.embed(items(text, "c"))
        (_, told) = embedder.remarks(items(text, "c"), 2)
    assert [len(piece) for body in stub.bodies for piece in body["input"]] == [300, 150, 1]
    assert found[0, 0] == pytest.approx(2 * found[0, 1])
    assert "1 of 2 texts have more than 300 characters" in told


def test_what_is_refused_as_too_long_is_halved() -> None:
    text = "a" * 1000 + "b" * 400
    with served(Knobs(max_chars=500)) as (embedder, _):
        found = embedder.embed(items(text, "c", "d" * 40))
    np.testing.assert_allclose(found[1:], [letters("c"), letters("d")])
    assert found[0, 0] > found[0, 1] > 0 and not found[0, 2:].any()


def test_a_million_characters_are_sixteen_pieces() -> None:
    with served(Knobs(max_model_len=512)) as (embedder, stub):
        found = embedder.embed(items("a cat " * 200_000))
    assert sum(len(body["input"]) for body in stub.bodies) == 16
    assert found[0] @ letters("acat") > 0.999


def test_white_space_has_no_direction_and_is_not_sent() -> None:
    with served(Knobs()) as (embedder, stub):
        found = embedder.embed(items("", " \n", "\ud800 b"))
        alone = embedder.embed(items(""))
    assert not found[:2].any() and found[2, 1] == 1 and alone.shape == (1, 26)
    assert stub.bodies[0]["input"] == ["? b"]


def test_images_are_sent_one_by_one_upright_on_white() -> None:
    pictures: list[Item] = []
    for mode, color in (("RGB", "red"), ("RGBA", (0, 0, 0, 0)), ("L", 255), ("I;16", 65535)):
        out = io.BytesIO()
        Image.new(mode, (8, 8), color).save(out, "PNG")
        pictures.append(Item.of(len(pictures), f"id{len(pictures)}", "", None, image=out.getvalue()))
    with served(Knobs(), "image") as (embedder, stub):
        found, name = embedder.embed(pictures), embedder.name
        with pytest.raises(DataError, match="'bad'"):
            embedder.embed([Item.of(0, "bad", "", None, image=b"GIF89a")])
        assert len(embedder.remarks((), 0)) == 1
    np.testing.assert_allclose(found, np.array([[1, 0, 0], *[[3**-0.5] * 3] * 3]), atol=1e-6)
    assert len(stub.bodies) == 5 and "answers" in name


def test_the_name_tells_the_model_the_place_and_what_it_answers() -> None:
    with served(Knobs()) as (embedder, _):
        name = embedder.name
        (told,) = embedder.remarks((), 0)
        assert isinstance(embedder, RemarksOnTexts) and embedder.per_item and embedder.strength == "semantic"
    assert name.startswith("stub at http://127.0.0.1:") and "answers " in name and "version 1" in name
    assert "does not tell which weights" in told


def test_a_server_that_fails_is_asked_again() -> None:
    with served(Knobs(fail=[500, 0, 429])) as (embedder, stub):
        np.testing.assert_allclose(embedder.embed(items("a")), [letters("a")])
    assert len(stub.bodies) == 4
    assert "failed 6 times in a row: HTTP 500: out of order" in error_of(Knobs(fail_always=500), "a")


def test_errors_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERRATA_API_KEY", "of-a-judge")
    assert "set ERRATA_API_KEY_STUB" in error_of(Knobs(key="secret-1"), "a")
    assert "has no model 'stab' (nearest: 'stub')" in error_of(Knobs(), "a", model="stab")
    assert "no OpenAI-compatible API" in error_of(Knobs(fail_always=404, no_models=True), "a")
    assert "--runner pooling" in error_of(Knobs(fail_always=404), "a")
    assert "refuses the text 'so bad'" in error_of(Knobs(fail_always=400, only_fail="so bad"), "fine", "so bad")


@pytest.mark.parametrize("status", [402, 307])
def test_what_no_second_try_would_mend_is_told_after_one(status: int) -> None:
    with served(Knobs(fail_always=status)) as (embedder, stub):
        with pytest.raises(ModelError, match=r"HTTP 402|redirects to"):
            embedder.embed(items(*(f"text {n}" for n in range(3 * BATCH))))
        assert len(stub.bodies) <= 4  # as many as are sent at once


def test_only_its_own_key_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERRATA_API_KEY", "of-a-judge")
    with served(Knobs()) as (embedder, stub):
        embedder.embed(items("a"))
    monkeypatch.setenv("ERRATA_API_KEY_STUB", "secret-1")
    with served(Knobs(key="secret-1")) as (embedder, other):
        embedder.embed(items("a"))
    assert "Authorization" not in stub.headers[0] and other.headers[0]["Authorization"] == "Bearer secret-1"


def test_a_server_is_chosen_by_its_address() -> None:
    assert on_a_server(f"org/model@{FORBIDDEN}") and not on_a_server("org/model") and not on_a_server(None)
    with pytest.raises(SetupError, match=r"--allow-host 192\.0\.2\.1"):
        choose_embedders(["text"], [], f"m@{FORBIDDEN}")
    allowed = choose_embedders(["text"], ["image"], f"m@{FORBIDDEN}", allow_host=["192.0.2.1"])
    assert allowed.strength == "semantic"
    with pytest.raises(SetupError, match="must not carry a key"):
        Settings(embedder="m@http://user:key@127.0.0.1/v1")


def test_a_later_run_takes_over_the_vectors(tmp_path: Path) -> None:
    write_topics(tmp_path / "mail.csv", rows=40)
    with served(Knobs()) as (embedder, stub):
        spec = "@".join(embedder.name.split(" (")[0].split(" at "))
        asked = []
        for probe in ("ensemble", "logistic"):
            run = errata.open(tmp_path / "mail.csv", text="message", label="topic", embedder=spec, probe=probe)
            stub.bodies.clear()
            run.scan()
            asked.append(sorted(len(body["input"]) for body in stub.bodies))
            run.close()
    assert asked == [[1, 8, 32], [1]]  # the first tells which weights are served
