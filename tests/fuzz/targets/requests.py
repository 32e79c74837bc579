"""Requests as the wire has them: decoding, the rules of the contracts, and what is made of them."""

import random

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from enrayon.aisle.v1 import aisle_pb2
from enrayon.geofence.v1 import geofence_pb2
from enrayon.hours.v1 import hours_pb2
from geodata.floorplans.validation import plan_problems
from geodata.wayfinding.reachability import reach_problems
from services import app
from services.aisle.convert import plans
from services.chassis.errors import InvalidArgument, ServiceError
from services.chassis.serving.methods import BULK_REQUEST_BYTES
from services.chassis.serving.requests import parsed
from services.directory.messages.plans import plan_message
from services.geofence.convert.fences import shape
from services.geofence.convert.fixes import fix as fix_of
from services.geofence.convert.fixes import fix_columns
from services.geofence.replica.fences import compiled
from services.hours.resources import formats
from tests.faults import fuzz
from tests.fuzz.target import target
from tests.geodata.floorplans.shops import corner_shop, two_floors
from tests.support.geofence import KAMPPI, fix

TYPES = sorted(
    {
        method.input_type.full_name: GetMessageClass(method.input_type)
        for module in app.SERVICES.values()
        for method in module.CONTRACT.methods
    }.items()
)
"""The types of all requests by name."""


def request_seeds() -> list[bytes]:
    """The number of a type and a request of it."""
    rng = random.Random(1)
    return [
        bytes((number,)) + fuzz.message(rng, cls.DESCRIPTOR).SerializeToString()
        for number, (_, cls) in enumerate(TYPES)
        for _ in range(3)
    ]


@target(request_seeds, InvalidArgument)
def requests(data: bytes) -> None:
    """A request is what it says it is, written anew too, or is refused."""
    _, cls = TYPES[data[0] % len(TYPES) if data else 0]
    request = parsed(cls, data[1:], 64 * 1024)
    encoded = request.SerializeToString(deterministic=True)
    assert parsed(cls, encoded, BULK_REQUEST_BYTES).SerializeToString(deterministic=True) == encoded


def fence_seeds() -> list[bytes]:
    """A fence of each kind of area."""
    at = {"latitude": 60.1689, "longitude": 24.9323}
    ring = [at, {"latitude": 60.17, "longitude": 24.9323}, {"latitude": 60.17, "longitude": 24.94}]
    geo_json = '{"type": "Polygon", "coordinates": [[[24, 60], [25, 60], [25, 61], [24, 60]]]}'
    more = {
        "name": "fences/kamppi",
        "display_name": "Kamppi",
        "labels": {"a": "b"},
        "dwell_time": {"seconds": 60},
    }
    areas = (
        {"circle": {"center": at, "radius_m": 150}},
        {"multi_polygon": {"polygons": [{"rings": [{"points": ring}]}]}},
        {"corridor": {"path": {"points": ring}, "width_m": 30}},
        {"cell_set": {"h3_cells": ["891126d1a0bffff"]}},
        {"geo_json": {"geometry": geo_json}},
        {"around_stores": {"stores": ["stores/kamppi"], "radius_m": 100}},
    )
    return [geofence_pb2.Fence(**area, **more).SerializeToString() for area in areas]


@target(fence_seeds, ServiceError)
def fences(data: bytes) -> None:
    """A fence that keeps its contract has a shape and rules, or is refused."""
    fence = parsed(geofence_pb2.Fence, data, BULK_REQUEST_BYTES)
    if not compiled("f", fence).is_around_stores:
        shape(fence)


def fix_seeds() -> list[bytes]:
    """Fixes with all that is known of them, and with as little as may be."""
    fixes = [
        fix(device, KAMPPI, 60.0, accuracy_m) for device, accuracy_m in (("a", 5.0), ("b", None))
    ]
    fixes[0].sequence = 7
    return [geofence_pb2.ReportPositionsRequest(fixes=fixes, consent=True).SerializeToString()]


@target(fix_seeds, InvalidArgument)
def fixes(data: bytes) -> None:
    """A row of the columns that is valid holds what the fix converted alone holds."""
    request = parsed(geofence_pb2.ReportPositionsRequest, data, BULK_REQUEST_BYTES)
    columns = fix_columns(request.fixes)
    for row in columns.is_valid.nonzero()[0].tolist():
        if not 1 <= len(request.fixes[row].device_id) <= 200:
            continue  # such a device has no record, and devices without one are decided alone
        alone = fix_of(request.fixes[row], 0)
        assert (alone.point.latitude, alone.point.longitude, alone.time_ms, alone.sequence) == (
            columns.latitudes[row],
            columns.longitudes[row],
            columns.times_ms[row],
            columns.sequences[row],
        )
        assert alone.accuracy_m == (
            columns.accuracies_m[row] if columns.has_accuracy[row] else None
        )


def plan_seeds() -> list[bytes]:
    """Plans of a shop on one floor and of one on two."""
    return [plan_message(plan).SerializeToString() for plan in (corner_shop(), two_floors())]


@target(plan_seeds, InvalidArgument)
def floor_plans(data: bytes) -> None:
    """A plan that keeps its contract is judged, however it is drawn."""
    message = parsed(aisle_pb2.FloorPlan, data, BULK_REQUEST_BYTES)
    plan = plans.plan(message, "stores/kamppi")
    found = plan_problems(plan)
    if not found:
        reach_problems(plan)


def hours_seeds() -> list[bytes]:
    """Hours as text, and as documents of two formats."""
    week: Message = hours_pb2.ParseHoursRequest(
        format=hours_pb2.HOURS_FORMAT_OSM, text="Mo-Fr 08:00-20:00; PH off"
    )
    french = hours_pb2.ParseHoursRequest(
        format=hours_pb2.HOURS_FORMAT_TEXT_FR, text="lundi au samedi 9h-19h30"
    )
    schema = hours_pb2.ParseHoursRequest(format=hours_pb2.HOURS_FORMAT_SCHEMA_ORG)
    schema.document.update({"openingHours": ["Mo-Fr 08:00-20:00"]})
    return [each.SerializeToString() for each in (week, french, schema)]


@target(hours_seeds, ServiceError)
def parsed_hours(data: bytes) -> None:
    """Hours of any format are told in the contract's words, or refused."""
    formats.parse(parsed(hours_pb2.ParseHoursRequest, data, 64 * 1024))
