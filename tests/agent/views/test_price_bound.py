"""A dry run's price is an upper bound, and close: for each case, compared with the calls that the run then made to a
loopback server."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from PIL import Image

from errata.agent.drive import drive, scanned
from errata.agent.run.begin import begin
from errata.agent.run.workspace import Workspace
from errata.agent.views.price import price
from tests.agent.test_loop import settings, silent
from tests.by_hand import closed_later
from tests.conftest import Judge, stub_server
from tests.topics import write_topics

COLORS = {"blue": (30, 30, 200), "green": (30, 180, 30), "red": (200, 30, 30)}
SILENT = ("--no-logprobs",)


class Case(NamedTuple):
    judges: int = 1
    server: tuple[str, ...] = ()
    images: bool = False
    more: Mapping[str, Any] = MappingProxyType({})


CASES = {
    "text": Case(),
    "text, no log-probabilities": Case(server=SILENT),
    "text, not measured": Case(more={"calibrate": False}),
    "text, not measured, no log-probabilities": Case(server=SILENT, more={"calibrate": False}),
    "text, careful": Case(more={"costs": {"break_right": 5.0}}),
    "text, careful, no log-probabilities": Case(server=SILENT, more={"costs": {"break_right": 5.0}}),
    "text, four orders": Case(more={"permutations": 4}),
    "text, answers by name": Case(more={"style": "names"}),
    "text, several labels": Case(more={"protocols": ("blind_choice", "several_labels")}),
    "text, two judges": Case(2),
    "text, two judges, no log-probabilities": Case(2, SILENT),
    "text, two judges, the second if needed": Case(2, more={"escalate": True}),
    "image": Case(images=True),
    "image, no log-probabilities": Case(server=SILENT, images=True),
    "image, two judges": Case(2, images=True),
}


class Setting(NamedTuple):
    """Data, and the judges asked about it."""

    data: Path
    judges: tuple[Judge, ...]
    options: dict[str, Any]

    def begun(self, **more: Any) -> Workspace:
        return closed_later(begin(self.data, settings(*(one.spec for one in self.judges), **self.options | more)))

    def made(self) -> int:
        return sum(len(judge.requests()) for judge in self.judges)


@pytest.fixture
def servers() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def setting(folder: Path, servers: ExitStack, case: Case, rows: int = 150, wrong: int = 20) -> Setting:
    judges = []
    for name in [f"stub{number}" for number in range(case.judges)]:
        server = stub_server(folder / f"{name}.log", "--model", name, "--sees-colors", *case.server)
        found = servers.enter_context(server)
        judges.append(found._replace(spec=found.spec.replace("stub@", f"{name}@")))
    options = dict(case.more)
    if case.images:
        draw_colors(folder / "data", rows, wrong)
        options |= {"label": None, "text": None, "id": None}
    else:
        write_topics(folder / "data.csv", rows, wrong)
    return Setting(folder / ("data" if case.images else "data.csv"), tuple(judges), options)


def draw_colors(folder: Path, count: int, wrong: int) -> None:
    """Small images of one color, with specks of others; the first ``wrong`` of them are in the wrong folder."""
    draw, names = random.Random(0), sorted(COLORS)
    for number in range(count):
        name = names[number % 3]
        picture = Image.new("RGB", (24, 24), tuple(value + draw.randint(-25, 25) for value in COLORS[name]))
        for _ in range(60):
            picture.putpixel((draw.randrange(24), draw.randrange(24)), tuple(draw.choices(range(256), k=3)))
        given = folder / (name if number >= wrong else names[(number + 1) % 3])
        given.mkdir(parents=True, exist_ok=True)
        picture.save(given / f"{number}.png")


def said_and_made(of: Setting, workspace: Workspace) -> tuple[int, int]:
    """The number of calls by the dry run, and by the run after it. Afterwards, a dry run must find none left."""
    before = of.made()
    scanned(workspace, silent)
    said = price(workspace)
    assert of.made() == before, "no model is asked"
    drive(workspace, silent)
    assert price(workspace).calls == 0
    return said.calls, of.made() - before


def check(name: str, said: int, made: int) -> None:
    print(f"{name:44} {said:5} said {made:5} made {said / made:5.2f}")  # noqa: T201  the table: pytest -s
    assert 0 < made <= said <= 1.5 * made


@pytest.mark.parametrize("name", CASES)
def test_no_run_asks_more_and_none_much_less(tmp_path: Path, servers: ExitStack, name: str) -> None:
    of = setting(tmp_path, servers, CASES[name])
    said, made = said_and_made(of, of.begun())
    check(name, said, made)


@pytest.mark.parametrize("server", [(), SILENT], ids=["", "no log-probabilities"])
@pytest.mark.parametrize("judges", [1, 2])
def test_the_next_night_costs_what_is_new(
    tmp_path: Path, servers: ExitStack, judges: int, server: tuple[str, ...]
) -> None:
    of = setting(tmp_path, servers, Case(judges, server))
    _, first = said_and_made(of, of.begun())
    tonight = of.data.read_text(encoding="utf-8").splitlines()
    write_topics(tmp_path / "new.csv", rows=40, wrong=12, seed=1)
    new = [f"n{line}" for line in (tmp_path / "new.csv").read_text(encoding="utf-8").splitlines()[1:]]
    of.data.write_text("\n".join([*tonight, *new]) + "\n", encoding="utf-8")
    said, made = said_and_made(of, of.begun())
    check(" ".join(("the next night,", str(judges), "judges", *server)), said, made)
    assert said < first / 2


def test_what_a_stopped_run_has_paid_for_is_not_priced_again(tmp_path: Path, servers: ExitStack) -> None:
    of = setting(tmp_path, servers, Case())
    whole = of.begun(budget="calls=200")
    scanned(whole, silent)
    beforehand = price(whole).calls
    drive(whole, silent)
    said, made = said_and_made(of, of.begun())
    check("after a stop", said, made)
    assert said <= beforehand - 200


def test_a_judge_that_is_added_costs_its_own_answers(tmp_path: Path, servers: ExitStack) -> None:
    of = setting(tmp_path, servers, Case(2))
    drive(of._replace(judges=of.judges[:1]).begun(), silent)
    check("a judge more", *said_and_made(of, of.begun()))


def test_a_run_that_goes_on_knows_what_is_left(tmp_path: Path, servers: ExitStack) -> None:
    of = setting(tmp_path, servers, Case(more={"usd_per_mtok_in": 1.0}))
    told: list[tuple[int, int]] = []
    workspace = of.begun()
    workspace.go_ahead = lambda job: told.append((price(workspace).calls, of.made()))
    drive(workspace, silent)
    ((said, asked_before),) = told
    check("going on", said, of.made() - asked_before)
