"""The file of the small language model: its content is read exactly, and anything unexpected is refused."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from evals.small_model.gguf import read_gguf

F32_KIND, Q4_1, Q8_0 = 0, 3, 8


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def file_of(*tensors: tuple[str, tuple[int, ...], int, bytes], about: bytes = b"", keys: int = 0) -> bytes:
    """Tensors by name, shape with the innermost dimension first, kind and bytes."""
    heads, at = b"", 0
    for name, shape, kind, data in tensors:
        heads += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, at)
        at += len(data) + -len(data) % 32
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), keys) + about + heads
    return head + bytes(-len(head) % 32) + b"".join(data + bytes(-len(data) % 32) for *_, data in tensors)


def test_numbers_strings_and_lists_are_read() -> None:
    about = text("name") + struct.pack("<I", 8) + text("café")
    about += text("rates") + struct.pack("<IIQ2f", 9, 6, 2, 0.5, -2.0)
    about += text("layers") + struct.pack("<II", 4, 30)
    assert read_gguf(file_of(about=about, keys=3)).about == {"name": "café", "rates": [0.5, -2.0], "layers": 30}


def test_each_kind_of_tensor_is_read_outermost_dimension_first() -> None:
    plain = np.arange(6, dtype=np.float32)
    bits = bytes(low | (15 - low) << 4 for low in range(16))
    steps = struct.pack("<2e", 0.5, -1.0) + bits
    signed = struct.pack("<e", 0.25) + np.arange(-16, 16, dtype=np.int8).tobytes()
    found = read_gguf(
        file_of(("plain", (3, 2), F32_KIND, plain.tobytes()), ("q4", (32,), Q4_1, steps), ("q8", (32, 1), Q8_0, signed))
    ).tensors
    assert found["plain"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found["q4"].tolist() == [0.5 * n - 1 for n in (*range(16), *range(15, -1, -1))]
    assert found["q8"].tolist() == [[0.25 * n for n in range(-16, 16)]]


@pytest.mark.parametrize("end", [3, 20, 60])
def test_a_file_that_is_cut_off_is_refused(end: int) -> None:
    with pytest.raises(ValueError, match=r"GGUF|cut off|buffer"):
        read_gguf(file_of(("plain", (8,), F32_KIND, bytes(32)))[:end])


def test_what_is_not_read_here_is_named() -> None:
    with pytest.raises(ValueError, match="a tensor of kind 14"):
        read_gguf(file_of(("other", (32,), 14, bytes(32))))
    with pytest.raises(ValueError, match="a value of kind 99"):
        read_gguf(file_of(about=text("odd") + struct.pack("<I", 99), keys=1))
    with pytest.raises(ValueError, match="not a GGUF file"):
        read_gguf(b"PK\3\4" + bytes(64))
