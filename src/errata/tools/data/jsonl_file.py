"""JSON Lines: one object per line, written by changing only the label's token."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from errata.errors import DataError
from errata.tools.data.splice import BOM, Splice, decode_utf8, write_spliced
from errata.tools.data.table import Changes
from errata.types import Int

SPACE = " \t\r\n"
DEEPEST = 100


class Member(NamedTuple):
    """One ``"key": value`` of an object: start of the key, start and end of the value, in characters."""

    key: str
    start: int
    value: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class JsonlFile:
    """A whole JSON Lines file in memory. ``spans`` i64[N, 2]: start and end of each row's line."""

    data: bytes
    sha256: str
    names: tuple[str, ...]
    spans: Int
    format: Literal["jsonl"] = "jsonl"

    def __len__(self) -> int:
        return len(self.spans)

    def cells(self, name: str, rows: Sequence[int] | None = None) -> list[object]:
        return [json.loads(self._line(row)).get(name) for row in (range(len(self)) if rows is None else rows)]

    def class_names(self, name: str) -> None:
        return None

    def write(self, changes: Changes, out: Path) -> dict[int, str]:
        splices: list[Splice] = []
        former: dict[int, str] = {}
        for row in range(len(self)) if changes.add or changes.drop else changes.labels:
            line, members = self._line(row), _members(self._line(row))
            if row in changes.labels:
                label = _last(members, changes.column)
                former[row] = line[label.value : label.end] if label else ""
            splices += (self._splice(row, line, *span) for span in _row_changes(line, members, changes, row))
        write_spliced(self.data, splices, out)
        return former

    def _line(self, row: int) -> str:
        start, end = self.spans[row]
        return self.data[start:end].decode()

    def _splice(self, row: int, line: str, start: int, end: int, new: str) -> Splice:
        """Convert characters of a line to bytes of the file."""
        offset = int(self.spans[row][0])
        return Splice(offset + len(line[:start].encode()), offset + len(line[:end].encode()), new.encode())


def read_jsonl(path: Path) -> JsonlFile:
    """Read a JSON Lines file: UTF-8, one object per line. Blank lines are not rows; a key that a row lacks is null.

    Raises DataError for another encoding and for a line that is not a JSON object, naming it.
    """
    data = path.read_bytes()
    decode_utf8(data, path)
    names: dict[str, None] = {}
    spans = []
    end = len(BOM) - 1 if data.startswith(BOM) else -1
    line_number = 0
    while end < len(data):
        start, line_number = end + 1, line_number + 1
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        if data[start:end].strip():
            names.update(dict.fromkeys(_parse(data[start:end].decode(), path, line_number)))
            spans.append((start, end))
    if not spans:
        raise DataError(f"{path} is empty: it needs one JSON object a line.")
    return JsonlFile(data, hashlib.sha256(data).hexdigest(), tuple(names), np.array(spans, dtype=np.int64))


def _parse(line: str, path: Path, number: int) -> dict[str, object]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}, line {number}, is not JSON ({error}): repair or remove the line.") from error
    if line.count("[") + line.count("{") > DEEPEST and _is_deeper(found, DEEPEST):
        raise DataError(f"{path}, line {number}, is nested more than {DEEPEST} levels deep: no item is. Flatten it.")
    if not isinstance(found, dict):
        raise DataError(f"{path}, line {number}, holds a {type(found).__name__}: each line must be one JSON object.")
    return found


def _is_deeper(value: object, most: int) -> bool:
    """Whether values are nested more deeply than this: what is read here must also be readable deep in a call stack."""
    level = [value]
    for _ in range(most):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(level)


def _members(line: str) -> list[Member]:
    """The members of the object in a line, which must be one."""
    decoder, members = json.JSONDecoder(), []
    position = _skip(line, line.index("{") + 1)
    while line[position] != "}":
        start = position
        key, position = decoder.raw_decode(line, start)
        value = _skip(line, _skip(line, position) + 1)
        _, end = decoder.raw_decode(line, value)
        members.append(Member(key, start, value, end))
        position = _skip(line, end)
        if line[position] == ",":
            position = _skip(line, position + 1)
    return members


def _skip(line: str, position: int) -> int:
    while line[position] in SPACE:
        position += 1
    return position


def _last(members: Sequence[Member], key: str) -> Member | None:
    """If a key occurs twice, JSON readers take the last."""
    return next((member for member in reversed(members) if member.key == key), None)


def _row_changes(line: str, members: Sequence[Member], changes: Changes, row: int) -> Iterator[tuple[int, int, str]]:
    """The spans of a row's line to replace, and their replacements."""
    gone = set(changes.drop)
    tokens = {name: _token(values[row], line) for name, values in changes.add.items()}
    if change := changes.labels.get(row):
        label = _last(members, changes.column)
        token = _token(change.value, line) if change.raw is None else change.raw
        if token == "":
            gone.add(changes.column)  # the empty token means that the key did not exist
        elif label is not None:
            yield label.value, label.end, token
        else:
            tokens = {changes.column: token, **tokens}
    yield from _cut(members, gone)
    if tokens:
        place = members[-1].end if members else line.index("{") + 1
        text = ", ".join(f"{_token(name, line)}: {token}" for name, token in tokens.items())
        yield place, place, f", {text}" if members else text


def _cut(members: Sequence[Member], gone: set[str]) -> Iterator[tuple[int, int, str]]:
    """The spans of the members to remove, each with the comma before it, or after it if nothing remains before."""
    stay = [member.key not in gone for member in members]
    lead = stay.index(True) if True in stay else len(members)
    if lead:
        yield members[0].start, members[lead].start if lead < len(members) else members[-1].end, ""
    yield from ((members[i - 1].end, members[i].end, "") for i in range(lead, len(members)) if not stay[i])


def _token(value: object, line: str) -> str:
    return json.dumps(value, ensure_ascii=line.isascii())
