"""A server's key: read from the environment where it is sent, and neither kept, shown nor taken back from a server."""

from __future__ import annotations

import os
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from errata.errors import SetupError

PLAIN = "ERRATA_API_KEY"
"""For the only judge that the user named; a panel has one for each: ERRATA_API_KEY_NAME."""

LEAST_CHARS = 6
"""A shorter key is not looked for in answers: it may be part of a label."""

MASK = "[key]"


@dataclass(frozen=True, slots=True)
class Key:
    """Where one judge's key is found: in the first of these variables that is set. ``why``: a word on them."""

    variables: tuple[str, ...]
    why: str = ""

    @property
    def secret(self) -> str:
        """The key; empty where none is set. SetupError where it cannot be sent."""
        for variable in self.variables:
            if secret := os.environ.get(variable, "").strip():
                if not (secret.isascii() and secret.isprintable()):
                    raise SetupError(f"{variable} holds a line end or a character that no key has. Set it again.")
                return secret
        return ""

    def forms(self) -> tuple[str, ...]:
        """What must not be kept of an answer of a server that was sent this key."""
        return _forms(self.secret)

    @property
    def advice(self) -> str:
        """What to do where the server wants another."""
        return f"set {' or '.join(self.variables) or PLAIN}{self.why}"


def key_of(model: str, panel: Sequence[str] = ()) -> Key:
    """The key of ``model``, one of the models of a ``panel`` that are on servers. SetupError where two would share one.

    The plain variable counts only for a model that is asked alone.
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
    """Without any key of the environment: servers like to repeat them."""
    secrets = {value.strip() for name, value in os.environ.items() if name.startswith(PLAIN)} - {""}
    for secret in sorted(secrets, key=len, reverse=True):  # none that holds another is masked only in part
        for form in (secret, *_forms(secret)):
            said = said.replace(form, MASK)
    return said


def _forms(secret: str) -> tuple[str, ...]:
    """How a server may repeat a key; nothing of one so short that it may be part of a label."""
    if len(secret) < LEAST_CHARS:
        return ()
    in_base64 = (encode(secret.encode()).decode().rstrip("=") for encode in (b64encode, urlsafe_b64encode))
    return (secret, quote(secret, safe=""), *in_base64)
