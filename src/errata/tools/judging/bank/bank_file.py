"""Question banks as JSON files, written once by a questioner or a person and used in later runs."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from errata.errors import DataError, nearest
from errata.prompts.options import one_line
from errata.tools.judging.bank.bank import Bank, BankQuestion, Kind
from errata.types import LabelSpace


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")
    label: str
    kind: Kind
    text: str
    expects: str = "yes"
    against: str | None = None


_ROWS = TypeAdapter(list[_Row])


def read_bank(path: Path, space: LabelSpace) -> Bank:
    """Read the questions of a file. DataError, saying which entry is wrong, unless it is a list of questions about
    labels of this label space."""
    try:
        rows = _ROWS.validate_json(path.read_bytes())
    except OSError as error:
        raise DataError(f"The questions {path} cannot be read: {error.strerror}.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise DataError(f"The questions {path}: {where}: {first['msg']}. It holds a JSON list of questions.") from None
    for number, row in enumerate(rows):
        if row.label not in space.names:
            hint = nearest(row.label, space.names)
            raise DataError(f"The questions {path}: entry {number} is about {row.label!r}, no label of the data{hint}.")
        if row.expects not in ("yes", "no"):
            raise DataError(f"The questions {path}: entry {number} expects {row.expects!r}; it must be yes or no.")
    return tuple(BankQuestion(r.label, r.kind, one_line(r.text), r.expects, r.against) for r in rows)


def to_json(bank: Bank) -> list[dict[str, str | None]]:
    """JSON-plain, as stored in a file."""
    return [asdict(question) for question in bank]


def from_json(rows: object) -> Bank:
    """Reverse ``to_json``."""
    return tuple(BankQuestion(**row.model_dump()) for row in _ROWS.validate_json(json.dumps(rows)))
