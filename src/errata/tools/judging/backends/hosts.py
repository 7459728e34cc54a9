"""errata connects only to hosts that the user named and, beyond private networks, only to those that the user allowed
by name. It connects to the addresses that were checked, even if the name resolves differently later."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

from errata.errors import SetupError
from errata.settings import refuse_key_in_address, without_secrets

PRIVATE = [
    ipaddress.ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
]
"""This machine and private networks. Link-local addresses are excluded: clouds hand out their credentials there."""

CLOUD_METADATA = [ipaddress.ip_network(network) for network in ("fd00:ec2::/32", "fd20:ce::/32")]
"""Clouds' credential services inside a private range."""


def check_host(url: str, allowed: Collection[str]) -> tuple[str, ...]:
    """The addresses of the URL's host, if all are private or this machine's own, or the host is in ``allowed``.

    SetupError otherwise, for a URL that is not http(s), and for one that contains a key.
    """
    refuse_key_in_address(url)
    host = _host(url)
    addresses = _addresses(host)
    if host.rstrip(".") in {name.casefold().strip("[]").rstrip(".") for name in allowed}:
        return addresses
    if others := [address for address in addresses if not is_private(address)]:
        raise SetupError(
            f"{host} ({others[0]}) is neither this machine nor in a private network: items would leave yours. "
            f"If that is what you want: --allow-host {host}"
        )
    return addresses


def api_base(url: str) -> str:
    """The API's address for a URL. Servers print theirs without the path, and users paste that."""
    base = url.rstrip("/").removesuffix("/chat/completions")
    return base if urlsplit(base).path else f"{base}/v1"


def is_private(address: str) -> bool:
    """Whether an IP address belongs to this machine or a private network, including IPv4 addresses written as IPv6."""
    ip = ipaddress.ip_address(address)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return any(ip in network for network in PRIVATE) and not any(ip in network for network in CLOUD_METADATA)


class CheckedAddresses(AbstractResolver):
    """Resolves a name for aiohttp to the addresses that were checked, whatever it resolves to now."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [_resolved(host, address, port) for address in self._addresses]

    async def close(self) -> None:
        """Nothing to close."""


def _resolved(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018  raises if it is not a number
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not host:
        raise SetupError(f"A server's address must look like http://HOST:PORT/v1, got {without_secrets(url)}.")
    return host


def _is_number(host: str) -> bool:
    """Whether this is an address in one of the old numeric forms, such as 2130706433 or 0177.0.0.1."""
    try:
        socket.inet_aton(host)
    except OSError:
        return False
    return host.count(".") < 3 or host != socket.inet_ntoa(socket.inet_aton(host))


def _addresses(host: str) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        if _is_number(host):
            raise SetupError(f"{host!r} is the address {found[0][4][0]} in disguise. Write it so.")
    except (OSError, UnicodeError) as error:
        raise SetupError(f"The server's host {host!r} cannot be found ({error}). Is the name right?") from None
    return tuple(dict.fromkeys(str(info[4][0]).partition("%")[0] for info in found))
