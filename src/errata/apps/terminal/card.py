"""One item on the screen: its content, its label, what is proposed and why, and the keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from rich.console import Console
from rich.text import Text

from errata import words
from errata.agent.actions.reviewing import proposed
from errata.apps.terminal.picture import half_blocks
from errata.errors import DataError
from errata.tools.visible import one_line, visible
from errata.types import Item, Proposal

NAME_SHOWN, REASON_SHOWN, TEXT_SHOWN = 40, 600, 100_000
FACT_NAMES, BETWEEN = 10, "   "
PICTURE_SHARE = 0.5
MIN_ROOM = 3
GUTTER, PLAIN_GUTTER = "│ ", "| "
"""Prefixes every line of the item's text, so that no text can pass for part of the card."""


@dataclass(frozen=True, slots=True)
class Card:
    """``choices``: key -> label, from all the ``names``. ``page`` counts up and wraps around. ``proposal`` is None in a
    random check, where only the content is shown."""

    item: Item
    proposal: Proposal | None
    choices: Mapping[str, str]
    names: Sequence[str]
    left: int
    by: str
    definitions: Mapping[str, str] = field(default_factory=dict)
    page: int = 0
    notice: str = ""


def draw(card: Card, console: Console) -> None:
    """Clear the screen and draw the card, cut to the screen's size."""
    head = [_title(card, console.width), Text()]
    keys = [*_packed(_choices(card), console.width), *_packed(_keys(card), console.width)]
    foot = [*keys, *_wrap(Text(card.notice, "yellow"), console)]
    room = max(MIN_ROOM, console.height - len(head) - len(foot) - 2)
    body = _with_pictures(card, console, room) if card.item.images else _text_above(card, console, room)
    console.clear()
    console.print(Text("\n").join([*head, *body, Text(), *foot]), soft_wrap=True)


def _with_pictures(card: Card, console: Console, room: int) -> list[Text]:
    columns = int(console.width * PICTURE_SHARE)
    picture = _pictures(card.item, console, columns, room)
    width = max((row.cell_len for row in picture), default=0)
    beside = _text_above(card, console, room, max(1, console.width - width - 2))[:room]
    for row in picture:
        row.pad_right(width - row.cell_len)
    blank = [Text(" " * width)] * (len(beside) - len(picture))
    return [Text.assemble(left, "  ", right) for left, right in zip_longest(picture + blank, beside, fillvalue=Text())]


