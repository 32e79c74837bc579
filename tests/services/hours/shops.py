"""Shops of the tests, and what to ask about them."""

import datetime as dt
import zoneinfo
from collections.abc import Iterable
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from google.type import date_pb2

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2

PARIS = "Europe/Paris"
NAME = "stores/t-grocery"
HOURS = f"{NAME}/hours"
GROCERY = "Mo-Fr 09:00-12:30,14:00-19:00; Sa 10:00-18:00"


def shop(id: str, text: str = "", zone: str = PARIS, **fields: object) -> stores_pb2.Store:
    """A shop with hours as a feed has them."""
    name = f"stores/t-{id}"
    return stores_pb2.Store(
        name=name, display_name=id, time_zone=zone, opening_hours_text=text, **fields
    )


async def put(stores, *shops: stores_pb2.Store) -> None:
    """Have the shops, and no complaint."""
    request = stores_pb2.UpsertStoresRequest(stores=shops)
    answer = await stores.UpsertStores(iter([request]))
    assert [] == list(answer.rejected)


async def give(hours, name: str, **fields: object) -> Any:
    """Give a shop hours."""
    given = hours_pb2.StoreHours(name=f"{name}/hours", **fields)
    return await hours.UpdateStoreHours(hours_pb2.UpdateStoreHoursRequest(store_hours=given))


async def state(hours, at: dt.datetime | str, name: str = NAME, **fields: object):
    """The state of a shop at an instant, or at a time by the clock of Paris."""
    request = hours_pb2.CheckOpenStateRequest(
        name=f"{name}/hours", at_time=timestamp(local(at) if isinstance(at, str) else at), **fields
    )
    return (await hours.CheckOpenState(request)).open_state


async def intervals(hours, first: str, last: str = "", name: str = NAME, **fields: object):
    """The hours of a range of local dates."""
    return await hours.ListOpenIntervals(
        hours_pb2.ListOpenIntervalsRequest(
            name=f"{name}/hours", start_date=date(first), end_date=date(last or first), **fields
        )
    )


def local(text: str, zone: str = PARIS) -> dt.datetime:
    """An instant by the local clock; the first one of two in a fold."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=zoneinfo.ZoneInfo(zone))


def timestamp(at: dt.datetime) -> Timestamp:
    """An instant as protobuf has it."""
    result = Timestamp()
    result.FromDatetime(at)
    return result


def instant(moment: Timestamp) -> dt.datetime:
    """The instant in UTC."""
    return moment.ToDatetime(dt.UTC)


def date(text: str) -> date_pb2.Date:
    """A date as protobuf has it."""
    day = dt.date.fromisoformat(text)
    return date_pb2.Date(year=day.year, month=day.month, day=day.day)


def in_utc(found: Iterable[hours_pb2.OpenInterval]) -> list[tuple[str, str]]:
    """Intervals as UTC texts, `03-29 01:00` each end."""
    return [
        (f"{instant(each.open_time):%m-%d %H:%M}", f"{instant(each.close_time):%m-%d %H:%M}")
        for each in found
    ]


def event(title: str, first: str, last: str) -> hours_pb2.StoreEvent:
    return hours_pb2.StoreEvent(
        title=title, start_time=timestamp(local(first)), end_time=timestamp(local(last))
    )


async def announce(hours, store: str, title: str, first: str, last: str, **fields: object):
    request = hours_pb2.CreateStoreEventRequest(
        parent=f"stores/t-{store}", store_event=event(title, first, last), **fields
    )
    return await hours.CreateStoreEvent(request)
