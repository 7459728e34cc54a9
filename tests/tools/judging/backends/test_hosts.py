"""Items go to private networks, or to hosts that the user allowed by name."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from errata.errors import SetupError
from errata.tools.judging.backends.hosts import check_host
from errata.tools.judging.backends.server import ServerModel
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.doctor import probe_named
from errata.tools.judging.spec import open_model
from tests.integration.openai_stub import Knobs, serving


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/v1",
        "http://127.0.0.1:8000/v1",
        "http://[::1]:8000/v1",
        "http://10.1.2.3/v1",
        "https://192.168.0.7:8443/v1",
        "http://172.31.255.1/v1",
        "http://[::ffff:10.0.0.1]/v1",
    ],
)
def test_addresses_of_ones_own_network_pass(url: str) -> None:
    check_host(url, ())


@pytest.mark.parametrize(
    "url", ["http://8.8.8.8/v1", "https://[2001:4860:4860::8888]/v1", "http://[::ffff:8.8.8.8]/v1"]
)
def test_a_public_address_needs_to_be_allowed_by_name(url: str) -> None:
    host = url.split("//")[1].removesuffix("/v1").strip("[]")
    with pytest.raises(SetupError, match=f"--allow-host {host}"):
        check_host(url, ("example.org",))
    check_host(url, (host,))


@pytest.mark.parametrize("url", ["ftp://localhost/v1", "localhost:8000", "http:///v1", "file:///etc/passwd"])
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(SetupError, match="must look like http://HOST:PORT/v1"):
        check_host(url, ())


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(SetupError, match="set ERRATA_API_KEY") as error:
        check_host("http://me:hunter2@localhost/v1", ())
    assert "hunter2" not in str(error.value)


def test_a_host_that_does_not_exist_is_named() -> None:
    with pytest.raises(SetupError, match=r"'no-such-host\.invalid' cannot be found"):
        check_host("http://no-such-host.invalid:8000/v1", ())


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.1.1",
        "[fe80::1]",
        "[::ffff:169.254.169.254]",
        "[fd00:ec2::254]",
        "0.0.0.0",
        "[::]",
        "224.0.0.1",
        "[ff02::1]",
        "255.255.255.255",
        "192.0.2.1",
        "198.18.0.1",
        "100.100.100.200",
        "[64:ff9b::a00:1]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a00:1::]",
        "[::10.0.0.1]",
    ],
)
def test_link_local_and_other_special_addresses_are_not_private(host: str) -> None:
    with pytest.raises(SetupError, match="--allow-host"):
        check_host(f"http://{host}/v1", ())
    check_host(f"http://{host}/v1", (host,))


@pytest.mark.parametrize("host", ["2852039166", "0251.0376.0251.0376", "0xa9fea9fe", "169.254.43518", "127.1"])
def test_an_address_in_disguise_is_refused(host: str) -> None:
    with pytest.raises(SetupError, match="in disguise"):
        check_host(f"http://{host}/v1", (host,))


def test_what_a_name_means_later_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that resolves to a private address when checked and to a public one later: every connection uses the
    first."""
    asked = []

    def rebinding(host: object, port: object, *args: object, **more: object) -> list[Any]:
        asked.append(host)
        address = "127.0.0.1" if asked.count(host) == 1 else "8.8.8.8"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0))]

    async def main() -> None:
        async with serving(Knobs()) as (stub, url):
            elsewhere = url.replace("127.0.0.1", "judge.example")
            monkeypatch.setattr(socket, "getaddrinfo", rebinding)
            model = open_model(f"stub@{elsewhere}")
            await model.complete(ChatRequest(({"role": "user", "content": "?"},), (), 4))
            await model.close()
            assert asked == ["judge.example"]
            asked.clear()
            assert (await probe_named(elsewhere)).model == "stub"
            assert asked.count("judge.example") == 1
            assert {headers["Host"] for headers in stub.headers} == {elsewhere.split("/")[2]}

    asyncio.run(main())


def test_a_server_with_an_unchecked_address_is_checked_before_it_is_asked() -> None:
    async def main() -> None:
        model = ServerModel("m", "http://169.254.169.254/v1")
        with pytest.raises(SetupError, match="--allow-host"):
            await model.complete(ChatRequest(({"role": "user", "content": "?"},), (), 4))

    asyncio.run(main())
