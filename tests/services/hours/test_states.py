"""A state with all that comes before and after, in words; services inside, and their cut-offs."""

import pytest

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from tests.services.hours.shops import (
    GROCERY,
    HOURS,
    NAME,
    date,
    give,
    instant,
    intervals,
    local,
    put,
    shop,
    state,
    timestamp,
)

OPEN, CLOSED, UNKNOWN = hours_pb2.STATE_OPEN, hours_pb2.STATE_CLOSED, hours_pb2.STATE_UNKNOWN
FRANCE = {"region_code": "FR"}
MONDAY = "2026-11-30"


async def test_a_state_says_since_when_until_when_and_what_comes(stores, hours):
    await put(stores, shop("grocery", GROCERY))
    now = await state(hours, f"{MONDAY} 12:10", open_for_minutes=20)
    assert (OPEN, local(f"{MONDAY} 09:00"), local(f"{MONDAY} 12:30"), True, True) == (
        now.state,
        instant(now.since_time),
        instant(now.until_time),
        now.closes_soon,
        now.open_long_enough,
    )
    assert (local(f"{MONDAY} 14:00"), local(f"{MONDAY} 12:30")) == (
        instant(now.next_open_time),
        instant(now.next_close_time),
    )
    other = await state(hours, f"{MONDAY} 12:10", open_for_minutes=21, soon_minutes=19)
    assert (False, False) == (other.open_long_enough, other.closes_soon)


async def test_the_next_opening_may_be_years_away_and_that_of_none_is_not_set(stores, hours):
    await put(stores, shop("grocery", "Feb 29 10:00-12:00"), shop("shut", "off"))
    assert local("2028-02-29 10:00") == instant((await state(hours, MONDAY)).next_open_time)
    never = await state(hours, MONDAY, "stores/t-shut")
    assert not never.HasField("next_open_time")
    assert not never.HasField("until_time")


@pytest.mark.parametrize(
    ("at", "language", "words"),
    [
        ("2026-11-27 15:00", "en_GB", "Open until 19:00"),
        ("2026-11-27 15:00", "en_US", "Open until 7:00 PM"),
        ("2026-11-27 15:00", "fr-FR", "Ouvert jusqu'à 19:00"),
        ("2026-11-27 15:00", "fi", "Avoinna klo 19.00 asti"),
        ("2026-11-27 15:00", "de", "Geöffnet bis 19:00 Uhr"),
        ("2026-11-27 18:45", "en_GB", "Closes soon, at 19:00"),
        ("2026-11-27 20:00", "en_GB", "Opens tomorrow at 10:00"),
        ("2026-11-28 19:00", "fr", "Ouvre lundi à 9:00"),
        ("2027-11-01 08:00", "fr", "Fermé (Toussaint), ouvre demain à 9:00"),
        ("2027-11-01 08:00", "en_GB", "Closed for All Saints' Day, opens tomorrow at 9:00"),
        ("2026-11-27 15:00", "xx", "Open until 7:00 PM"),
    ],
)
async def test_words_are_of_the_language_and_its_clock(stores, hours, at, language, words):
    await put(stores, shop("grocery", f"{GROCERY}; PH off", address=FRANCE))
    assert words == (await state(hours, at, language_code=language)).words


@pytest.mark.parametrize(
    ("status", "language", "words"),
    [
        (stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED, "en", "Temporarily closed"),
        (stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD, "fr", "Définitivement fermé"),
        (stores_pb2.STORE_STATUS_MOVED, "de", "Umgezogen"),
        (stores_pb2.STORE_STATUS_FUTURE_OPENING, "fi", "Ei vielä avattu"),
    ],
)
async def test_a_store_that_does_not_trade_says_so(stores, hours, status, language, words):
    await put(stores, shop("grocery", "24/7", status=status))
    now = await state(hours, MONDAY, language_code=language)
    assert (CLOSED, words) == (now.state, now.words)


async def test_a_batch_answers_each_as_alone_in_the_order_asked(stores, hours):
    shops = [shop(str(number), text) for number, text in enumerate(("24/7", GROCERY, "off", "?"))]
    await put(stores, *shops)
    names = [f"{each.name}/hours" for each in reversed(shops)]
    at = local(f"{MONDAY} 13:00")
    request = hours_pb2.BatchCheckOpenStatesRequest(
        names=["stores/t-none/hours", *names, names[0]], at_time=timestamp(at)
    )
    answer = await hours.BatchCheckOpenStates(request)
    assert [await state(hours, at, each.name) for each in reversed(shops)] == list(
        answer.open_states
    )
    assert ["stores/t-none/hours"] == list(answer.not_found)


