"""Every real string evaluates or is UNKNOWN with its reason; and what evaluates is right."""

import datetime as dt
import random
import zoneinfo
from collections import defaultdict
from collections.abc import Callable, Sequence

from enrayon.hours.v1 import hours_pb2
from tests.geodata.schedule import slow_hours
from tests.geodata.schedule.real_strings import TEXTS
from tests.geodata.schedule.stores import COUNTRIES, ZONES
from tests.services.hours.shops import give, put, shop, timestamp

SharedRows = Callable[[str], list[dict[str, str]]]
START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
MINUTES = 11 * 365 * 24 * 60


async def states_at(hours, names: Sequence[str], at: dt.datetime) -> dict[str, hours_pb2.OpenState]:
    answer = await hours.BatchCheckOpenStates(
        hours_pb2.BatchCheckOpenStatesRequest(
            names=[f"{name}/hours" for name in names], at_time=timestamp(at)
        )
    )
    assert [] == list(answer.not_found)
    return {state.store: state for state in answer.open_states}


async def test_every_string_evaluates_or_is_unknown_with_a_reason(stores, hours, shared_rows):
    rows = shared_rows("hours_strings")
    shops = [shop(str(number), row["opening_hours"]) for number, row in enumerate(rows)]
    await put(stores, *shops)

    noon = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)
    states = await states_at(hours, [each.name for each in shops], noon)

    assert 910 == len(states)
    unknown = {
        each.opening_hours_text: states[each.name].comment
        for each in shops
        if states[each.name].state == hours_pb2.STATE_UNKNOWN
    }
    assert [] == [text for text, reason in unknown.items() if not reason]
    not_parsed = [text for text, reason in unknown.items() if "is not understood" in reason]
    assert len(not_parsed) < 32, "fewer than a strict parser refuses, thanks to repairs"
    assert {hours_pb2.STATE_OPEN, hours_pb2.STATE_CLOSED} <= {s.state for s in states.values()}


async def test_a_thousand_minutes_are_as_the_slow_reading_has_them(stores, hours):
    assert [] == await disagreements(stores, hours, TEXTS, instants=40, each=25, seed=20261125)


async def test_minutes_of_all_plain_real_texts(stores, hours, shared_rows):
    plain = [row["opening_hours"] for row in shared_rows("hours_strings") if is_plain(row)]
    assert 848 == len(plain)
    assert [] == await disagreements(stores, hours, plain, instants=200, each=10, seed=20261126)


def is_plain(row: dict[str, str]) -> bool:
    try:
        slow_hours.rules(row["opening_hours"])
    except slow_hours.NotPlainError:
        return False
    return True


async def disagreements(
    stores, hours, texts: Sequence[str], instants: int, each: int, seed: int
) -> list[tuple[str, str, str]]:
    """Where the service and the slow reading differ, on random pairs of shop and minute."""
    choose = random.Random(seed)
    shops = {}
    for number, text in enumerate(texts):
        zone, country = choose.choice(ZONES), choose.choice(COUNTRIES)
        found = shop(str(number), "", zone, address={"region_code": country})
        shops[found.name] = (found, text)
    await put(stores, *(found for found, _ in shops.values()))
    for name, (_, text) in shops.items():
        # Edited, for a feed's text would be mended before it is read.
        await give(hours, name, expression=text)
    wrong = []
    asked: defaultdict[dt.datetime, list[str]] = defaultdict(list)
    for _ in range(instants):
        at = START + choose.randrange(MINUTES) * dt.timedelta(minutes=1)
        asked[at] += choose.choices(list(shops), k=each)
    assert instants * each == sum(map(len, asked.values()))
    for at, names in asked.items():
        states = await states_at(hours, names, at)
        for name in names:
            found, text = shops[name]
            label = at.astimezone(zoneinfo.ZoneInfo(found.time_zone)).replace(tzinfo=None)
            is_open = slow_hours.is_open(text, label, found.address.region_code)
            expected = hours_pb2.STATE_OPEN if is_open else hours_pb2.STATE_CLOSED
            if expected != states[name].state:
                wrong.append((text, found.time_zone, at.isoformat()))
    return wrong
