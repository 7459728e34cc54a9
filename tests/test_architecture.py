"""The architecture page describes each place as its docstring does."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import errata

SOURCE = Path(errata.__file__).parent
PAGE = Path("docs/architecture.md").read_text(encoding="utf-8")


def said() -> dict[str, str]:
    """Each place of the page's tree, by its path, with the page's description."""
    found: dict[str, str] = {}
    folders: list[str] = []
    for line in PAGE.split("```")[1].splitlines()[1:]:
        indent, name, words = re.fullmatch(r"( *)(\S+) +(.*)", line).groups()  # type: ignore[union-attr]
        folders = folders[: len(indent) // 2]
        found["/".join([*folders, name.strip("/")])] = words
        folders.append(name.strip("/"))
    return found


def docstring(path: Path) -> str:
    file = path if path.suffix else path / "__init__.py"
    return " ".join((ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").replace("``", "").split())


def test_every_place_says_of_itself_what_the_page_says() -> None:
    assert {place: words for place, words in said().items() if not docstring(SOURCE / place).startswith(words)} == {}


def test_every_package_has_its_line() -> None:
    packages = {file.parent.relative_to(SOURCE).as_posix() for file in SOURCE.rglob("__init__.py")} - {"."}
    assert {place for place in packages if not place.startswith("prompts/")} <= set(said())
