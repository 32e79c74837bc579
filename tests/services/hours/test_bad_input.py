"""Hours that cannot be are refused with the field, the position and what to write instead."""

from typing import Any

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from tests.services.hours.shops import GROCERY, HOURS, NAME, date, give, local, put, shop, timestamp
from tests.support.error_details import detail, violated_fields


def hours_of(**fields: object) -> hours_pb2.UpdateStoreHoursRequest:
    return hours_pb2.UpdateStoreHoursRequest(store_hours=hours_pb2.StoreHours(name=HOURS, **fields))


def exception(first: str, last: str = "", *ranges: str) -> dict[str, Any]:
    times = [dict(zip(("opens", "closes"), each.split("-"), strict=True)) for each in ranges]
    return {"first_date": date(first), "last_date": date(last or first), "hours": times}


def closure(**fields: object) -> hours_pb2.CreateClosureRequest:
    return hours_pb2.CreateClosureRequest(parent=NAME, closure=hours_pb2.Closure(**fields))


def parse(format: int, document: dict[str, Any]) -> hours_pb2.ParseHoursRequest:
    struct = Struct()
    struct.update(document)
    return hours_pb2.ParseHoursRequest(format=format, document=struct)


UCP = hours_pb2.HOURS_FORMAT_UCP
NOON = timestamp(local("2026-11-30 12:00"))
NINE_TO_NINE = {"day": "monday", "opens": "09:00", "closes": "09:00"}

UNUSABLE = {
    "an expression that does not parse": (
        "UpdateStoreHours",
        hours_of(expression="Mo-Fr whenever"),
        ("store_hours.expression", "6", "Mo-Fr 09:00-18:00; PH off"),
    ),
    "a date that does not exist": (
        "UpdateStoreHours",
        hours_of(expression="Mo-Fr 10:00-18:00; Nov 31 off"),
        ("store_hours.expression", "19", "Nov 30"),
    ),
    "an expression that could mean two things": (
        "UpdateStoreHours",
        hours_of(expression="Mon-Sat 8.30-5.30"),
        ("store_hours.expression", "8", "08:30-05:30 or 08:30-17:30"),
    ),
    "OSM text that could mean two things": (
        "ParseHours",
        hours_pb2.ParseHoursRequest(text="Su 24:00-18:00"),
        ("expression", "3", "12:00-18:00 or 00:00-18:00"),
    ),
    "nested fallbacks without hours": (
        "UpdateStoreHours",
        hours_of(expression="|| " * 300),
        ("store_hours.expression", "0", "10:00-18:00"),
    ),
    "exceptions that differ on a date": (
        "UpdateStoreHours",
        hours_of(
            exceptions=[
                exception("2026-12-24", "2026-12-26"),
                exception("2026-12-26", "", "09:00-12:00"),
            ]
        ),
        ("store_hours.exceptions", "", "one exception a date, with all its hours"),
    ),
    "an exception with equal times": (
        "UpdateStoreHours",
        hours_of(exceptions=[exception("2026-12-24", "", "09:00-09:00")]),
        (
            "store_hours.exceptions[0].hours[0].closes",
            "",
            "00:00-24:00 for the whole day, no hours at all for closed",
        ),
    ),
    "an exception whose hours overlap": (
        "UpdateStoreHours",
        hours_of(exceptions=[exception("2026-12-24", "", "09:00-12:00", "11:00-14:00")]),
        ("store_hours.exceptions[0].hours", "", ""),
    ),
    "an exception that ends before it begins": (
        "UpdateStoreHours",
        hours_of(exceptions=[exception("2026-12-24", "2026-12-23")]),
        ("store_hours.exceptions[0].last_date", "", ""),
    ),
    "an exception on 30 February": (
        "UpdateStoreHours",
        hours_of(exceptions=[{"first_date": {"year": 2026, "month": 2, "day": 30}}]),
        ("store_hours.exceptions[0].first_date", "", ""),
    ),
    "an exception of 1899": (
        "UpdateStoreHours",
        hours_of(exceptions=[exception("1899-12-31")]),
        ("store_hours.exceptions[0].first_date", "", ""),
    ),
    "25 o'clock": (
        "UpdateStoreHours",
        hours_of(exceptions=[exception("2026-12-24", "", "09:00-25:00")]),
        ("store_hours.exceptions[0].hours[0].closes", "", "HH:MM"),
    ),
    "a holiday rule that does not parse": (
        "UpdateStoreHours",
        hours_of(holidays={"on_public_holiday": "perhaps"}),
        ("store_hours.holidays.on_public_holiday", "", "off"),
    ),
    "a service whose hours do not parse": (
        "UpdateStoreHours",
        hours_of(services=[{"name": f"{NAME}/services/pharmacy", "expression": "Mo 9"}]),
        ("store_hours.services[0].expression", "3", "10:00-18:00"),
    ),
    "a closure that ends before it begins": (
        "CreateClosure",
        closure(start_date=date("2026-12-24"), end_date=date("2026-12-23")),
        ("closure.end_date", "", ""),
    ),
    "a closure of no time": (
        "CreateClosure",
        closure(start_time=NOON, end_time=NOON),
        ("closure.end_time", "", ""),
    ),
    "a closure in the year 9999": (
        "CreateClosure",
        closure(start_date={"year": 9999, "month": 12, "day": 31}),
        ("closure.start_date", "", ""),
    ),
    "a closure of a service that is not there": (
        "CreateClosure",
        closure(start_date=date("2026-12-24"), service="pharmacy"),
        ("closure.service", "", ""),
    ),
    "equal times in UCP": (
        "ParseHours",
        parse(UCP, {"timezone": "Europe/Paris", "hours": [NINE_TO_NINE]}),
        ("hours[0].closes", "", "00:00-24:00 for the whole day, no hours at all for closed"),
    ),
    "an unknown zone": (
        "ParseHours",
        parse(UCP, {"timezone": "Europe/Pari", "hours": []}),
        ("time_zone", "", "Europe/Paris"),
    ),
    "text that could mean two things": (
        "ParseHours",
        hours_pb2.ParseHoursRequest(format=hours_pb2.HOURS_FORMAT_TEXT_US, text="Mon 1:00 - 5:00"),
        ("text", "4", "13:00-17:00"),
    ),
    "words that are not understood": (
        "ParseHours",
        hours_pb2.ParseHoursRequest(format=hours_pb2.HOURS_FORMAT_TEXT_US, text="Mon at dawn"),
        ("text", "7", ""),
    ),
}


