"""The memory limit: what is in use at once never exceeds it, and no thread waits forever."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from errata.tools.data.memory_limit import MemoryLimit


def test_what_is_taken_at_once_never_exceeds_the_room() -> None:
    room, lock, taken, most = MemoryLimit(10), threading.Lock(), 0, 0

    def work(needed: int) -> None:
        nonlocal taken, most
        with room.taken(needed):
            with lock:
                taken += min(needed, 10)
                most = max(most, taken)
            with lock:
                taken -= min(needed, 10)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, [1, 4, 7, 10, 99] * 40))
    assert 0 < most <= 10
    assert taken == 0


def test_a_need_of_more_than_there_is_takes_all_and_an_error_gives_it_back() -> None:
    room = MemoryLimit(10)
    for _ in range(2):
        with pytest.raises(KeyError), room.taken(99):
            raise KeyError


class Watched(threading.Condition):
    """Signals when a thread has to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.set()
        return super().wait(timeout)


def test_who_came_first_is_not_overtaken_by_smaller_needs() -> None:
    freed, order = Watched(), []
    room, small_is_there = MemoryLimit(10, freed), threading.Event()

    def large() -> None:
        with room.taken(10):
            order.append("large")

    def small() -> None:
        small_is_there.set()
        with room.taken(1):
            order.append("small")

    with room.taken(5):
        first = threading.Thread(target=large)
        first.start()
        assert freed.waits.wait(10)
        second = threading.Thread(target=small)
        second.start()
        assert small_is_there.wait(10)
        second.join(0.02)  # time to overtake, if it could
        assert order == []
    first.join()
    second.join()
    assert order == ["large", "small"]
