"""Alerts: each fires once when stock comes, and no more fire than there are units."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import grpc
import orjson
import pytest

from enrayon.stock.v1 import stock_pb2
from services.chassis.caller import ANONYMOUS
from services.chassis.errors import ConcurrentChanges
from services.stock import worker
from services.stock.model.holds import Hold
from services.stock.model.partitions import PARTITIONS, partition_of
from services.stock.resources.alert_holds import AlertHolds
from services.stock.resources.hold_changes import ClaimGone, HoldChanges
from services.stock.state.alerts import Alerts
from services.stock.state.matching import Matching
from tests.support.firing import firing, firing_with_holds
from tests.support.refusals import refusal
from tests.support.stock import (
    BREAD,
    FORUM,
    MILK,
    STOCKMANN,
    available,
    basket,
    hold,
    state,
)
from tests.support.stock_state import told

AT = "t-stockmann"


@pytest.fixture
def fire(database: Any) -> Any:
    """One turn of the worker."""

    async def turn() -> None:
        await worker.fire(firing(database))

    return turn


async def alert(stock: Any, request_id: str = "", **options: Any) -> Any:
    if "items" not in options:
        options.setdefault("products", [MILK])
    wanted = stock_pb2.StockAlert(**options)
    return await stock.CreateStockAlert(
        stock_pb2.CreateStockAlertRequest(stock_alert=wanted, request_id=request_id)
    )


async def seen(stock: Any, made: Any) -> Any:
    return await stock.GetStockAlert(stock_pb2.GetStockAlertRequest(name=made.name))


async def fired(stock: Any, made: list[Any]) -> list[str]:
    found = [await seen(stock, one) for one in made]
    return [one.name for one in found if one.HasField("fire_time")]


async def events(database: Any, store: str = AT) -> list[Any]:
    """The events of alerts, not those of holds."""
    return [event for event in await told(database, store) if event.type.startswith("alert.")]


async def test_an_alert_fires_once_when_the_stock_comes(stock, fire, database):
    made = await alert(stock, store=STOCKMANN, shopper="anna")
    await fire()
    assert [] == await fired(stock, [made])

    await state(stock, STOCKMANN, milk=2)
    await fire()
    await state(stock, STOCKMANN, 2, milk=9)
    await fire()

    after = await seen(stock, made)
    [event] = await events(database)
    assert (STOCKMANN, basket(milk=2)) == (after.finding.store, list(after.finding.items))
    assert ("alert.fired", AT, made.name, "anna") == (
        event.type,
        event.store,
        event.subject,
        event.reference,
    )
    assert {"items": [{"product": MILK, "quantity": 1, "available": 2}]} == event.data
    assert after.fire_time.ToMilliseconds() == event.at_ms < event.expire_ms


async def test_as_many_alerts_fire_as_there_are_units_the_oldest_first(stock, fire):
    made = [await alert(stock, store=STOCKMANN, min_quantity=1) for _ in range(5)]
    await fire()

    await state(stock, STOCKMANN, milk=2)
    await fire()
    await fire()

    assert [one.name for one in made[:2]] == await fired(stock, made)


async def test_an_alert_around_a_place_keeps_no_position_and_fires_for_one_store(
    stock, fire, database
):
    origin = {"point": {"latitude": 60.16901, "longitude": 24.93101}}
    made = await alert(stock, area={"origin": origin, "radius_m": 2000})

    await state(stock, FORUM, milk=1)
    await state(stock, STOCKMANN, milk=1)
    await fire()

    [event] = [*await events(database), *await events(database, "t-forum")]
    assert made.name == event.subject
    assert 3 == made.store_count
    assert "area" not in [field.name for field, _ in made.ListFields()]
    for key in await database.keys("{a:*"):
        if await database.type(key) == b"hash":
            assert b"24.93101" not in b"".join(await database.hvals(key))


async def test_a_deleted_alert_leaves_its_units_to_the_next(stock, fire):
    first, second = await alert(stock, store=STOCKMANN), await alert(stock, store=STOCKMANN)
    await stock.DeleteStockAlert(stock_pb2.DeleteStockAlertRequest(name=first.name))

    await state(stock, STOCKMANN, milk=1)
    await fire()
    await fire()

    assert [second.name] == await fired(stock, [second])
    _, reason, _ = await refusal(
        stock.GetStockAlert(stock_pb2.GetStockAlertRequest(name=first.name))
    )
    assert "ALERT_NOT_FOUND" == reason


async def test_a_worker_that_died_between_match_and_claim_leaves_the_claim_to_the_next(
    stock, fire, database
):
    made = await alert(stock, store=STOCKMANN)
    await state(stock, STOCKMANN, milk=1)
    assert 1 == await Matching(database).match("t-stockmann", "milk")  # and dies

    await fire()
    await fire()

    assert [made.name] == await fired(stock, [made])


async def test_a_retry_makes_one_alert(stock):
    first = await alert(stock, "key", store=STOCKMANN)
    second = await alert(stock, "key", store=STOCKMANN)

    assert first.name == second.name


async def test_a_request_id_that_is_used_again_makes_no_wish(stock, database):
    made = await alert(stock, "key", store=STOCKMANN)
    for other in ({"store": FORUM}, {"store": STOCKMANN, "min_quantity": 2}):
        code, reason, _ = await refusal(alert(stock, "key", **other))
        assert (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED") == (code, reason)
    await stock.DeleteStockAlert(stock_pb2.DeleteStockAlertRequest(name=made.name))
    assert [] == [key async for key in database.scan_iter("*:wishes:*")]


async def test_alerts_are_listed_page_by_page_and_old_ones_are_deleted(stock, database):
    made = {(await alert(stock, store=STOCKMANN)).name for _ in range(5)}
    request = stock_pb2.ListStockAlertsRequest(page_size=3)
    first = await stock.ListStockAlerts(request)
    request.page_token = first.next_page_token
    second = await stock.ListStockAlerts(request)

    anna = await alert(stock, store=STOCKMANN, shopper="anna")
    of_anna = stock_pb2.ListStockAlertsRequest(shopper="anna")
    assert [anna.name] == [e.name for e in (await stock.ListStockAlerts(of_anna)).stock_alerts]
    await stock.DeleteStockAlert(stock_pb2.DeleteStockAlertRequest(name=anna.name))
    forgotten = await Alerts(database).forget(2**62)

    assert made == {found.name for page in (first, second) for found in page.stock_alerts}
    assert (3, 2, "") == (len(first.stock_alerts), len(second.stock_alerts), second.next_page_token)
    assert 5 == forgotten
    assert not (await stock.ListStockAlerts(stock_pb2.ListStockAlertsRequest())).stock_alerts


async def test_a_smaller_safety_stock_fires_an_alert_too(stock, fire):
    def snapshot(sequence: int, safety_stock: int) -> stock_pb2.SetStockLevelsRequest:
        level = stock_pb2.StockLevelInput(product=MILK, on_hand=5, safety_stock=safety_stock)
        return stock_pb2.SetStockLevelsRequest(
            store=STOCKMANN, source="erp", sequence=sequence, levels=[level]
        )

    await stock.SetStockLevels(iter([snapshot(1, safety_stock=5)]))
    made = await alert(stock, store=STOCKMANN)
    await fire()
    assert [] == await fired(stock, [made])

    await stock.SetStockLevels(iter([snapshot(2, safety_stock=0)]))
    await fire()

    assert [made.name] == await fired(stock, [made])


async def test_any_of_several_sizes_fires_an_alert_once(stock, fire, database):
    made = await alert(stock, products=[MILK, BREAD], store=STOCKMANN, min_quantity=2)
    await state(stock, STOCKMANN, milk=1, bread=3)
    await fire()
    await state(stock, STOCKMANN, 2, milk=5)
    await fire()

    assert basket(bread=3) == list((await seen(stock, made)).finding.items)
    assert 1 == len(await events(database))


async def test_all_of_several_products_fire_an_alert_together(stock, fire, database):
    made = await alert(stock, items=basket(milk=2, bread=1), store=STOCKMANN)
    assert (basket(milk=2, bread=1), []) == (list(made.items), list(made.products))
    for sequence, units in enumerate(({"milk": 5}, {"bread": 1, "milk": 1}, {"bread": 0}), 1):
        await state(stock, STOCKMANN, sequence, **units)
        await fire()
        assert [] == await fired(stock, [made])

    await state(stock, STOCKMANN, 4, milk=3)
    await fire()
    assert [] == await fired(stock, [made])
    await state(stock, STOCKMANN, 5, bread=4)
    await fire()

    assert basket(milk=3, bread=4) == list((await seen(stock, made)).finding.items)
    [event] = await events(database)
    assert [(MILK, 2, 3), (BREAD, 1, 4)] == [tuple(line.values()) for line in event.data["items"]]


async def test_a_basket_is_not_gathered_from_several_stores(stock, fire):
    origin = {"point": {"latitude": 60.16901, "longitude": 24.93101}}
    made = await alert(
        stock, items=basket(milk=1, bread=1), area={"origin": origin, "radius_m": 2000}
    )
    await state(stock, FORUM, milk=1)
    await state(stock, STOCKMANN, bread=1)
    await fire()
    assert [] == await fired(stock, [made])

    await state(stock, FORUM, 2, bread=1)
    await fire()
    assert FORUM == (await seen(stock, made)).finding.store


async def test_a_basket_waits_at_the_product_that_is_short(stock, fire, database):
    """So it costs nothing when the others move, however often that is."""
    await state(stock, STOCKMANN, milk=9)
    await alert(stock, items=basket(milk=1, bread=1), store=STOCKMANN)
    await fire()
    await fire()

    keys = [key async for key in database.scan_iter("*:wishes:*")]
    assert [b"t-stockmann:bread"] == [key.partition(b":wishes:")[2] for key in keys]
    assert 0 < await database.pttl(keys[0])


async def test_no_more_baskets_and_single_wishes_fire_than_there_are_units(stock, fire, database):
    first = await alert(stock, items=basket(milk=2, bread=1), store=STOCKMANN)
    single = await alert(stock, store=STOCKMANN, min_quantity=2)
    second = await alert(stock, items=basket(milk=2, bread=1), store=STOCKMANN)
    await state(stock, STOCKMANN, milk=4, bread=9)
    for _ in range(4):
        await fire()

    assert [first.name, single.name] == await fired(stock, [first, single, second])
    assert 2 == len(await events(database))

    await state(stock, STOCKMANN, 2, milk=6)
    await fire()
    assert 3 == len(await fired(stock, [first, single, second]))


async def test_a_basket_that_cannot_take_a_product_leaves_it_to_who_waits(stock, fire):
    basket_first = await alert(stock, items=basket(milk=2, bread=1), store=STOCKMANN)
    single = await alert(stock, store=STOCKMANN)
    await state(stock, STOCKMANN, milk=2)
    for _ in range(3):
        await fire()
    assert [single.name] == await fired(stock, [basket_first, single])


async def test_an_alert_is_not_fired_by_a_level_that_no_feed_has_stated_lately(stock, database):
    await state(stock, STOCKMANN, milk=2)
    made = await alert(stock, store=STOCKMANN)
    together = await alert(stock, items=basket(milk=1), store=STOCKMANN)
    await worker.fire(firing(database, fresh_ms=-1, promised_ms=1))
    assert [] == await fired(stock, [made, together])

    await asyncio.sleep(0.01)
    await worker.fire(firing(database, promised_ms=1))
    assert 2 == len(await fired(stock, [made, together]))


@pytest.mark.parametrize(
    ("goods", "field"),
    [
        ({"products": []}, "stock_alert"),
        ({"products": [MILK], "items": basket(bread=1)}, "stock_alert"),
        ({"items": basket(milk=1), "min_quantity": 1}, "stock_alert"),
        ({"items": basket(milk=0)}, "stock_alert.items[0].quantity"),
        ({"products": [MILK], "hold": {"ttl": {"seconds": 30_000_000}}}, "stock_alert.hold.ttl"),
    ],
)
async def test_an_alert_is_for_any_of_some_products_or_all_of_some(stock, database, goods, field):
    code, _, fields = await refusal(alert(stock, store=STOCKMANN, **goods))
    assert (grpc.StatusCode.INVALID_ARGUMENT, [field]) == (code, fields)
    assert [] == [key async for key in database.scan_iter("{a:*")]


async def test_an_alert_that_has_expired_is_told_once(stock, fire, database):
    made = await alert(stock, store=STOCKMANN, shopper="anna")
    gone = await alert(stock, store=STOCKMANN)
    await stock.DeleteStockAlert(stock_pb2.DeleteStockAlertRequest(name=gone.name))
    later_ms = made.expire_time.ToMilliseconds()
    turn = firing(database)
    partition = partition_of(AT)
    news = (await turn.matching.news(later_ms))[partition]
    assert 1 == len(news.expired)
    await fire()  # its time is not over
    assert [] == await events(database)

    [(owner, id)] = news.expired
    key = f"{{a:{owner}}}:alerts"
    raw = await database.hget(key, id)
    await database.hset(key, id, raw.replace(str(later_ms).encode(), b"1"))
    for _ in range(2):
        await turn.expire_all(partition, news.expired)

    [event] = await events(database)
    assert ("alert.expired", made.name, "anna") == (event.type, event.subject, event.reference)
    assert [] == (await turn.matching.news(later_ms))[partition].expired


async def test_what_an_older_version_has_claimed_and_delivered_is_told(stock, fire, database):
    made, delivered = [await alert(stock, store=STOCKMANN) for _ in range(2)]
    await state(stock, STOCKMANN, milk=7)
    [key] = [key async for key in database.scan_iter("{a:*}:alerts")]
    owner = key.decode().removeprefix("{a:").removesuffix("}:alerts")
    ids = [one.name.partition("/")[2] for one in (made, delivered)]
    wishes = f"{{s{partition_of(AT):02}}}:wishes:{AT}:milk"
    await database.zrem(wishes, *(f"{owner} {id} 1" for id in ids))
    await database.hset(f"{{s{partition_of(AT):02}}}:claims", f"{AT} milk {owner} {ids[0]} 1", 7)
    raw = await database.hget(f"{{a:{owner}}}:alerts", ids[1])
    await database.hset(f"{{a:{owner}}}:alerts", ids[1], raw[:-1] + b',"fired":1700000000000}')
    entry = {"id": ids[1], "s": AT, "u": "milk", "n": 3}
    await database.xadd(f"{{a:{owner}}}:deliveries", entry)

    await fire()
    await worker.forget(Alerts(database), kept_ms=2**50)

    assert [made.name] == [event.subject for event in await events(database)]
    assert basket(milk=7) == list((await seen(stock, made)).finding.items)
    assert basket(milk=3) == list((await seen(stock, delivered)).finding.items)
    assert not await database.exists(f"{{a:{owner}}}:deliveries")


async def with_holds(parts: Any, **options: Any) -> None:
    await worker.fire(firing_with_holds(parts, **options))


async def test_a_hold_is_made_for_the_person_at_once(stock, parts, database):
    made = await alert(
        stock,
        items=basket(milk=2, bread=1),
        store=STOCKMANN,
        shopper="anna",
        hold={"ttl": {"seconds": 3600}},
    )
    await state(stock, STOCKMANN, milk=5, bread=1)
    await with_holds(parts)
    await with_holds(parts)

    after = await seen(stock, made)
    request = stock_pb2.GetReservationRequest(name=after.finding.reservation)
    held = await stock.GetReservation(request)
    assert ("anna", [2, 1]) == (held.shopper, [item.held_quantity for item in held.items])
    assert 3600_000 == held.expire_time.ToMilliseconds() - held.create_time.ToMilliseconds()
    assert (3, 0) == (await available(stock, STOCKMANN), await available(stock, STOCKMANN, BREAD))
    [event] = await events(database)
    assert (held.name, held.expire_time.ToMilliseconds()) == (
        event.data["reservation"],
        event.expire_ms,
    )
    # The hold has its units: no promise keeps others from them, or gives them twice.
    other = await alert(stock, store=STOCKMANN, min_quantity=3)
    await with_holds(parts)
    assert [other.name] == await fired(stock, [other])


async def test_a_hold_that_a_quota_refuses_leaves_the_news_without_it(stock, parts, database):
    for _ in range(2):
        await alert(stock, store=STOCKMANN, shopper="anna", hold={})
    await state(stock, STOCKMANN, milk=5)
    await with_holds(parts, shopper_holds=1)
    await with_holds(parts, shopper_holds=1)

    first, second = await events(database)
    assert "reservation" in first.data
    assert "QUOTA_EXCEEDED" == second.data["hold_refusal"]
    assert "reservation" not in second.data
    assert 4 == await available(stock, STOCKMANN)


async def test_an_alert_of_a_key_that_was_revoked_makes_no_hold(stock, parts, database):
    made = await alert(stock, store=STOCKMANN, shopper="anna", hold={})
    key, id = f"{{a:{ANONYMOUS.owner}}}:alerts", made.name.removeprefix("stockAlerts/")
    record = orjson.loads(await database.hget(key, id))
    await database.hset(key, id, orjson.dumps(record | {"own": "keys/gone"}))
    await state(stock, STOCKMANN, 2, milk=5)
    await worker.fire(firing_with_holds(parts))

    found = (await seen(stock, made)).finding
    assert ("", "PERMISSION_DENIED") == (found.reservation, found.hold_refusal)
    assert 5 == await available(stock, STOCKMANN)


@pytest.mark.parametrize("found", [None, "QUOTA_EXCEEDED"])
async def test_a_hold_whose_worker_died_is_given_up_if_another_found_that_none_can_be_made(
    stock, parts, database, monkeypatch, found
):
    made = await alert(stock, store=STOCKMANN, shopper="anna", hold={})
    await state(stock, STOCKMANN, milk=5)
    turn, make = firing_with_holds(parts), AlertHolds.make

    async def made_meanwhile(self: Any, *asked: Any) -> Any:
        await make(self, *asked)  # by the one that dies before it can say so
        return found

    with monkeypatch.context() as patch:
        patch.setattr(AlertHolds, "make", made_meanwhile)
        assert 1 == await turn.matching.match(AT, "milk")
        await turn.claim_all(partition_of(AT))

    assert 5 == await available(stock, STOCKMANN)
    refusals = [event.data["hold_refusal"] for event in await events(database)]
    assert ([found] if found else []) == refusals
    assert bool(found) == (await seen(stock, made)).HasField("fire_time")


@pytest.mark.parametrize("end", ["again", "deleted", "refused"])
async def test_a_hold_that_a_dead_worker_sent_is_not_made_after_another_gave_it_up(
    stock, parts, database, monkeypatch, end
):
    """Its command is on the way while the next worker finds too little, and then the goods come."""
    made = await alert(stock, store=STOCKMANN, shopper="anna", hold={})
    await state(stock, STOCKMANN, milk=5)
    turn, reserve = firing_with_holds(parts), HoldChanges.reserve
    assert 1 == await turn.matching.match(AT, "milk")
    late: list[Callable[[], Awaitable[Hold]]] = []

    async def sent(self: Any, *given: Any) -> Any:
        late.append(partial(reserve, self, *given))
        if end == "deleted":
            await stock.DeleteStockAlert(stock_pb2.DeleteStockAlertRequest(name=made.name))
        raise asyncio.CancelledError  # the worker dies

    with monkeypatch.context() as patch:
        patch.setattr(HoldChanges, "reserve", sent)
        with pytest.raises(asyncio.CancelledError):
            await turn.claim_all(partition_of(AT))
    if end == "again":
        await state(stock, STOCKMANN, 2, milk=0)

    async def refused(*_: Any) -> str:
        return "QUOTA_EXCEEDED"

    with monkeypatch.context() as patch:
        if end == "refused":
            patch.setattr(AlertHolds, "make", refused)
        await turn.claim_all(partition_of(AT))
    await state(stock, STOCKMANN, 3, milk=5)

    with pytest.raises(ClaimGone):
        await late[0]()
    assert 5 == await available(stock, STOCKMANN)
    assert [] == await turn.matching.claims(partition_of(AT))


async def test_the_first_of_two_workers_decides_on_the_hold(stock, parts, database):
    await alert(stock, store=STOCKMANN, shopper="anna", hold={})
    await state(stock, STOCKMANN, milk=5)
    turn = firing_with_holds(parts)
    await turn.matching.match(AT, "milk")
    [claim] = await turn.matching.claims(partition_of(AT))
    refused = claim.found._replace(refusal="QUOTA_EXCEEDED")
    held = claim.found._replace(hold="h1")

    async def settle(found: Any) -> str:
        word, _ = await turn.alerts.settle(claim.owner, claim.alert, "held", claim.id, found.text)
        return word

    await turn.alerts.settle(claim.owner, claim.alert, "fire", claim.id, claim.found.text)
    assert ["done", "no", "done"] == [await settle(found) for found in (held, refused, held)]


async def test_what_a_worker_that_died_has_decided_is_told_by_the_next(stock, parts, database):
    await alert(stock, store=STOCKMANN, shopper="anna", hold={})
    await state(stock, STOCKMANN, milk=5)
    turn = firing_with_holds(parts)
    await turn.matching.match(AT, "milk")
    [claim] = await turn.matching.claims(partition_of(AT))
    refused = claim.found._replace(refusal="QUOTA_EXCEEDED").text
    for action, found in (("fire", claim.found.text), ("held", refused)):
        await turn.alerts.settle(claim.owner, claim.alert, action, claim.id, found)

    assert 1 == await turn.claim_all(partition_of(AT))
    [event] = await events(database)
    assert "QUOTA_EXCEEDED" == event.data["hold_refusal"]
    assert 5 == await available(stock, STOCKMANN)


async def test_an_alert_waits_on_if_others_are_faster_with_the_goods(stock, parts, database):
    made = await alert(stock, store=STOCKMANN, shopper="anna", hold={})
    await state(stock, STOCKMANN, milk=1)
    turn = firing_with_holds(parts)
    assert 1 == await turn.matching.match(AT, "milk")
    await hold(stock, STOCKMANN, milk=1)  # before the alert's

    assert 0 == await turn.claim_all(partition_of(AT))
    assert [] == await events(database)
    assert not (await seen(stock, made)).HasField("fire_time")

    await state(stock, STOCKMANN, 2, milk=2)
    await worker.fire(turn)
    [event] = await events(database)
    assert 0 == await available(stock, STOCKMANN)
    assert "reservation" in event.data


async def test_a_closed_store_makes_no_hold_and_the_alert_waits_on(stock, parts, database):
    made = await alert(stock, store=STOCKMANN, hold={})
    await state(stock, STOCKMANN, milk=1)
    turn = firing_with_holds(parts)
    await worker.fire(turn, is_open=lambda store: store != AT)
    assert [] == await fired(stock, [made])
    assert [] == await events(database)


@pytest.mark.parametrize("step", ["matched", "fired", "held", "kept"])
async def test_a_worker_that_dies_at_any_step_leaves_one_hold_and_one_event(
    stock, parts, database, step
):
    made = await alert(stock, store=STOCKMANN, shopper="anna", hold={})
    await state(stock, STOCKMANN, milk=5)
    dying = firing_with_holds(parts)
    await dying.matching.match(AT, "milk")
    [claim] = await dying.matching.claims(partition_of(AT))
    kept: Any = None
    held: Any = None
    if step != "matched":
        _, kept = await dying.alerts.settle(
            claim.owner, claim.alert, "fire", claim.id, claim.found.text
        )
    if step in ("held", "kept"):
        held = await dying.holds.make(kept, kept.hold, claim)
    if step == "kept":
        found = claim.found._replace(hold=held.id).text
        await dying.alerts.settle(claim.owner, claim.alert, "held", claim.id, found)

    turn = firing_with_holds(parts)
    await asyncio.gather(*(worker.fire(turn) for _ in range(3)))
    await worker.fire(turn)

    [event] = await events(database)
    assert [made.name] == await fired(stock, [made])
    assert (await seen(stock, made)).finding.reservation == event.data["reservation"]
    assert 4 == await available(stock, STOCKMANN)
    for partition in range(PARTITIONS):
        assert [] == await turn.matching.claims(partition)


async def test_a_claim_that_cannot_be_taken_holds_up_no_other_partition(
    stock, parts, database, monkeypatch
):
    """The one that fails lies in the partition that is looked at first."""
    first, last = sorted((STOCKMANN, FORUM), key=lambda name: partition_of(name[7:]))
    await alert(stock, store=first, hold={})
    made = await alert(stock, store=last, hold={})
    for store in (first, last):
        await state(stock, store, milk=1)
    make = AlertHolds.make

    async def failing(self: AlertHolds, alert: Any, wish: Any, claim: Any) -> Any:
        if claim.found.store == first[7:]:
            raise ConcurrentChanges("again and again")
        return await make(self, alert, wish, claim)

    monkeypatch.setattr(AlertHolds, "make", failing)
    turn = firing_with_holds(parts)
    for _ in range(2):
        with pytest.raises(ConcurrentChanges):
            await worker.fire(turn)
    assert partition_of(first[7:]) < partition_of(last[7:])
    assert [made.name] == [event.subject for event in await events(database, last[7:])]


async def test_two_workers_that_disagree_leave_no_hold_of_which_nobody_is_told(
    stock, parts, database
):
    """One finds the goods gone, and the other gets them a moment later."""
    made = await alert(stock, store=STOCKMANN, shopper="anna", hold={})
    await state(stock, STOCKMANN, milk=1)
    late, early = firing_with_holds(parts), firing_with_holds(parts)
    await late.matching.match(AT, "milk")
    [claim] = await late.matching.claims(partition_of(AT))
    _, kept = await late.alerts.settle(claim.owner, claim.alert, "fire", claim.id, claim.found.text)
    await early.alerts.settle(claim.owner, claim.alert, "again", claim.id)
    await early._let_go(claim, kept, waits_on=True)

    assert not await late._fired(claim, kept)

    assert [] == await events(database)
    assert 1 == await available(stock, STOCKMANN)
    await worker.fire(early)
    assert [made.name] == [event.subject for event in await events(database)]
    assert 0 == await available(stock, STOCKMANN)
