"""Small damage to small files, as done by disks, editors, other programs, and malicious people."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence

Files = Mapping[str, bytes]
"""One input: its files by relative name."""

NUMBERS = (0, 1, 2, 127, 128, 255, 256, 32767, 65535, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63 - 1, 2**64 - 1)
WORDS = (
    *(b"", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", "\u202e\u0130\ufb01".encode(), b"\r", b"\n"),
    *(b"nan", b"-1", b"1e400", b"null", b"NaN", b"Infinity", b"-0.0", b"9" * 40, b"9" * 5000, b"true", b"{}", b"[]"),
    *(b"\\ud800", b"\\u0000", b'"', b"'", b"\\", b",", b";", b"\t", b"#", b"=", b"../../x", b"/dev/zero", b"\x1b[2J"),
)
NESTS = ((b"[", b"]"), (b"{", b"}"), (b'{"a":', b"}"), (b"(", b")"), (b"not ", b""), (b"-", b""), (b"a.", b""))
LONGEST = 4_000_000
"""Bytes of a file; more would test the disk."""


def mutate(rng: random.Random, files: Files, others: Sequence[Files], words: Sequence[bytes]) -> Files:
    """Damage one of the files, up to four times over; sometimes rename it, remove it, or take it from another input."""
    name = rng.choice(sorted(files))
    data, donor = files[name], rng.choice(others)
    for _ in range(rng.choice((1, 1, 1, 2, 2, 4))):
        data = rng.choice(DAMAGE)(rng, data, donor.get(name) or rng.choice(list(donor.values())), words)[:LONGEST]
    if data.startswith(b"\x89PNG") and rng.random() < 0.5:
        data = with_checksums(data)
    if len(files) == 1 or rng.random() < 0.9:
        return {**files, name: data}
    kept = {other: content for other, content in files.items() if other != name}
    return kept if rng.random() < 0.5 else kept | {_renamed(rng, name): data}


def _renamed(rng: random.Random, name: str) -> str:
    folder, _, file = name.rpartition("/")
    new = rng.choice(
        ("a\nb.png", "\u202egnp.png", " .png", "-rf.png", ".png", "x" * 240 + ".png", "sub/deep/x.png", "x")
    )
    return rng.choice((f"{folder}/{new}", f"{new[:200]}/{file}", new)).lstrip("/")


def _flip(rng: random.Random, data: bytes, _: bytes, __: Sequence[bytes]) -> bytes:
    found = bytearray(data)
    for _bit in range(rng.choice((1, 1, 2, 8)) if data else 0):
        found[rng.randrange(len(found))] ^= 1 << rng.randrange(8)
    return bytes(found)


def _number(rng: random.Random, data: bytes, _: bytes, __: Sequence[bytes]) -> bytes:
    """Replace a length, an offset, or a count by a number that often causes trouble."""
    size = rng.choice((1, 2, 4, 8))
    at = rng.randrange(max(1, len(data) - size + 1))
    value: bytes = (rng.choice(NUMBERS) & (256**size - 1)).to_bytes(size, rng.choice(("little", "big")))
    return data[:at] + value + data[at + size :]


def _cut(rng: random.Random, data: bytes, _: bytes, __: Sequence[bytes]) -> bytes:
    start, end = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
    return rng.choice((data[:end], data[start:], data[:start] + data[end:]))


def _splice(rng: random.Random, data: bytes, other: bytes, _: Sequence[bytes]) -> bytes:
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


def _word(rng: random.Random, data: bytes, _: bytes, words: Sequence[bytes]) -> bytes:
    """Insert or overwrite with a word of the format, or one with a special meaning somewhere."""
    word = rng.choice(words if words and rng.random() < 0.6 else WORDS)
    at = rng.randrange(len(data) + 1)
    return data[:at] + word + data[at + rng.choice((0, len(word), rng.randrange(12))) :]


def _repeat(rng: random.Random, data: bytes, _: bytes, __: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(data) + 1)
    chunk = data[at : at + rng.choice((1, 2, 8, 40, 400))]
    return data[:at] + chunk * rng.choice((2, 3, 20, 500, 20_000)) + data[at:]


def _nest(rng: random.Random, data: bytes, _: bytes, __: Sequence[bytes]) -> bytes:
    left, right = rng.choice(NESTS)
    depth, at = rng.choice((10, 90, 250, 1_000, 100_000)), rng.randrange(len(data) + 1)
    end = rng.randrange(at, min(at + 20, len(data)) + 1)
    return data[:at] + left * depth + data[at:end] + right * rng.choice((depth, 0)) + data[end:]


def _swap_lines(rng: random.Random, data: bytes, _: bytes, __: Sequence[bytes]) -> bytes:
    lines = data.split(b"\n")
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[i], lines[j] = lines[j], rng.choice((lines[i], lines[j], b""))
    return b"\n".join(lines)


Damage = Callable[[random.Random, bytes, bytes, Sequence[bytes]], bytes]
DAMAGE: tuple[Damage, ...] = (_flip, _number, _cut, _splice, _word, _word, _repeat, _nest, _swap_lines)


def with_checksums(png: bytes) -> bytes:
    """The chunks of a PNG with correct checksums, so that more than the checksums is tested."""
    found, at = png[:8], 8
    while at + 12 <= len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        chunk = png[at + 4 : at + 8 + length]
        found += png[at : at + 4] + chunk + struct.pack(">I", zlib.crc32(chunk))
        at += 12 + length
    return found + png[at:]


def smaller(data: bytes) -> list[bytes]:
    """Shorter variants of a file, the shortest first: without one of its halves, quarters, eighths, ..."""
    found, parts = [], 2
    while parts <= 64 and len(data) >= parts:
        step = -(-len(data) // parts)
        found += [data[:at] + data[at + step :] for at in range(0, len(data), step)]
        parts *= 2
    return found
