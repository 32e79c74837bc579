"""Trims drop the events that no subscription needs, and no others."""

from services.directory.events import partitions, stream_key
from services.events.state.delivery import Delivery, Place
from tests.support.events import ack, reading, subscribe, take
from tests.support.geofence import KAMPPI, circle, create, visit


async def test_a_reader_that_lags_too_far_expires_and_the_stream_stays_bounded(
    fences, notices, parts, database
):
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(notices, "slow")
    for round_ in range(20):
        await visit(fences, "a", 1200 * round_ - 30_000)
    delivery = Delivery(database, 10, 10)
    now_ms = round(parts.clock().timestamp() * 1000)

    dropped, expired = await delivery.trim(now_ms, 86_400_000, 30)

    assert (40, 1) == (dropped, expired)
    lengths = [await database.xlen(stream_key(each)) for each in partitions("f")]
    assert 0 == sum(lengths)


async def test_what_is_not_acknowledged_holds_the_trim_and_nothing_else(
    fences, notices, parts, database
):
    await create(fences, "kamppi", circle(KAMPPI, 300))
    await subscribe(notices)
    await visit(fences, "a")
    delivery = Delivery(database, 10, 10)
    now_ms = round(parts.clock().timestamp() * 1000)
    assert (0, 0) == await delivery.trim(now_ms, 86_400_000, 1000)
    async with reading(notices) as events:
        found = await take(events, 2)
        await ack(notices, [found[0].ack_token])
        assert (1, 0) == await delivery.trim(now_ms, 86_400_000, 1000)
        await ack(notices, [found[1].ack_token])
        assert (1, 0) == await delivery.trim(now_ms, 86_400_000, 1000)


async def test_an_event_that_is_given_up_leaves_the_later_ones_of_its_subject_to_be_tried(database):
    delivery, place = Delivery(database, 10, 10), Place("hook", "s01")
    await delivery.follow({place: ("", 1)}, "me", 0)
    waiting = [("stockAlerts/a", each) for each in (b"poison", b"later", b"latest")]
    assert await delivery.settle(place, "me", "1-0", waiting, 0)
    [head] = await delivery.due([place], 0, 10)
    assert await delivery.retried(head, "me", "dead", 0, "the attempts are over")

    [head] = await delivery.due([place], 0, 10)
    assert (b"later", 1) == (head.event, head.tries)
    [letter] = await delivery.dead_letters("hook")
    assert (b"poison", "the attempts are over") == (letter.event, letter.reason)
    assert 2.0 == (await delivery.standing("hook", ["s01"], 0))["queued"]


async def test_probes_of_an_endpoint_that_fails_leave_the_pauses_of_a_subject(database):
    delivery, place = Delivery(database, 10, 10), Place("hook", "s01")
    await delivery.follow({place: ("", 1)}, "me", 0)
    assert await delivery.settle(place, "me", "1-0", [("stockAlerts/a", b"event")], 0)
    for _ in range(10):
        [head] = await delivery.due([place], 0, 10)
        assert await delivery.retried(head, "me", "probed", 0)

    [head] = await delivery.due([place], 0, 10)
    assert (b"event", 1) == (head.event, head.tries)
