"""Reads and writes hours in the formats of others: OSM, schema.org, Google, UCP, plain text."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from enrayon.hours.v1 import hours_pb2
from geodata.schedule.expression import may_open
from geodata.schedule.formats import fuel, google, osm, schema_org, text, ucp
from geodata.schedule.formats.report import Reading
from geodata.schedule.model import Schedule
from services.chassis.errors import InvalidArgument
from services.hours import convert
from services.hours.errors import InvalidSchedule

OSM_FORMATS = (hours_pb2.HOURS_FORMAT_UNSPECIFIED, hours_pb2.HOURS_FORMAT_OSM)
TEXT_FORMATS = (hours_pb2.HOURS_FORMAT_TEXT_FR, hours_pb2.HOURS_FORMAT_TEXT_US)


def export(
    schedule: Schedule,
    services: Mapping[str, Schedule],
    format: "hours_pb2.HoursFormat.ValueType",
    first: dt.date,
) -> hours_pb2.ExportStoreHoursResponse:
    """A schedule in a format, with special dates from `first` on for a year."""
    if format in OSM_FORMATS:
        line = osm.write(schedule)
        return hours_pb2.ExportStoreHoursResponse(
            text=line.document, losses=convert.losses(line.losses)
        )
    if format == hours_pb2.HOURS_FORMAT_GOOGLE:
        more = {id.upper().replace("-", "_"): service for id, service in services.items()}
        written = google.write(schedule, first, more)
    elif format == hours_pb2.HOURS_FORMAT_SCHEMA_ORG:
        written = schema_org.write(schedule, first)
    elif format == hours_pb2.HOURS_FORMAT_UCP:
        written = ucp.write(schedule, first)
    elif format == hours_pb2.HOURS_FORMAT_FUEL:
        columns = fuel.write(schedule, first)
        return of_columns(columns.document, convert.losses(columns.losses))
    else:
        style = "fr" if format == hours_pb2.HOURS_FORMAT_TEXT_FR else "us"
        columns = text.write_days(schedule, first, style)  # type: ignore[arg-type]
        return of_columns(columns.document, convert.losses(columns.losses))
    return of_columns(written.document, convert.losses(written.losses))


def of_columns(
    document: Mapping[str, Any], losses: list[hours_pb2.Loss]
) -> hours_pb2.ExportStoreHoursResponse:
    """The answer with an object."""
    return hours_pb2.ExportStoreHoursResponse(document=convert.struct(document), losses=losses)


def parse(request: hours_pb2.ParseHoursRequest) -> hours_pb2.ParseHoursResponse:
    """The hours of a request.

    Raises:
        InvalidArgument: a format of text was sent as an object, or the other way round.
        InvalidSchedule: nothing in them can be used.
    """
    services: Mapping[str, Reading] = {}
    as_text = request.WhichOneof("content") == "text"
    if as_text != (request.format in OSM_FORMATS) and request.format not in TEXT_FORMATS:
        wanted, given = ("document", "text") if as_text else ("text", "document")
        raise InvalidArgument.field(given, f"this format is sent as {wanted}")
    if as_text:
        reading = (osm if request.format in OSM_FORMATS else text).read(request.text)
    else:
        document = convert.document_of(request.document)
        if request.format == hours_pb2.HOURS_FORMAT_GOOGLE:
            reading, services = (found := google.read(document)).hours, found.more
        elif request.format == hours_pb2.HOURS_FORMAT_SCHEMA_ORG:
            reading = schema_org.read(document)
        elif request.format == hours_pb2.HOURS_FORMAT_UCP:
            reading = ucp.read(document)
        else:
            columns = {key: str(value) for key, value in document.items()}
            is_fuel = request.format == hours_pb2.HOURS_FORMAT_FUEL
            reading = fuel.read(columns) if is_fuel else text.read_days(columns)
    if reading.faults and not may_open(reading.expression):
        raise InvalidSchedule(reading.faults[0])
    return hours_pb2.ParseHoursResponse(
        hours=convert.parsed(reading),
        services={name: convert.parsed(found) for name, found in services.items()},
    )
