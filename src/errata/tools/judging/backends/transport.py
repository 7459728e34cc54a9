"""The connection to a server: one session, one host; the key is sent, and removed from what comes back."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import aiohttp
import stamina
from pydantic_core import to_json

from errata.errors import ModelError
from errata.tools.judging.backends.failures import QUOTA, Failure
from errata.tools.judging.backends.hosts import CheckedAddresses, check_host
from errata.tools.judging.backends.keys import Key, without_keys

IDLE_S = 4.0
"""Connections idle for this long are not reused: vLLM closes them after 5 seconds, perhaps at that very moment."""
LONGEST_WAIT_S = 60.0
ATTEMPTS = 6


class RetryableError(ModelError):
    """This try failed; another may succeed. ``failure``: what the server said, None if nothing. ``slow``: it may be
    overloaded."""

    def __init__(self, message: str, failure: Failure | None = None, *, slow: bool = False) -> None:
        super().__init__(message)
        self.failure, self.slow = failure, slow


class Transport:
    """Sends to ``base_url`` only: ignores proxies from the environment and follows no redirects. The key is read for
    each request, and neither kept nor shown. ``addresses`` are those of its host that passed ``check_host``; without
    them it must pass before the first request."""

    def __init__(self, base_url: str, *, limit: int, timeout_s: float, key: Key, addresses: Sequence[str] = ()) -> None:
        self.base_url, self._key, self._addresses = base_url, key, addresses
        self._limit = limit
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=min(timeout_s, 20.0))
        self._session: aiohttp.ClientSession | None = None
        self._opening = asyncio.Lock()
        self._in_flight, self._used_at_s = 0, 0.0

    async def send(
        self, method: str, path: str, body: dict[str, Any] | None = None, request_id: str = ""
    ) -> tuple[int, Any, bytes]:
        """Status, headers, and body. ModelError if nothing answers at all, RetryableError if the connection broke."""
        data = None if body is None else to_json(body)
        session = await self._open_session()
        self._in_flight += 1
        try:
            async with session.request(
                method, self.base_url + path, data=data, headers=self._headers(request_id), allow_redirects=False
            ) as response:
                return response.status, response.headers, await response.read()
        except aiohttp.ClientConnectorError as error:
            if error.os_error.errno in (errno.EMFILE, errno.ENFILE):
                raise RetryableError(
                    "this system lets no more files and connections be open (see ulimit -n)", slow=True
                ) from None
            raise ModelError(
                f"Nothing answers at {self.base_url} ({error.os_error}). Is the server running, and is the port right?"
            ) from None
        except TimeoutError:
            raise RetryableError(f"no answer within {self._timeout.total:g} seconds", slow=True) from None
        except aiohttp.InvalidURL as error:
            raise ModelError(f"{self.base_url} is no address to connect to ({error}).") from None
        except aiohttp.ClientError as error:
            raise RetryableError(f"the connection broke off ({without_keys(str(error))})") from None
        finally:
            self._in_flight -= 1
            self._used_at_s = time.monotonic()

    def error(self, where: str, found: Failure, headers: Mapping[str, str]) -> ModelError | None:
        """What went wrong with the server called ``where`` itself; None for what may be about one request."""
        status, said = found.status, found.said
        if found.may_pass:
            return RetryableError(f"HTTP {status}: {said}", found, slow=status in (408, 503))
        if status in (401, 403):
            return ModelError(
                f"{where} says the key is missing or wrong (HTTP {status}): {self._key.advice}. It said: {said}"
            )
        if status == 402 or QUOTA in said:
            return ModelError(f"{where} says that what was paid for is used up (HTTP {status}). It said: {said}")
        if 300 <= status < 400:
            elsewhere = without_keys(headers.get("Location", ""))
            return ModelError(f"{self.base_url} redirects to {elsewhere!r}: name that address itself.")
        return None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)  # sockets close on the loop's next iteration
            self._session = None

    async def _open_session(self) -> aiohttp.ClientSession:
        async with self._opening:
            if self._in_flight == 0 and time.monotonic() - self._used_at_s > IDLE_S:
                # Nothing closes connections while no loop runs: they would stay open next to the new ones.
                await self.close()
            return self._session or self._new_session()

    def _new_session(self) -> aiohttp.ClientSession:
        resolver = CheckedAddresses(self._addresses or check_host(self.base_url, ()))
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._limit, keepalive_timeout=IDLE_S, resolver=resolver),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            trust_env=False,
        )
        return self._session

    def _headers(self, request_id: str) -> dict[str, str]:
        """``X-Request-Id`` matches a server's log with the calls that a run recorded (vLLM reads it)."""
        secret = self._key.secret
        headers = {"Content-Type": "application/json"} | ({"X-Request-Id": request_id} if request_id else {})
        return headers | ({"Authorization": f"Bearer {secret}"} if secret else {})


def retries(first_wait_s: float) -> AsyncIterator[stamina.Attempt]:
    """ATTEMPTS tries of what raises RetryableError, with growing waits between them; the last error is raised."""
    return stamina.retry_context(
        on=_backoff,
        attempts=ATTEMPTS,
        timeout=None,
        wait_initial=first_wait_s,
        wait_max=LONGEST_WAIT_S,
        wait_jitter=first_wait_s,
    )


def _backoff(error: Exception) -> bool | float:
    """Whether to retry, or after how many seconds if the server said so."""
    if not isinstance(error, RetryableError):
        return False
    wait_s = error.failure.wait_s if error.failure is not None else None
    return True if wait_s is None else wait_s
