"""Items go to private networks, or to hosts that the user allowed by name."""

from __future__ import annotations

import pytest

from errata.errors import SetupError
from errata.tools.judging.backends.hosts import check_host


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
