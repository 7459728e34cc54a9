"""Vectors by a model on a server that the user named."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from functools import cache, cached_property, partial
from typing import Any, Literal, TypeVar

import numpy as np

from errata.errors import ModelError, ModelRefused
from errata.prompts import image_part
from errata.tools.features.embedder import CountProgress, image_of, texts_of, unit_rows
from errata.tools.features.embeddings_server import AT_ONCE, EmbeddingsServer
from errata.tools.features.pieces import piece_spans
from errata.tools.features.weights import NAME_DIGITS
from errata.tools.judging.backends.hosts import api_base, check_host
from errata.tools.judging.together import together
from errata.types import F32, Item, sha_of

PREPARED = 1
"""Raised whenever the same item would get another vector of the same model."""
BATCH = 32
"""Pieces of text in a request. Of images, one: vLLM takes them as a chat."""
DEFAULT_TOKENS, CHARS_PER_TOKEN = 512, 3
"""What is taken for granted of a server that does not tell how much it reads. English has over four characters a token;
a piece that is refused is halved."""
MOST_CHARACTERS = 1_000_000
"""Of one text; the rest of it is not sent."""
FEWEST_CHARACTERS = 16
"""A text that is refused at this length is not refused for it."""
SIDE = 512
"""Images are sent at about this size: such models scale them to a few hundred pixels."""
SIGNS = 64
"""Of the first numbers of one vector: they tell which weights are served. Signs stay where sums differ in the last
digits."""
PROBED = "A cat sat on the mat."

T = TypeVar("T")
Job = Callable[[EmbeddingsServer], Coroutine[Any, Any, F32]]


class ServedModel:
    """Vectors of texts or of images by ``model`` at ``url``, an OpenAI-compatible server whose host must be private or
    in ``allow_host``: SetupError otherwise.

    A text longer than the model reads is embedded in pieces, at most 16 evenly spread ones, and averaged.
    """

    strength: Literal["semantic", "plain"] = "semantic"
    per_item = True

    def __init__(
        self,
        model: str,
        url: str,
        kind: Literal["text", "image"],
        allow_host: Collection[str] = (),
        first_wait_s: float = 0.5,
    ) -> None:
        base_url, addresses = api_base(url.rstrip("/").removesuffix("/embeddings")), check_host(url, allow_host)
        self._open = partial(EmbeddingsServer, model, base_url, addresses, first_wait_s)
        self._kind, self._where = kind, f"{model} at {base_url}"

    @cached_property
    def name(self) -> str:
        """With a hash of what the server answers to one fixed item, since it does not tell which weights it serves.
        Raises ModelError if it does not answer."""
        signs_D = self._of_one_item[:SIGNS] > 0
        return f"{self._where} (answers {sha_of(signs_D.tolist())[:NAME_DIGITS]}, version {PREPARED})"

    def embed(self, items: Sequence[Item], progress: CountProgress | None = None) -> F32:
        """f32[n, D], rows of length 1; zeros for a text of white space. Raises ModelError if the server does not work
        or refuses an item, DataError for an unreadable image."""
        if self._kind == "text":
            return unit_rows(self._of_texts(texts_of(items), progress))
        jobs = [partial(_of_image, item) for item in items]
        return unit_rows(np.concatenate(self._run(partial(_together, jobs, len(items), progress))))

    def remarks(self, items: Iterable[Item], count: int) -> tuple[str, ...]:
        told = (
            f"{self._where} does not tell which weights it serves: vectors of an earlier run are taken over if it "
            "answers one fixed item as it did then",
        )
        if self._kind == "image":
            return told
        longer = sum(len(item.text or "") > self._most_characters for item in items)
        more = f"{longer:,} of {count:,} texts have more than {self._most_characters:,} characters: sent in pieces"
        return (*told, f"{more} and averaged") if longer else told

    def _of_texts(self, texts: Sequence[str], progress: CountProgress | None) -> F32:
        pieces = [
            (row, text[start:end])
            for row, text in enumerate(text[:MOST_CHARACTERS].encode("utf-8", "replace").decode() for text in texts)
            for start, end in piece_spans(len(text), self._most_characters)
            if text[start:end].strip()
        ]
        if not pieces:
            return np.zeros((len(texts), len(self._of_one_item)), np.float32)
        sent = [piece for _, piece in pieces]
        jobs = [partial(_of_pieces, sent[start : start + BATCH]) for start in range(0, len(sent), BATCH)]
        vectors_PD = np.concatenate(self._run(partial(_together, jobs, len(texts), progress)))
        vectors_ND = np.zeros((len(texts), vectors_PD.shape[1]), np.float32)
        lengths_P = np.array([len(piece) for piece in sent], np.float32)
        np.add.at(vectors_ND, [row for row, _ in pieces], vectors_PD * lengths_P[:, None])
        return vectors_ND

    @cached_property
    def _of_one_item(self) -> F32:
        probe = Item.of(0, "", "", None, PROBED) if self._kind == "text" else Item.of(0, "", "", None, image=_probed())
        vector_D: F32 = self.embed([probe])[0]
        return vector_D

    @cached_property
    def _most_characters(self) -> int:
        return (self._run(EmbeddingsServer.reads_tokens) or DEFAULT_TOKENS) * CHARS_PER_TOKEN

    def _run(self, ask: Callable[[EmbeddingsServer], Coroutine[Any, Any, T]]) -> T:
        """In an event loop of its own, which ends with the call."""

        async def asked() -> T:
            server = self._open()
            try:
                return await ask(server)
            finally:
                await server.close()

        return asyncio.run(asked())


async def _together(
    jobs: Sequence[Job], count: int, progress: CountProgress | None, server: EmbeddingsServer
) -> list[F32]:
    """The vectors of all jobs, of which AT_ONCE are asked at a time; they are of ``count`` items."""
    gate, done = asyncio.Semaphore(AT_ONCE), 0

    async def one(job: Job) -> F32:
        nonlocal done
        async with gate:
            vectors_BD = await job(server)
        done += 1
        if progress:
            progress(count * done // len(jobs))
        return vectors_BD

    return await together(map(one, jobs))


async def _of_pieces(pieces: list[str], server: EmbeddingsServer) -> F32:
    """f32[n, D]. If the server refuses them together, it is asked for each; a text that it refuses is halved, since it
    may be too long, and the halves averaged."""
    try:
        return await server.vectors({"input": pieces}, len(pieces))
    except ModelRefused as refused:
        (first, *others) = pieces
        if not others and len(first) < FEWEST_CHARACTERS:
            raise ModelError(f"{server.where} refuses the text {first!r}: {refused}") from None
    if others:
        return np.concatenate([await _of_pieces([piece], server) for piece in pieces])
    middle = len(first) // 2
    halves = [await _of_pieces([half], server) for half in (first[:middle], first[middle:])]
    mean_1D: F32 = (halves[0] + halves[1]) / np.float32(2)
    return mean_1D


async def _of_image(item: Item, server: EmbeddingsServer) -> F32:
    """f32[1, D]: alone in a request, as a chat, which is how vLLM takes images."""
    out = io.BytesIO()
    image_of(item, SIDE).save(out, "PNG")
    part = image_part(out.getvalue())
    try:
        return await server.vectors({"messages": [{"role": "user", "content": [part]}]}, 1)
    except ModelRefused as refused:
        raise ModelError(f"{server.where} refuses the image of item {item.item_id!r}: {refused}") from None


@cache
def _probed() -> bytes:
    """A fixed image: from black to white."""
    from PIL import Image

    out = io.BytesIO()
    Image.linear_gradient("L").save(out, "PNG")
    return out.getvalue()
