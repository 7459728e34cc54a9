"""Read a GGUF file: numbers, strings, and arrays from untrusted bytes. It contains no code, and none is run.

Only what SmolLM2's file has: tensors of 32-bit floats, and quantized ones of the kinds Q4_1 and Q8_0. The format is
that of ggml's docs/gguf.md, version 3.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from errata.types import F32

MAGIC, VERSION = b"GGUF", 3
NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
BLOCK = 32
"""This many weights share one scale in a quantized tensor."""


class Gguf(NamedTuple):
    """``about``: what the file says of the model; ``tensors``: name -> f32, outermost dimension first."""

    about: Mapping[str, Any]
    tensors: Mapping[str, F32]


def read_gguf(data: bytes) -> Gguf:
    """ValueError for another format, a file that is cut off, or a kind of value that is not read here."""
    cursor = _Cursor(data)
    if cursor.bytes(len(MAGIC)) != MAGIC or cursor.number("I") != VERSION:
        raise ValueError(f"not a GGUF file of version {VERSION}")
    count, keys = cursor.number("Q"), cursor.number("Q")
    about = {cursor.string(): cursor.value(cursor.number("I")) for _ in range(keys)}
    heads = [_head(cursor) for _ in range(count)]
    alignment = about.get("general.alignment", 32)
    start = -(-cursor.at // alignment) * alignment
    return Gguf(about, {name: _tensor(data, start + at, shape, kind) for name, shape, kind, at in heads})


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.at, self._data = 0, data

    def bytes(self, count: int) -> bytes:
        found = self._data[self.at : self.at + count]
        if len(found) < count:
            raise ValueError(f"the file is cut off: it has {len(self._data)} bytes")
        self.at += count
        return found

    def number(self, form: str) -> Any:
        size = struct.calcsize("<" + form)
        return struct.unpack("<" + form, self.bytes(size))[0]

    def string(self) -> str:
        return self.bytes(self.number("Q")).decode()

    def value(self, kind: int) -> Any:
        if kind == STRING:
            return self.string()
        if kind == ARRAY:
            of, count = self.number("I"), self.number("Q")
            return [self.value(of) for _ in range(count)]
        if kind not in NUMBERS:
            raise ValueError(f"a value of kind {kind} is not read here")
        return self.number(NUMBERS[kind])


def _head(cursor: _Cursor) -> tuple[str, tuple[int, ...], int, int]:
    name = cursor.string()
    shape = tuple(cursor.number("Q") for _ in range(cursor.number("I")))[::-1]
    return name, shape, cursor.number("I"), cursor.number("Q")


def _tensor(data: bytes, at: int, shape: tuple[int, ...], kind: int) -> F32:
    if kind not in KINDS:
        raise ValueError(f"a tensor of kind {kind} is not read here")
    size, per_block, decode = KINDS[kind]
    blocks = np.frombuffer(data, np.uint8, math.prod(shape) // per_block * size, at)
    return decode(blocks.reshape(-1, size)).reshape(shape)


def _floats(blocks_Bb: np.ndarray) -> F32:
    return blocks_Bb.view(np.float32)


def _q4_1(blocks_Bb: np.ndarray) -> F32:
    """A scale, the least value, and 32 times 4 bits: those of the low halves of the bytes first."""
    scale_B, least_B = (np.ascontiguousarray(blocks_Bb[:, at : at + 2]).view(np.float16) for at in (0, 2))
    steps_B32 = np.concatenate((blocks_Bb[:, 4:] & 0xF, blocks_Bb[:, 4:] >> 4), axis=1)
    return scale_B.astype(np.float32) * steps_B32 + least_B.astype(np.float32)


def _q8_0(blocks_Bb: np.ndarray) -> F32:
    """A scale and 32 signed bytes."""
    scale_B = np.ascontiguousarray(blocks_Bb[:, :2]).view(np.float16)
    return scale_B.astype(np.float32) * np.ascontiguousarray(blocks_Bb[:, 2:]).view(np.int8)


KINDS: Mapping[int, tuple[int, int, Callable[[np.ndarray], F32]]] = {
    0: (4, 1, _floats),
    3: (20, BLOCK, _q4_1),
    8: (34, BLOCK, _q8_0),
}
"""Kind -> bytes a block, weights a block, and how to read it."""
