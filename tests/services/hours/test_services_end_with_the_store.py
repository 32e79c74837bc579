"""A service in a store ends with it on special days, unless it has hours of its own for them."""

import pytest

from enrayon.hours.v1 import hours_pb2
from tests.services.hours.shops import HOURS, NAME, date, give, put, shop, state

OPEN, CLOSED = hours_pb2.STATE_OPEN, hours_pb2.STATE_CLOSED
COLLECT = f"{NAME}/services/collect"
FRANCE = {"region_code": "FR"}
CHRISTMAS, EVE = "2026-12-25 12:00", "2026-12-24 18:00"
SHORT_EVE = {
    "first_date": date("2026-12-24"),
    "hours": [{"opens": "09:00", "closes": "16:00"}],
    "label": "Réveillon",
}


def service(expression: str, **fields: object) -> dict[str, object]:
    return {"name": COLLECT, "expression": expression, **fields}


async def collect(stores, hours, text: str, found: dict[str, object], **fields: object) -> None:
    await put(stores, shop("grocery", text, address=FRANCE))
    await give(hours, NAME, services=[found], **fields)


async def collect_state(hours, at: str) -> int:
    found: int = (await state(hours, at, service="collect")).state
    return found


async def test_it_is_closed_while_a_holiday_closes_the_store(stores, hours):
    await collect(stores, hours, "Mo-Sa 09:00-20:00; PH off", service("Mo-Sa 10:00-20:00"))
    now = await state(hours, CHRISTMAS, service="collect")
    assert (CLOSED, "Christmas Day") == (now.state, now.rule.display_name)
    assert OPEN == await collect_state(hours, "2026-12-23 12:00")
    assert OPEN == await collect_state(hours, "2026-12-26 12:00")


async def test_it_is_closed_while_an_exception_closes_the_store(stores, hours):
    found = service("Mo-Sa 10:00-20:00")
    await collect(stores, hours, "Mo-Sa 09:00-20:00", found, exceptions=[SHORT_EVE])
    assert OPEN == await collect_state(hours, "2026-12-24 15:00")
    assert CLOSED == await collect_state(hours, EVE)
    assert OPEN == await collect_state(hours, "2026-12-23 18:00")


@pytest.mark.parametrize(
    ("found", "at", "expected"),
    [
        # Hours of its own for the date: an exception, `PH`, or the date.
        (service("Mo-Sa 10:00-20:00; PH 10:00-13:00"), CHRISTMAS, OPEN),
        (service("Mo-Sa 10:00-20:00; Dec 25 10:00-13:00"), CHRISTMAS, OPEN),
        (
            service(
                "Mo-Sa 10:00-20:00",
                exceptions=[
                    {
                        "first_date": date("2026-12-25"),
                        "hours": [{"opens": "10:00", "closes": "13:00"}],
                    }
                ],
            ),
            CHRISTMAS,
            OPEN,
        ),
        # A rule for weekdays or months is none.
        (service("Dec Mo-Sa 10:00-20:00"), CHRISTMAS, CLOSED),
        (service("Fr 10:00-20:00"), CHRISTMAS, CLOSED),
        # Pumps and lockers keep their hours whatever the store does.
        (service("24/7", independent_of_store=True), CHRISTMAS, OPEN),
    ],
)
async def test_hours_of_its_own_for_the_date_count(stores, hours, found, at, expected):
    await collect(stores, hours, "Mo-Sa 09:00-20:00; PH off", found)
    assert expected == await collect_state(hours, at)


async def test_an_independent_service_outlives_closures_and_exceptions(stores, hours):
    found = service("24/7", independent_of_store=True)
    exceptions = [{"first_date": date("2026-12-24"), "label": "Inventaire"}]
    await collect(stores, hours, "Mo-Sa 09:00-20:00; PH off", found, exceptions=exceptions)
    closure = hours_pb2.Closure(start_date=date("2026-12-01"), end_date=date("2026-12-31"))
    await hours.CreateClosure(hours_pb2.CreateClosureRequest(parent=NAME, closure=closure))
    assert CLOSED == (await state(hours, EVE)).state
    assert OPEN == await collect_state(hours, EVE)
    kept = await hours.GetStoreHours(hours_pb2.GetStoreHoursRequest(name=HOURS))
    assert kept.services[0].independent_of_store


async def test_words_of_unknown_hours_are_those_of_their_comment(stores, hours):
    await put(stores, shop("grocery", 'Mo-Fr 09:00-18:00 || "by appointment"'))
    now = await state(hours, "2026-12-26 12:00")
    assert (hours_pb2.STATE_UNKNOWN, "by appointment", "Ask by phone: by appointment") == (
        now.state,
        now.comment,
        now.words,
    )
