"""The instants, dates and names of requests, checked."""

import datetime as dt
from collections.abc import Iterable

from enrayon.hours.v1 import hours_pb2
from geodata.schedule.timeline import MAX_DAYS_LISTED, Timeline
from geodata.schedule.week import WeekDay, week
from geodata.schedule.words import SOON
from services.chassis.errors import InvalidArgument
from services.chassis.messages import times
from services.directory.keys import store_id
from services.hours.resources.open_states import Question

StatesRequest = (
    hours_pb2.CheckOpenStateRequest
    | hours_pb2.BatchCheckOpenStatesRequest
    | hours_pb2.ListInStoreServicesRequest
)


def question(request: StatesRequest, now: dt.datetime) -> Question:
    """The question of a request to each schedule.

    Raises:
        InvalidArgument: its instant is out of range.
    """
    at = times.instant_if_set(request, "at_time") or now
    language = request.language_code or "en"
    if isinstance(request, hours_pb2.ListInStoreServicesRequest):
        return Question(at, language)
    soon = dt.timedelta(minutes=request.soon_minutes) if request.HasField("soon_minutes") else SOON
    return Question(at, language, request.open_for_minutes, soon)


def dates(
    request: hours_pb2.ListOpenIntervalsRequest, line: Timeline, now: dt.datetime
) -> tuple[dt.date, dt.date]:
    """The first and the last local date of a request.

    Raises:
        InvalidArgument: they are no range, or too long a one.
    """
    first = first_date(request, line, now)
    last = first + dt.timedelta(6)
    if request.HasField("end_date"):
        last = times.date(request.end_date, "end_date")
    if not 0 <= (last - first).days < MAX_DAYS_LISTED:
        message = f"must be from start_date on, {MAX_DAYS_LISTED} dates at most in all"
        raise InvalidArgument.field("end_date", message)
    return first, last


def first_date(
    request: hours_pb2.ListOpenIntervalsRequest | hours_pb2.ExportStoreHoursRequest,
    line: Timeline,
    now: dt.datetime,
) -> dt.date:
    """The first local date of a request, today when it has none.

    Raises:
        InvalidArgument: it is none, or out of range.
    """
    if request.HasField("start_date"):
        return times.date(request.start_date, "start_date")
    return now.astimezone(line.zone).date()


def id_of(hours_name: str) -> str:
    """`us-1` of `stores/us-1/hours`."""
    return store_id(hours_name).removesuffix("/hours")


def days_of(line: Timeline, first: dt.date, last: dt.date, language: str) -> Iterable[WeekDay]:
    """The days of a range of dates, in order."""
    for start in range(0, (last - first).days + 1, 7):
        for day in week(line, first + dt.timedelta(start), language):
            if day.date <= last:
                yield day
