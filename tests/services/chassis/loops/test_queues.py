"""A reader gets the items that it wants, in order, until it lags too far behind."""

import pytest

from services.chassis.loops import queues
from services.chassis.loops.queues import Queues


async def test_each_reader_gets_the_items_that_it_wants_in_order() -> None:
    numbers = Queues[int]()
    with numbers.queue() as every, numbers.queue(lambda number: number % 2 == 0) as even:
        for number in range(5):
            numbers.publish(number)

        assert [0, 1, 2, 3, 4] == [every.get_nowait() for _ in range(5)]
        assert [0, 2, 4] == [even.get_nowait() for _ in range(3)]
        assert even.empty()


async def test_a_reader_that_lags_gets_none_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "QUEUE_SIZE", 3)
    numbers = Queues[int]()
    with numbers.queue() as slow, numbers.queue() as quick:
        for number in range(5):
            numbers.publish(number)
            assert number == quick.get_nowait()

        assert [0, 1, None] == [slow.get_nowait() for _ in range(3)]
        assert slow.empty()


async def test_after_the_end_and_after_leaving_a_queue_gets_nothing() -> None:
    numbers = Queues[int]()
    with numbers.queue() as told:
        numbers.end_all()
        numbers.publish(1)
    with numbers.queue() as left:
        pass
    numbers.publish(2)

    assert told.get_nowait() is None
    assert told.empty()
    assert left.empty()
