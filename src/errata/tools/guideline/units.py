"""Split a guideline's Markdown into its smallest units, and find which classes each is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import Literal, NamedTuple

About = tuple[str, ...]
"""No class in particular (), one class, or a pair of classes in alphabetical order."""

Named = Callable[[str], frozenset[str]]

HEADING = re.compile(r" {0,3}(#{1,6})\s+(.+)")
LIST_ITEM = re.compile(r"( *)(?:[-*+]|\d{1,9}[.)])\s+(.*)")
TABLE_ROW = re.compile(r"( *)(\|.*)")
DEFINITION = re.compile(r"[\W_]*([^:=]{1,80}?)[*_`\"']*\s*[:=](?:\s|$)")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[\u3002\uff01\uff1f])")


class Unit(NamedTuple):
    """A heading or a sentence."""

    text: str
    about: frozenset[About]


class Block(NamedTuple):
    """A piece of Markdown without its mark. ``depth``: of a heading its level, 1 to 6; otherwise it grows with the
    indentation, and is larger for a list item (or a table row) than for a paragraph with the same indentation.
    """

    kind: Literal["heading", "item", "paragraph"]
    depth: int
    text: str

    @property
    def leads(self) -> bool:
        """Whether deeper blocks after it belong to it."""
        return self.kind == "item" or (self.kind == "paragraph" and self.text.endswith(":"))


def units(markdown: str, named: Named) -> Iterator[Unit]:
    """Everything that the text says, unit by unit.

    A section whose heading names classes is about each of them, with everything in it; a heading over the whole text is
    its title, and starts no section. Elsewhere, a sentence that names one class is about that class, one that names
    several is about each pair of them. One that names none continues the subject of the sentence before it in its
    paragraph or list item, or of the item it is nested in, or of the line ending in a colon that its list belongs to.
    The rest is about no class in particular: it may matter to every class.
    """
    blocks = list(_blocks(markdown, named))
    title = _title(blocks)
    sections: list[tuple[int, frozenset[str]]] = []
    above: list[tuple[int, frozenset[str]]] = []
    for block in blocks:
        if block.kind == "heading":
            sections = [section for section in sections if section[0] < block.depth]
            sections += [(block.depth, named(block.text))] if block is not title else []
            above = []
        of_section = frozenset((name,) for _, names in sections for name in names)
        above = [one for one in above if one[0] < block.depth]
        names = above[-1][1] if above else frozenset()
        for sentence in SENTENCE_END.split(block.text):
            names = named(sentence) or names
            yield Unit(sentence, of_section or _about(names))
        if block.leads:
            above.append((block.depth, names))


def parts(names: Iterable[str]) -> list[About]:
    """What can be said about these classes: in general, about each, and about each pair."""
    ordered = sorted(set(names))
    return [(), *((name,) for name in ordered), *combinations(ordered, 2)]


def _about(names: frozenset[str]) -> frozenset[About]:
    return frozenset(about for about in parts(names) if len(about) == min(len(names), 2))


def _title(blocks: Sequence[Block]) -> Block | None:
    levels = [block.depth for block in blocks if block.kind == "heading"]
    heads_all = bool(levels) and blocks[0].kind == "heading" and blocks[0].depth < min(levels[1:], default=7)
    return blocks[0] if heads_all else None


def _blocks(markdown: str, named: Named) -> Iterator[Block]:
    block: Block | None = None
    for line in markdown.expandtabs(4).splitlines():
        begun = _begun(line, named)
        if block is not None and begun is None and line.strip() and block.kind != "heading":
            block = block._replace(text=f"{block.text} {line.strip()}")
            continue
        if block is not None:
            yield block
        block = begun or (_paragraph(line) if line.strip() else None)
    if block is not None:
        yield block


def _begun(line: str, named: Named) -> Block | None:
    """The block that starts with this line, by its form: a heading, a list item, a table row, ``class: what it
    means``."""
    if heading := HEADING.match(line):
        return Block("heading", len(heading[1]), re.sub(r"\s+#*\s*$", "", heading[2]))
    if item := LIST_ITEM.match(line) or TABLE_ROW.match(line):
        return Block("item", 2 * len(item[1]) + 1, item[2].strip())
    definition = DEFINITION.match(line)
    return _paragraph(line) if definition and named(definition[1]) else None


def _paragraph(line: str) -> Block:
    return Block("paragraph", 2 * (len(line) - len(line.lstrip())), line.strip())
