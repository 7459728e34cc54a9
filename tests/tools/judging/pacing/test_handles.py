"""A process with a low limit of open files and connections makes fewer calls at a time, and completes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Judge, stub_server

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")

HEAD = """
import asyncio, os, resource, sys
limit, taken, panel = map(int, sys.argv[2:])
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
held = [os.dup(1) for _ in range(taken)]
from errata.testing import MemoryCalls
from errata.tools.judging.pacing.budget import Budget
from errata.tools.judging.chat import ChatRequest
from errata.tools.judging.door import CallRequest, Door
from errata.tools.judging.spec import open_model
from errata.types import PromptRef
def question(n):
    async def build():
        return ChatRequest(({"role": "user", "content": f"question {n}"},), (), 4)
    return CallRequest(PromptRef("p", "v1", "sha"), str(n), {}, build)
async def main():
    door = Door(open_model(sys.argv[1]), MemoryCalls(), Budget(), panel)
    places = door._places._pace.most
"""
TAIL = """
    print(door.budget.spent.calls, places)
    await door.close()
asyncio.run(main())
"""
ASK_MANY = """
    await asyncio.gather(*(door.ask(question(n)) for n in range(600)))
"""
ASK_WHERE_NO_HANDLE_IS_LEFT = """
    held.extend(os.dup(1) for _ in range(limit - len(os.listdir("/dev/fd")) + 1))
    asyncio.get_running_loop().call_later(0.3, lambda: [os.close(held.pop()) for _ in range(50)])
    await asyncio.gather(*(door.ask(question(n)) for n in range(3)))
"""


def ask(judge: Judge, limit: int, *, taken: int = 0, panel: int = 1, asking: str = ASK_MANY) -> tuple[int, int]:
    """The number of answered calls, and the maximum number of calls in flight."""
    command = [sys.executable, "-c", HEAD + asking + TAIL, judge.spec, str(limit), str(taken), str(panel)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    calls, places = map(int, done.stdout.splitlines()[-1].split())
    return calls, places


@pytest.mark.parametrize("limit", [256, 100])
def test_more_questions_than_handles_are_all_answered(tmp_path: Path, limit: int) -> None:
    with stub_server(tmp_path / "log", "--latency-s", "0.2") as judge:
        assert ask(judge, limit)[0] == 600


def test_places_are_what_is_left_of_the_limit_shared_by_the_panel(judge: Judge) -> None:
    free = ask(judge, 100, asking="")[1]
    assert ask(judge, 100, taken=20, asking="")[1] == free - 20
    assert ask(judge, 100, panel=2, asking="")[1] == free // 2


def test_if_none_is_left_a_call_waits_for_one(judge: Judge) -> None:
    assert ask(judge, 200, asking=ASK_WHERE_NO_HANDLE_IS_LEFT)[0] == 3
