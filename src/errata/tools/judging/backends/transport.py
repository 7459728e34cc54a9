"""The line to a server: one session, one host, the key on the way out and never on the way back."""

from __future__ import annotations

import os
from typing import Any

import aiohttp
from pydantic_core import to_json

from errata.errors import ModelError

KEY_VARIABLE = "ERRATA_API_KEY"

IDLE_S = 4.0
"""A connection that nobody used for so long is not used again: vLLM closes it after 5 seconds, perhaps just then."""
LONGEST_WAIT_S = 60.0


class MayHealError(ModelError):
    """This try failed; another may not. ``busy``: the server has too much to do."""

    def __init__(
        self, message: str, status: int | None = None, retry_after: str | None = None, *, busy: bool = False
    ) -> None:
        super().__init__(message)
        self.status, self.retry_after, self.busy = status, retry_after, busy


class Transport:
    """Sends to ``base_url`` and nowhere else: no proxy of the environment is used and no redirect followed. The key is
    read from ERRATA_API_KEY for each request, and neither kept nor shown."""

    def __init__(self, base_url: str, *, limit: int, timeout_s: float) -> None:
        self.base_url = base_url
        self._limit = limit
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=min(timeout_s, 20.0))
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self, method: str, path: str, body: dict[str, Any] | None = None, request_id: str = ""
    ) -> tuple[int, Any, bytes]:
        """Status, headers and body. ModelError where nothing answers at all, MayHealError where the line broke off."""
        data = None if body is None else to_json(body)
        try:
            async with self._open_session().request(
                method, self.base_url + path, data=data, headers=_headers(request_id), allow_redirects=False
            ) as response:
                return response.status, response.headers, await response.read()
        except aiohttp.ClientConnectorError as error:
            raise ModelError(
                f"Nothing answers at {self.base_url} ({error.os_error}). Is the server running, and is the port right?"
            ) from None
        except TimeoutError:
            raise MayHealError(f"no answer within {self._timeout.total:g} seconds", busy=True) from None
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
            raise MayHealError(f"the connection broke off ({error})") from None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._limit, keepalive_timeout=IDLE_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
                trust_env=False,
            )
        return self._session


def backoff(error: Exception) -> bool | float:
    """Whether to try again, or after how many seconds if the server said so (bounded: it may say "tomorrow")."""
    if not isinstance(error, MayHealError):
        return False
    try:
        return min(max(float(error.retry_after or ""), 0.0), LONGEST_WAIT_S)
    except ValueError:
        return True


def without_key(said: str) -> str:
    """Servers like to repeat a wrong key in their answer."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    return said.replace(key, "[key]") if key else said


def _headers(request_id: str) -> dict[str, str]:
    """``X-Request-Id`` lets a server's log be matched with the calls that a run recorded (vLLM reads it)."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    headers = {"Content-Type": "application/json"} | ({"X-Request-Id": request_id} if request_id else {})
    return headers | ({"Authorization": f"Bearer {key}"} if key else {})
