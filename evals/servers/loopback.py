"""A model server that costs next to nothing: one reply for everybody, after a while. In a process of its own.

    with Loopback(latency_s=0.05, core=1) as url: ...

The reply has what vLLM sends for a letter among thirteen: twenty likeliest tokens with their bytes, for the letter and
for the end of the answer. ``places``: no more requests are worked on at once, the others wait; ``most``: with more than
that many it answers 429.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import string
import subprocess
import sys

OPTIONS, TOP = 13, 20
MASKED = -9999.0
"""What vLLM writes for a token that the constraint rules out."""


def reply() -> bytes:
    """A chat completion whose answer is A, with p = 0.9."""
    letters = [(letter, math.log(0.9 if letter == "A" else 0.1 / (OPTIONS - 1))) for letter in string.ascii_uppercase]
    tops = [(letter, lp if place < OPTIONS else MASKED) for place, (letter, lp) in enumerate(letters[:TOP])]
    ends = [("", 0.0), *((letter, MASKED) for letter, _ in letters[: TOP - 1])]
    positions = [{**_token(*top[0]), "top_logprobs": [_token(*one) for one in top]} for top in (tops, ends)]
    message = {"role": "assistant", "content": "A", "refusal": None, "reasoning": None}
    choice = {"index": 0, "message": message, "logprobs": {"content": positions}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 300, "total_tokens": 302, "completion_tokens": 2, "prompt_tokens_details": None}
    whole = {"id": "chatcmpl-0", "object": "chat.completion", "created": 0, "model": "loopback"}
    return json.dumps({**whole, "choices": [choice], "usage": usage}, separators=(",", ":")).encode()


def _token(token: str, logprob: float) -> dict[str, object]:
    return {"token": token, "logprob": logprob, "bytes": list(token.encode())}


class Connection(asyncio.Protocol):
    """As little of HTTP/1.1 as clients on this machine need."""

    def __init__(self, server: Server) -> None:
        self._server, self._buffer, self._left = server, bytearray(), -1
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (head_end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:head_end]).lower()
            length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            if len(self._buffer) < head_end + 4 + length:
                return
            del self._buffer[: head_end + 4 + length]
            self._server.take(self)

    def answer(self, response: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(response)


class Server:
    def __init__(self, latency_s: float, places: int, most: int) -> None:
        body = reply()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._reply = head.encode() + body
        self._busy = b"HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        self._latency_s, self._places, self._most = latency_s, places, most
        self._working, self._waiting = 0, list[Connection]()

    def take(self, connection: Connection) -> None:
        if self._working + len(self._waiting) >= self._most:
            connection.answer(self._busy)
        elif self._working < self._places:
            self._begin(connection)
        else:
            self._waiting.append(connection)

    def _begin(self, connection: Connection) -> None:
        self._working += 1
        asyncio.get_running_loop().call_later(self._latency_s, self._finish, connection)

    def _finish(self, connection: Connection) -> None:
        self._working -= 1
        connection.answer(self._reply)
        if self._waiting:
            self._begin(self._waiting.pop(0))


class Loopback:
    """The server in another process, on ``core`` alone (-1: on any); entering gives its base URL, which ends in /v1."""

    def __init__(self, *, latency_s: float, places: int = 1_000_000, most: int = 1_000_000, core: int = -1) -> None:
        self._arguments = [str(value) for value in (latency_s, places, most, core)]

    def __enter__(self) -> str:
        command = [sys.executable, "-m", "evals.servers.loopback", *self._arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


async def serve(latency_s: float, places: int, most: int) -> None:
    server = Server(latency_s, places, most)
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(lambda: Connection(server), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1\n")
    sys.stdout.flush()
    await listener.serve_forever()


if __name__ == "__main__":
    latency_text, places_text, most_text, core_text = sys.argv[1:]
    if int(core_text) >= 0:
        os.sched_setaffinity(0, {int(core_text)})
    asyncio.run(serve(float(latency_text), int(places_text), int(most_text)))