async def test_each_service_inside_has_its_own_next_change(stores, hours):
    await put(stores, shop("grocery", "Mo-Sa 08:00-20:00", address=FRANCE))
    services = [
        {"name": f"{NAME}/services/pharmacy", "expression": "Mo-Fr 09:00-12:00"},
        {"name": f"{NAME}/services/drive-through", "expression": "24/7"},
        {"name": f"{NAME}/services/returns", "display_name": "Returns"},
    ]
    closed = [{"first_date": date("2026-12-01"), "label": "Inventory"}]
    await give(hours, NAME, services=services, exceptions=closed)

    monday = await inside(hours, f"{MONDAY} 13:00")
    assert {
        "drive-through": (OPEN, local("2026-12-01 00:00")),
        "pharmacy": (CLOSED, local("2026-12-02 09:00")),
        "returns": (OPEN, local(f"{MONDAY} 20:00")),
    } == monday
    inventory = await inside(hours, "2026-12-01 13:00")
    assert {CLOSED} == {found for found, _ in inventory.values()}

    await hours.CreateClosure(
        hours_pb2.CreateClosureRequest(
            parent=NAME,
            closure={"start_date": date(MONDAY), "service": "returns", "reason": "sick"},
        )
    )
    assert CLOSED == (await inside(hours, f"{MONDAY} 13:00"))["returns"][0]
    assert OPEN == (await state(hours, f"{MONDAY} 13:00")).state
    one = await state(hours, f"{MONDAY} 13:00", service="returns")
    assert (CLOSED, "sick", "returns") == (one.state, one.rule.display_name, one.service)


async def inside(hours, at: str):
    request = hours_pb2.ListInStoreServicesRequest(parent=NAME, at_time=timestamp(local(at)))
    found = {}
    while True:
        request.page_size = 2
        page = await hours.ListInStoreServices(request)
        for each in page.in_store_services:
            now = each.open_state
            found[each.name.rpartition("/")[2]] = now.state, instant(now.until_time)
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


async def test_an_exception_of_a_service_goes_before_that_of_its_store(stores, hours):
    await put(stores, shop("grocery", "Mo-Sa 08:00-20:00"))
    pharmacy = {
        "name": f"{NAME}/services/pharmacy",
        "expression": "Mo-Fr 09:00-12:00",
        "exceptions": [
            {"first_date": date("2026-12-25"), "hours": [{"opens": "10:00", "closes": "11:00"}]}
        ],
    }
    closed = [{"first_date": date("2026-12-24"), "last_date": date("2026-12-26")}]
    await give(hours, NAME, services=[pharmacy], exceptions=closed)
    answer = await intervals(hours, "2026-12-23", "2026-12-28", service="pharmacy")
    assert [23, 25, 28] == [each.local_date.day for each in answer.intervals]


async def test_orders_end_before_the_doors_do(stores, hours):
    await put(stores, shop("grocery", "Mo-Sa 08:00-20:00"))
    cut_offs = hours_pb2.CutOffs(
        order_before_close_minutes=60,
        pickup_before_close_minutes=0,
        same_day_order_until="15:30",
    )
    await give(hours, NAME, cut_offs=cut_offs)

    morning = (await state(hours, f"{MONDAY} 07:00")).cut_off_times
    assert [local(f"{MONDAY} {time}") for time in ("19:00", "20:00", "15:30")] == [
        instant(morning.order_time),
        instant(morning.pickup_time),
        instant(morning.same_day_order_time),
    ]
    afternoon = (await state(hours, f"{MONDAY} 15:30")).cut_off_times
    assert not afternoon.HasField("same_day_order_time")
    sunday = (await state(hours, "2026-11-29 12:00")).cut_off_times
    assert local(f"{MONDAY} 19:00") == instant(sunday.order_time)
    assert not sunday.HasField("same_day_order_time")


async def test_a_range_of_dates_has_instants_and_a_door_sign(stores, hours):
    await put(stores, shop("grocery", f"{GROCERY}; PH off", address=FRANCE))
    answer = await intervals(hours, "2026-12-24", "2026-12-26", language_code="fr")
    assert ("Europe/Paris", 3, 3) == (answer.time_zone, len(answer.intervals), len(answer.days))
    thursday, friday, saturday = answer.days
    assert [("09:00", "12:30"), ("14:00", "19:00")] == [(s.start, s.end) for s in thursday.spans]
    assert ([], "Noël", "Noël") == (list(friday.spans), friday.rule.display_name, friday.holiday)
    assert ("", date("2026-12-26")) == (saturday.holiday, saturday.date)
    request = hours_pb2.ListOpenIntervalsRequest(name=HOURS)
    assert 7 == len((await hours.ListOpenIntervals(request)).days)
