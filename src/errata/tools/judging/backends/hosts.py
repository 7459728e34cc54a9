"""errata connects only to hosts that the user named, and to public ones only if the user allowed each by name."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from errata.errors import SetupError


def check_host(url: str, allowed: Collection[str]) -> None:
    """Pass if every address of the URL's host is private or this machine's own, or the host is in ``allowed``.

    SetupError otherwise, for a URL that is not http(s), and for one that carries a password.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SetupError(f"A judge's address must look like http://HOST:PORT/v1, got {url!r}.")
    if parts.username or parts.password:
        raise SetupError("A judge's address must not carry a key or password: set ERRATA_API_KEY instead.")
    if parts.hostname in allowed:
        return
    public = [address for address in _addresses(parts.hostname) if not _is_private(address)]
    if public:
        raise SetupError(
            f"{parts.hostname} ({public[0]}) is not in a private network, and items would leave yours. "
            f"If that is what you want: --allow-host {parts.hostname}"
        )


def api_base(url: str) -> str:
    """The address of the API behind a URL. Servers print theirs without the path, and that is what gets pasted."""
    base = url.rstrip("/").removesuffix("/chat/completions")
    return base if urlsplit(base).path else f"{base}/v1"


def _addresses(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SetupError(f"The judge's host {host!r} cannot be found ({error}). Is the name right?") from None
    return sorted({str(info[4][0]).partition("%")[0] for info in found})


def _is_private(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    mapped = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).is_private