@pytest.mark.parametrize("case", UNUSABLE)
async def test_what_cannot_be_evaluated_is_refused_and_changes_nothing(stores, hours, case):
    method, request, expected = UNUSABLE[case]
    await put(stores, shop("grocery", GROCERY))
    await give(hours, NAME, exceptions=[exception("2026-12-31", "", "09:00-12:00")])
    before = await hours.GetStoreHours(hours_pb2.GetStoreHoursRequest(name=HOURS))

    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await getattr(hours, method)(request)

    info = detail(failure.value, error_details_pb2.ErrorInfo())
    metadata = [info.metadata.get(key, "") for key in ("field", "position", "suggestion")]
    assert (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_SCHEDULE", list(expected)) == (
        failure.value.code(),
        info.reason,
        metadata,
    )
    assert [expected[0]] == violated_fields(failure.value)
    assert before == await hours.GetStoreHours(hours_pb2.GetStoreHoursRequest(name=HOURS))


LATE = Timestamp(seconds=253_402_300_799)
EARLY = Timestamp(seconds=-62_135_596_800)
REFUSED = {
    "the last second of 9999": (
        "CheckOpenState",
        hours_pb2.CheckOpenStateRequest(name=HOURS, at_time=LATE),
        "at_time",
    ),
    "the year 1": (
        "CheckOpenState",
        hours_pb2.CheckOpenStateRequest(name=HOURS, at_time=EARLY),
        "at_time",
    ),
    "1,001 stores": (
        "BatchCheckOpenStates",
        hours_pb2.BatchCheckOpenStatesRequest(names=[f"stores/{n}/hours" for n in range(1001)]),
        "names",
    ),
    "a hundred years": (
        "ListOpenIntervals",
        hours_pb2.ListOpenIntervalsRequest(
            name=HOURS, start_date=date("2000-01-01"), end_date=date("2099-12-31")
        ),
        "end_date",
    ),
    "a range that goes backwards": (
        "ListOpenIntervals",
        hours_pb2.ListOpenIntervalsRequest(
            name=HOURS, start_date=date("2026-01-02"), end_date=date("2026-01-01")
        ),
        "end_date",
    ),
    "a date before 1900": (
        "ListOpenIntervals",
        hours_pb2.ListOpenIntervalsRequest(name=HOURS, start_date=date("1899-12-31")),
        "start_date",
    ),
    "half a date": (
        "ExportStoreHours",
        hours_pb2.ExportStoreHoursRequest(name=HOURS, start_date={"year": 2026}),
        "start_date",
    ),
    "1,025 characters": ("UpdateStoreHours", hours_of(expression="x" * 1025), "expression"),
    "ten services with long hours": (
        "UpdateStoreHours",
        hours_of(
            services=[
                {"name": f"{NAME}/services/s{number}", "expression": "Mo," * 300 + "Tu 10:00-12:00"}
                for number in range(10)
            ]
        ),
        "store_hours.services",
    ),
    "a service of another store": (
        "UpdateStoreHours",
        hours_of(services=[{"name": "stores/t-x/services/pharmacy"}]),
        "store_hours.services[0].name",
    ),
    "the same service twice": (
        "UpdateStoreHours",
        hours_of(services=[{"name": f"{NAME}/services/pharmacy"}] * 2),
        "store_hours.services[1].name",
    ),
    "a closure by date and by instant": (
        "CreateClosure",
        closure(start_date=date("2026-12-24"), start_time=NOON),
        "closure",
    ),
    "an unknown format": (
        "ExportStoreHours",
        hours_pb2.ExportStoreHoursRequest(name=HOURS, format=99),
        "format",
    ),
    "a text of a format that is an object": (
        "ParseHours",
        hours_pb2.ParseHoursRequest(format=UCP, text="24/7"),
        "text",
    ),
    "an event that ends before it begins": (
        "CreateStoreEvent",
        hours_pb2.CreateStoreEventRequest(
            parent=NAME, store_event={"title": "Sale", "start_time": NOON, "end_time": NOON}
        ),
        "store_event",
    ),
    "an event that begins at no instant": (
        "CreateStoreEvent",
        hours_pb2.CreateStoreEventRequest(
            parent=NAME,
            store_event={"title": "Sale", "start_time": Timestamp(nanos=-1), "end_time": NOON},
        ),
        "store_event.start_time",
    ),
    "an event that ends too late": (
        "CreateStoreEvent",
        hours_pb2.CreateStoreEventRequest(
            parent=NAME, store_event={"title": "Sale", "start_time": NOON, "end_time": LATE}
        ),
        "store_event.end_time",
    ),
    "events from an instant that is none": (
        "ListStoreEvents",
        hours_pb2.ListStoreEventsRequest(parent=NAME, start_time=Timestamp(nanos=-1)),
        "start_time",
    ),
    "events to an instant too late": (
        "ListStoreEvents",
        hours_pb2.ListStoreEventsRequest(parent=NAME, end_time=LATE),
        "end_time",
    ),
    "a radius from nowhere": (
        "ListStoreEvents",
        hours_pb2.ListStoreEventsRequest(parent="stores/-", radius_m=1.0),
        "",
    ),
    "a resume token that is none": (
        "WatchHours",
        hours_pb2.WatchHoursRequest(resume_token="?"),
        "resume_token",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_cannot_be_asked_is_refused_by_the_name_of_its_field(stores, hours, case):
    method, request, field = REFUSED[case]
    await put(stores, shop("grocery", GROCERY))

    with pytest.raises(grpc.aio.AioRpcError) as failure:
        answer = getattr(hours, method)(request)
        if method == "WatchHours":
            await answer.read()
        await answer

    assert grpc.StatusCode.INVALID_ARGUMENT == failure.value.code()
    assert any(name.endswith(field) for name in violated_fields(failure.value))


async def test_the_farthest_years_that_are_answered(stores, hours):
    await put(stores, shop("grocery", GROCERY))
    for at in (Timestamp(seconds=-30_610_224_000), Timestamp(seconds=253_402_041_600)):
        answer = await hours.CheckOpenState(hours_pb2.CheckOpenStateRequest(name=HOURS, at_time=at))
        assert at == answer.open_state.at_time


async def test_a_filter_for_an_instant_out_of_range_is_refused(stores):
    wanted = stores_pb2.StoreFilter(open_at=LATE)
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await stores.ListStores(stores_pb2.ListStoresRequest(store_filter=wanted))
    assert ["store_filter.open_at"] == violated_fields(failure.value)


async def test_how_long_needs_from_when(stores):
    wanted = stores_pb2.StoreFilter(open_for_minutes=60)
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await stores.ListStores(stores_pb2.ListStoresRequest(store_filter=wanted))
    assert grpc.StatusCode.INVALID_ARGUMENT == failure.value.code()


async def test_a_store_in_an_unknown_zone_is_refused_with_the_one_that_is_near(stores):
    atlantis = shop("grocery", GROCERY, "Europe/Pari")
    request = stores_pb2.UpsertStoresRequest(stores=[atlantis])
    answer = await stores.UpsertStores(iter([request]))
    assert [("time_zone", "no IANA time zone 'Europe/Pari'; try 'Europe/Paris'")] == [
        (each.field, each.description) for each in answer.rejected
    ]
