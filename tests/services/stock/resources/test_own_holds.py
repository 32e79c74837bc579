"""A caller's own holds over all stores: by shopper, and never those of another."""

import asyncio
import secrets
import time
from typing import Any

import grpc

from enrayon.stock.v1 import stock_pb2
from services.chassis.access.key_store import KeyStore
from services.chassis.access.keys import new_key
from services.chassis.access.policy import Role
from services.chassis.clock import utc_now
from services.chassis.database.leases import MARGIN_MS
from services.stock.model.holds import KEPT_ENDED_MS
from services.stock.state import quotas
from services.stock.state.quotas import Holder, Limits, Quotas, list_key
from tests.support.gated import gated
from tests.support.refusals import refusal
from tests.support.stock import FORUM, ITIS, SOKOS, STOCKMANN, basket, state

CODE = grpc.StatusCode
State = stock_pb2.Reservation.State
EVERYWHERE = "stores/-"


async def held(stock: Any, store: str, shopper: str, units: int = 1, **fields: Any) -> Any:
    request = stock_pb2.CreateReservationRequest(
        parent=store, items=basket(milk=units), shopper=shopper, **fields
    )
    return await stock.CreateReservation(request)


async def listed(stock: Any, parent: str = EVERYWHERE, **fields: Any) -> Any:
    return await stock.ListReservations(stock_pb2.ListReservationsRequest(parent=parent, **fields))


async def own(stock: Any, shopper: str, **fields: Any) -> list[str]:
    answer = await listed(stock, shopper=shopper, **fields)
    return [hold.name for hold in answer.reservations]


async def test_a_shopper_has_her_holds_of_all_stores_the_oldest_first(stock):
    names = []
    for store in (STOCKMANN, FORUM, SOKOS):
        await state(stock, store, milk=5)
        names.append((await held(stock, store, "eva")).name)
        await held(stock, store, "otto")

    assert names == await own(stock, "eva")
    pages: list[str] = []
    token = ""
    while len(pages) < 4:
        answer = await listed(stock, shopper="eva", page_size=1, page_token=token)
        pages += [hold.name for hold in answer.reservations]
        if not (token := answer.next_page_token):
            break
    assert names == pages


async def test_a_list_of_all_stores_names_a_shopper(stock):
    status, _, fields = await refusal(listed(stock))
    assert (CODE.INVALID_ARGUMENT, ["shopper"]) == (status, fields)


async def test_ended_holds_are_found_by_their_state_and_refused_ones_nowhere(stock, database):
    await state(stock, STOCKMANN, milk=5)
    await state(stock, FORUM, milk=5)
    done = await held(stock, STOCKMANN, "eva")
    await stock.CollectReservation(stock_pb2.CollectReservationRequest(name=done.name))
    await refusal(held(stock, FORUM, "eva", units=9))

    assert [] == await own(stock, "eva")
    assert [done.name] == await own(stock, "eva", states=[State.STATE_COLLECTED])
    assert 1 == await database.zcard(list_key("anonymous", "eva"))


async def test_a_retry_that_fails_takes_nothing_from_the_list(stock):
    await state(stock, STOCKMANN, milk=1)
    answers = await asyncio.gather(
        *(held(stock, STOCKMANN, "eva", request_id="r") for _ in range(8)),
        return_exceptions=True,
    )
    [name] = {each.name for each in answers if isinstance(each, stock_pb2.Reservation)}
    assert [name] == await own(stock, "eva")


async def test_a_transferred_hold_is_listed_where_it_is(stock):
    await state(stock, STOCKMANN, milk=5)
    await state(stock, FORUM, milk=5)
    made = await held(stock, STOCKMANN, "eva")
    there = await stock.TransferReservation(
        stock_pb2.TransferReservationRequest(
            name=made.name, destination_store=FORUM, request_id="t"
        )
    )
    assert [there.name] == await own(stock, "eva")


async def test_one_caller_never_sees_the_shopper_of_another(parts, monkeypatch):
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    async with gated(parts) as callers:
        admin, channel = callers.by(Role.ADMIN), callers.by(Role.CHANNEL)
        await state(admin.stock, STOCKMANN, milk=9)
        mine = await held(channel.stock, STOCKMANN, "eva")

        assert [mine.name] == await own(channel.stock, "eva")
        assert [] == await own(admin.stock, "eva")  # of all stores an admin has its own, too


async def test_a_page_sees_what_an_unguessable_shopper_opens_and_nothing_else(parts, monkeypatch):
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    async with gated(parts, limit_page_holds_per_hour=1000) as callers:
        admin, page = callers.by(Role.ADMIN), callers.by(Role.PAGE)
        elsewhere = callers.by(Role.PAGE, "198.51.100.7")
        for store in (STOCKMANN, FORUM):
            await state(admin.stock, store, milk=20)
        eva, otto = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        hers = [(await held(page.stock, store, eva)).name for store in (STOCKMANN, FORUM)]
        his = await held(elsewhere.stock, STOCKMANN, otto)
        await held(page.stock, FORUM, "guest")

        assert (hers, hers) == (await own(page.stock, eva), await own(elsewhere.stock, eva))
        assert [his.name] == await own(page.stock, otto)
        assert [] == await own(page.stock, secrets.token_urlsafe(16))
        here = await listed(page.stock, STOCKMANN, shopper=eva)
        assert hers[:1] == [hold.name for hold in here.reservations]
        for parent in (EVERYWHERE, FORUM):
            for shopper in ("", "guest", eva[:21], eva[:21] + "/", "é" * 22):
                status, _, fields = await refusal(listed(page.stock, parent, shopper=shopper))
                assert (CODE.INVALID_ARGUMENT, ["shopper"]) == (status, fields), shopper


async def test_staff_of_a_shop_lists_its_shop_alone(parts, monkeypatch):
    """`stores/-` is no store of anybody."""
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    async with gated(parts) as callers:
        key, token = new_key("till", Role.STAFF, utc_now(), stores=("t-itis",))
        assert await KeyStore(parts.client).create(key)
        callers.keys[Role.STAFF] = token
        staff = callers.by(Role.STAFF)
        status, _, _ = await refusal(listed(staff.stock, shopper="eva"))
        assert CODE.PERMISSION_DENIED == status
        assert [] == list((await listed(staff.stock, ITIS)).reservations)


async def test_a_list_is_bounded_and_goes_with_the_holds(database, monkeypatch):
    monkeypatch.setattr(quotas, "LISTED_MOST", 3)
    made = Quotas(database, Limits(0, 0, 0))
    now_ms = round(time.time() * 1000)
    for number in range(10):
        await made.take(Holder("a", "eva"), "t-forum", f"h{number}", 60_000 + number, now_ms)
    assert {"t-forum": ["h7", "h8", "h9"]} == await made.listed("a", "eva")

    last_ms = 60_009 + MARGIN_MS + KEPT_ENDED_MS
    assert KEPT_ENDED_MS < await database.pttl(list_key("a", "eva")) <= last_ms
    await made.take(Holder("a", "eva"), "t-sokos", "new", 60_000, now_ms + last_ms)
    assert {"t-sokos": ["new"]} == await made.listed("a", "eva")
