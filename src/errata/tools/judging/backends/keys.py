"""A server's API key: read from the environment when it is sent; never stored, shown, or accepted back from a
server."""

from __future__ import annotations

import os
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from errata.errors import SetupError

PLAIN = "ERRATA_API_KEY"
"""For a panel of one judge; judges of a larger panel have one each: ERRATA_API_KEY_NAME."""

LEAST_CHARS = 6
"""A shorter key is not searched for in answers: it may be part of a label."""

MASK = "[key]"


@dataclass(frozen=True, slots=True)
class Key:
    """Where one judge's key is: in the first of these variables that is set. ``why`` explains them."""

    variables: tuple[str, ...]
    why: str = ""

    @property
    def secret(self) -> str:
        """The key; empty if none is set. SetupError if it cannot be sent."""
        for variable in self.variables:
            if secret := os.environ.get(variable, "").strip():
                if not (secret.isascii() and secret.isprintable()):
                    raise SetupError(f"{variable} holds a line end or a character that no key has. Set it again.")
                return secret
        return ""

    def forms(self) -> tuple[str, ...]:
        """The strings to remove from answers of a server that was sent this key."""
        return _forms(self.secret)

    @property
    def advice(self) -> str:
        """What to do if the server wants another key."""
        return f"set {' or '.join(self.variables) or PLAIN}{self.why}"


def key_of(model: str, panel: Sequence[str] = ()) -> Key:
    """The key of ``model``, one of the models of a ``panel`` on servers. SetupError if two would share one.

    The plain variable is used only if the panel has one model.
    """
    own = variable_of(model)
    others = [other for other in panel if other != model]
    if not others:
        return Key(tuple(dict.fromkeys((own, PLAIN))))
    for other in others:
        if variable_of(other) == own and own in os.environ:
            raise SetupError(f"{model!r} and {other!r} would both be sent the key in {own}. Ask one of them at a time.")
    all_of_them = ", ".join(variable_of(name) for name in panel)
    return Key((own,), f" ({PLAIN} is for a judge that is asked alone; this panel has {all_of_them})")


def variable_of(model: str) -> str:
    """``ERRATA_API_KEY_QWEN_QWEN3_8B`` for ``Qwen/Qwen3-8B``."""
    return f"{PLAIN}_{re.sub(r'[^A-Z0-9]+', '_', model.upper()).strip('_')}".rstrip("_")


def without_keys(said: str) -> str:
    """The text without any key from the environment, since servers sometimes repeat them."""
    secrets = {value.strip() for name, value in os.environ.items() if name.startswith(PLAIN)} - {""}
    for secret in sorted(secrets, key=len, reverse=True):  # longest first: a key may contain another
        for form in (secret, *_forms(secret)):
            said = said.replace(form, MASK)
    return said


def _forms(secret: str) -> tuple[str, ...]:
    """How a server may repeat a key; none for a key so short that it may be part of a label."""
    if len(secret) < LEAST_CHARS:
        return ()
    in_base64 = (encode(secret.encode()).decode().rstrip("=") for encode in (b64encode, urlsafe_b64encode))
    return (secret, quote(secret, safe=""), *in_base64)
