"""The byte-bounded queue between decoder and pipeline."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from videoannotator.engine.queue import ByteBoundedQueue

TIMEOUT_S = 20


@given(st.lists(st.integers(0, 50), max_size=60), st.integers(1, 80))
def test_order_is_kept_and_the_bound_holds(sizes: list[int], limit: int) -> None:
    queue: ByteBoundedQueue[tuple[int, int]] = ByteBoundedQueue(limit)
    high_water: list[int] = []

    def write() -> None:
        for number, size in enumerate(sizes):
            queue.put((number, size), size)
            high_water.append(queue.queued_bytes)
        queue.end()

    writer = threading.Thread(target=write)
    writer.start()
    taken = []
    while (item := queue.get()) is not None:
        taken.append(item[0])
    writer.join(TIMEOUT_S)
    assert taken == list(range(len(sizes)))
    assert all(held <= max([limit, *sizes]) for held in high_water)


def test_a_waiting_writer_is_freed_by_discard() -> None:
    queue: ByteBoundedQueue[str] = ByteBoundedQueue(1)
    queue.put("fills it", 10)
    passed = threading.Event()

    def write() -> None:
        queue.put("waits", 10)
        passed.set()

    threading.Thread(target=write, daemon=True).start()
    assert not passed.wait(0.05)
    queue.discard()
    assert passed.wait(TIMEOUT_S)
    assert queue.get() is None


def test_one_large_item_is_let_in() -> None:
    queue: ByteBoundedQueue[str] = ByteBoundedQueue(1)
    queue.put("larger than the bound", 1000)
    queue.end()
    assert queue.get() == "larger than the bound"
    assert queue.get() is None
