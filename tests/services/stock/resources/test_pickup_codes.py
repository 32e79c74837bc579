"""Short pick-up codes: said at the counter, and found by the staff of the shop alone."""

import re
from typing import Any

import grpc
import orjson
import pytest

from enrayon.stock.v1 import stock_pb2
from services.chassis.access.policy import Role
from services.stock.model.holds import encoded
from services.stock.model.partitions import StoreKeys
from tests.support.gated import gated
from tests.support.refusals import refusal
from tests.support.stock import FORUM, STOCKMANN, hold, state
from tests.support.stock_state import FRESH, MINUTE, STORE, T0, reserved, stated

CODE = grpc.StatusCode
LOOK_ALIKES = set("01OILZSBU")
"""Characters that are read as others of the alphabet, or as each other, by eye or by ear."""
WEEK_MS = 7 * 86_400_000


async def code_of(stock: Any, name: str) -> str:
    request = stock_pb2.GetPickupCodeRequest(name=f"{name}/pickupCode")
    return str((await stock.GetPickupCode(request)).code)


async def found(stock: Any, parent: str, code: str) -> Any:
    request = stock_pb2.FindReservationByCodeRequest(parent=parent, code=code)
    return await stock.FindReservationByCode(request)


async def test_a_code_has_eight_characters_none_of_which_looks_like_another(stock):
    await state(stock, STOCKMANN, milk=100)
    codes = [await code_of(stock, (await hold(stock, STOCKMANN, milk=1)).name) for _ in range(20)]
    assert 20 == len(set(codes))
    assert all(re.fullmatch("[0-9A-Z]{8}", code) for code in codes)
    assert set() == set("".join(codes)) & LOOK_ALIKES


async def test_a_code_is_the_same_each_time_and_finds_the_hold_as_people_type_it(stock):
    await state(stock, STOCKMANN, milk=5)
    made = await hold(stock, STOCKMANN, milk=2)
    code = await code_of(stock, made.name)

    assert code == await code_of(stock, made.name)
    for typed in (code, code.lower(), f"{code[:4]} {code[4:]}", f"{code[:4]}-{code[4:].lower()}"):
        assert made == await found(stock, STOCKMANN, typed)


async def test_a_code_is_of_one_store(stock):
    await state(stock, STOCKMANN, milk=5)
    code = await code_of(stock, (await hold(stock, STOCKMANN, milk=2)).name)
    status, reason, _ = await refusal(found(stock, FORUM, code))
    assert (CODE.NOT_FOUND, "RESERVATION_NOT_FOUND") == (status, reason)


@pytest.mark.parametrize("text", ["", "2345678", "234567890", "2345-6789C", "O3456789", "../23456"])
async def test_what_is_no_code_is_refused_by_its_field(stock, text):
    status, _, violations = await refusal(found(stock, STOCKMANN, text))
    assert CODE.INVALID_ARGUMENT == status
    assert "code" in str(violations)


async def test_a_collected_hold_is_still_found_so_that_a_retry_sees_it(stock):
    await state(stock, STOCKMANN, milk=5)
    made = await hold(stock, STOCKMANN, milk=2)
    code = await code_of(stock, made.name)
    await stock.CollectReservation(stock_pb2.CollectReservationRequest(name=made.name))
    assert stock_pb2.Reservation.STATE_COLLECTED == (await found(stock, STOCKMANN, code)).state


async def test_the_code_that_the_shopper_knows_fetches_the_goods_after_a_transfer(stock):
    await state(stock, STOCKMANN, milk=5)
    await state(stock, FORUM, milk=5)
    made = await hold(stock, STOCKMANN, milk=2)
    code = await code_of(stock, made.name)
    request = stock_pb2.TransferReservationRequest(
        name=made.name, destination_store=FORUM, request_id="t"
    )
    there = await stock.TransferReservation(request)

    assert there == await found(stock, FORUM, code)
    assert there.name == (await found(stock, STOCKMANN, code)).transferred_to


async def test_a_hold_of_before_gets_a_code_when_it_is_asked_for(stock, database):
    await state(stock, STOCKMANN, milk=5)
    made = await hold(stock, STOCKMANN, milk=2)
    of, id = StoreKeys.of("t-stockmann"), made.name.rpartition("/")[2]
    record = orjson.loads(await database.hget(of.holds, id))
    await database.hdel(of.codes, record.pop("cd"))
    await database.hset(of.holds, id, orjson.dumps(record))

    code = await code_of(stock, made.name)
    assert code == await code_of(stock, made.name)
    assert made == await found(stock, STOCKMANN, code)


async def test_of_two_holds_with_one_code_the_second_gets_another(levels, holds):
    await stated(levels, milk=5)
    for id in ("h1", "h2"):
        record = encoded(id, "anonymous", "", 0, code="23456789")
        await holds.reserve(STORE, record, {"milk": 1}, ttl_ms=MINUTE, fresh_ms=FRESH, now_ms=T0)
    first, second = await holds.read(STORE, ["h1", "h2"], T0)
    assert ("23456789", "") == (first.code, second.code)

    async def give(code: str) -> str:
        argument = {"cd": code}
        outcome = await holds.transition(STORE, "h2", "code", argument=argument, now_ms=T0)
        return str(outcome.word)

    assert ["taken", "done", "same"] == [
        await give(code) for code in ("23456789", "CFGHJMPQ", "RVWX2345")
    ]
    assert "h1" == (await holds.by_code(STORE, "23456789", T0)).id
    assert "h2" == (await holds.by_code(STORE, "CFGHJMPQ", T0)).id


async def test_a_code_goes_with_the_hold(levels, holds, database):
    await stated(levels, milk=5)
    await reserved(holds, "h1", milk=1)
    argument = {"cd": "CFGHJMPQ"}
    await holds.transition(STORE, "h1", "code", argument=argument, now_ms=T0)
    await holds.transition(STORE, "h1", "cancel", now_ms=T0)
    key = StoreKeys.of(STORE).codes

    await holds.sweep(STORE, 10, T0 + WEEK_MS - 1)
    assert 1 == await database.hlen(key)
    await holds.sweep(STORE, 10, T0 + WEEK_MS)
    assert 0 == await database.hlen(key)


async def test_who_tries_codes_is_limited_at_each_store_by_its_key(parts, monkeypatch):
    monkeypatch.setenv("ENRAYON_STOCK_ALLOW_LOSS", "true")
    async with gated(parts) as callers:
        admin, channel = callers.by(Role.ADMIN), callers.by(Role.CHANNEL)
        await state(admin.stock, STOCKMANN, milk=5)
        made = await hold(channel.stock, STOCKMANN, milk=2)
        code = await code_of(channel.stock, made.name)

        assert made.name == (await found(admin.stock, STOCKMANN, code)).name
        status, _, _ = await refusal(found(channel.stock, STOCKMANN, code))
        assert CODE.PERMISSION_DENIED == status
        outcomes = [await refusal(found(admin.stock, STOCKMANN, "23456789")) for _ in range(40)]
        assert {"RESERVATION_NOT_FOUND", "RATE_LIMITED"} == {reason for _, reason, _ in outcomes}
        limited = sum(reason == "RATE_LIMITED" for _, reason, _ in outcomes)
        assert limited >= 5
        elsewhere = await refusal(found(admin.stock, FORUM, "23456789"))
        assert "RESERVATION_NOT_FOUND" == elsewhere[1]
