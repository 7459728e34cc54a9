"""``labels.toml``: what each label means, in the user's own order, and its former names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from errata.errors import DataError, nearest
from errata.toml import read_toml
from errata.tools.data.spelling import fold
from errata.types import LabelSpace


class LabelEntry(BaseModel):
    """The entry of one label in ``labels.toml``. ``was``: its former names."""

    model_config = ConfigDict(extra="forbid")
    definition: str = ""
    parent: str = ""
    was: tuple[str, ...] = ()


class LabelFile(BaseModel):
    """``labels.toml``: one table ``[labels.NAME]`` for each label."""

    model_config = ConfigDict(extra="forbid")
    labels: dict[str, LabelEntry] = Field(min_length=2)


def read_label_space(
    path: Path, labels: Sequence[str | None], place: Callable[[int], str] = "row {}".format
) -> LabelSpace:
    """The label space of a ``labels.toml``, in the file's order. Labels that the file lists are distinct, however
    similar.

    A label of the data with a slightly different spelling, or listed as a former name, counts as the one it stands for.
    Raises DataError if the file cannot be read, or lacks a label of the data; ``place`` says where that stands.
    """
    entries = _read(path)
    renames = _renames(entries, path)
    definitions = {name: entry.definition for name, entry in entries.items() if entry.definition}
    parents = {name: entry.parent for name, entry in entries.items() if entry.parent}
    spellings = _spellings(labels, tuple(entries), renames, path, place)
    return LabelSpace(tuple(entries), definitions, parents, spellings=spellings, renames=renames)


def _read(path: Path) -> dict[str, LabelEntry]:
    wrong = f"{path} cannot be read as a label file"
    try:
        entries = LabelFile.model_validate(read_toml(path)).labels
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DataError(f"{wrong}: {where}: {first['msg']}") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{wrong}: {error}") from error
    if blank := [name for name in entries if not fold(name)]:
        raise DataError(f"{wrong}: the label {blank[0]!r} is blank. Give it a name, or take it out.")
    return entries


def _renames(entries: Mapping[str, LabelEntry], path: Path) -> dict[str, str]:
    """Former name -> current name."""
    renames: dict[str, str] = {}
    for name, entry in entries.items():
        for old in entry.was:
            if old in entries:
                raise DataError(f"{path}: {old!r} is a label, and a former name of {name!r} too. Take one of them out.")
            if renames.setdefault(old, name) != name:
                raise DataError(f"{path}: {old!r} is a former name of both {renames[old]!r} and {name!r}.")
    return renames


def _spellings(
    labels: Sequence[str | None],
    names: Sequence[str],
    renames: Mapping[str, str],
    path: Path,
    place: Callable[[int], str],
) -> dict[str, str]:
    """Other spellings of the file's labels in the data: label in the data -> name in the file."""
    known, spellings = set(names), {}
    of_form: dict[str, list[str]] = {}
    for name in names:
        of_form.setdefault(fold(name), []).append(name)
    for row, label in enumerate(labels):
        if label is None or label in known:
            continue
        alike = of_form.get(fold(label), [])
        if label in renames or len(alike) == 1:
            spellings[label] = renames.get(label) or alike[0]
            known.add(label)
        else:
            raise DataError(f"{place(row)}: label {label!r} is not in {path.name}{nearest(label, names)}")
    return spellings