def _pictures(item: Item, console: Console, columns: int, rows: int) -> list[Text]:
    """One below the other, each under its name if the item has more than one part."""
    images, named = item.images, len(item.parts) > 1
    room = max(MIN_ROOM, rows // len(images)) - named
    found: list[Text] = []
    for part in images:
        name = [Text(_name(part.name)[:columns], "dim")] if named else []
        found += [*name, *_picture(part.image or b"", console, columns, room)]
    return found


def _picture(image: bytes, console: Console, columns: int, rows: int) -> list[Text]:
    if console.color_system is None or console.options.ascii_only:
        what = "no colors" if console.color_system is None else "no blocks, only ASCII"
        return _wrap(Text(f"(an image: this terminal shows {what})"), console, columns)
    try:
        return half_blocks(image, columns, rows)
    except DataError as error:
        return _wrap(Text(one_line(f"({error})", REASON_SHOWN)), console, columns)


def _text_above(card: Card, console: Console, room: int, width: int | None = None) -> list[Text]:
    facts = _facts(card, console, width)
    if not card.item.texts:
        return facts
    below = [Text(), *facts] if facts else []
    shown = _page(card, console, max(MIN_ROOM, room - len(below)), (width or console.width) - len(GUTTER))
    return [*shown, *below]


def _page(card: Card, console: Console, room: int, width: int) -> list[Text]:
    """The lines of the texts that fit and, if there are more, their position."""
    named = len(card.item.parts) > 1
    lines: list[Text] = []
    for part in card.item.texts:
        lines += [Text(_name(part.name), "dim")] * named + _lines(part.text or "", console, width)
    if len(lines) <= room:
        return lines
    size = room - 1
    start = card.page % -(-len(lines) // size) * size
    shown = lines[start : start + size]
    where = Text(f"lines {start + 1} to {start + len(shown)} of {len(lines)}: space turns the page", "dim")
    where.truncate(width + len(GUTTER), overflow="ellipsis")
    return [*shown, where]


def _lines(text: str, console: Console, width: int) -> list[Text]:
    gutter = PLAIN_GUTTER if console.options.ascii_only else GUTTER
    lines = [Text.assemble((gutter, "dim"), line) for line in _wrap(Text(visible(text[:TEXT_SHOWN])), console, width)]
    if len(text) > TEXT_SHOWN:
        lines += [Text(f"(cut here: {len(text) - TEXT_SHOWN:,} more characters)", "dim")]
    return lines


def _facts(card: Card, console: Console, width: int | None) -> list[Text]:
    if card.proposal is None:
        return []
    sure = proposed(card.proposal)["confidence"]
    facts = {
        "given": Text(_name(card.item.given_label), "bold"),
        "proposed": Text.assemble(
            (_proposed(card.item, card.proposal), "bold green"), "" if sure is None else f"   confidence {sure:.2f}"
        ),
        "why": Text(one_line(card.proposal.reason, REASON_SHOWN)),
    }
    lines = []
    for name, fact in facts.items():
        for i, line in enumerate(_wrap(fact, console, (width or console.width) - FACT_NAMES)):
            lines.append(Text.assemble(((name if i == 0 else "").ljust(FACT_NAMES), "dim"), line))
    return lines


def _proposed(item: Item, proposal: Proposal) -> str:
    """The proposal in words."""
    label = _name(proposal.proposed_label)
    if proposal.outcome is None:
        return words.nothing_proposed(_name(item.given_label), proposal.quality)
    return label if proposal.outcome == "relabel" else words.proposal(proposal.outcome, _name(item.given_label), label)


def _title(card: Card, width: int) -> Text:
    place = card.item.place
    what = f"item {_name(words.spot(card.item.item_id, place))}"
    if card.proposal is None:
        what = f"random check, {_name(place)}" if place else "random check"
    title = f"{what}   {card.left} left   deciding as {_name(card.by)}"
    line = Text(title, "reverse")
    line.truncate(width, pad=True)
    return line


def _choices(card: Card) -> dict[str, str]:
    given = card.item.given_label
    return {key: _name(label) + (" (given)" if label == given else "") for key, label in card.choices.items()}


def _keys(card: Card) -> dict[str, str]:
    keys: dict[str, str] = {}
    if card.proposal is not None:
        keys |= {} if card.proposal.outcome in (None, "ambiguous") else {"y": "accept"}
        keys |= {"n": "keep given"}
    if len(card.choices) < len(card.names):
        keys["/"] = "find a label"
    keys |= {"s": words.answer("several"), "o": words.answer("none_of_these"), "c": words.answer("cannot_tell")}
    return keys | {"p": "pass on", "u": "undo", "q": "quit", "?": "help"}


def _packed(keys: Mapping[str, str], width: int) -> list[Text]:
    """Keys and their functions, as many per line as fit."""
    lines: list[Text] = []
    for key, meaning in keys.items():
        entry = Text.assemble((key, "bold cyan"), " ", meaning)
        if lines and lines[-1].cell_len + len(BETWEEN) + entry.cell_len <= width:
            lines[-1].append(BETWEEN).append_text(entry)
        else:
            lines.append(entry)
    return lines


def _name(text: str | None) -> str:
    return "(none)" if text is None else one_line(text, NAME_SHOWN)


def _wrap(text: Text, console: Console, width: int | None = None) -> list[Text]:
    return list(text.wrap(console, max(1, width or console.width), overflow="fold"))
