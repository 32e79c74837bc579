"""The arguments and annotations that several tools share."""

from typing import Annotated, Literal

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.latlng_pb2 import LatLng
from mcp_types import ToolAnnotations
from pydantic import Field

from enrayon.type.v1 import geometry_pb2, travel_pb2
from services.chassis.errors import InvalidArgument
from services.edge.agents.clocks import instant

READ_ONLY = ToolAnnotations(read_only_hint=True, open_world_hint=False)

StoreName = Annotated[
    str, Field(max_length=200, description="A store's name from find_stores: `stores/osm-1`")
]
Language = Annotated[str, Field(max_length=35, description="en, fr, fi or de")]
Limit = Annotated[int, Field(ge=1, le=20)]
RadiusKm = Annotated[float, Field(ge=0, le=1000)]
Place = Annotated[
    str, Field(max_length=200, description="Town, district, station or postcode: `Kamppi, FI`")
]
Question = Annotated[
    str,
    Field(
        max_length=200,
        description="What the person asks for, as they say it, in any language: shop, kind, "
        "place, `open now`: `pharmacy near Kamppi open now`",
    ),
]
Latitude = Annotated[
    float | None, Field(ge=-90, le=90, description="In place of `place`, with `longitude`")
]
Longitude = Annotated[float | None, Field(ge=-180, le=180, description="Goes with `latitude`")]


OpenNow = Annotated[bool, Field(description="Only stores known to be open now")]
OpenAt = Annotated[
    str,
    Field(
        max_length=40,
        description="Only stores known to be open at this instant: RFC 3339 with an offset",
    ),
]
Counters = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=60)]],
    Field(max_length=10, description="Only stores with all of these counters open: `pharmacy`"),
]


TravelBy = Annotated[
    Literal["", "walk", "bike", "drive"],
    Field(description="Rank by travel time this way, in place of distance"),
]
MaxMinutes = Annotated[
    float | None, Field(gt=0, le=1440, description="Longest travel time; needs `travel_by`")
]


def travel(travel_by: str, max_minutes: float | None) -> travel_pb2.Travel | None:
    """The travel of a search; None for none.

    Raises:
        InvalidArgument: there is a longest time and no way of travelling.
    """
    if not travel_by:
        if max_minutes is not None:
            raise InvalidArgument("`max_minutes` needs `travel_by`: walk, bike or drive.")
        return None
    mode = travel_pb2.TravelMode.Value(f"TRAVEL_MODE_{travel_by.upper()}")
    found = travel_pb2.Travel(mode=mode)
    if max_minutes is not None:
        found.max_travel_time.FromMilliseconds(round(max_minutes * 60_000))
    return found


def opening_time(open_now: bool, open_at: str) -> Timestamp | None:
    """The instant at which stores must be open; None for any.

    Raises:
        InvalidArgument: both are given.
        ToolError: `open_at` is no instant with an offset.
    """
    if not open_at and not open_now:
        return None
    if open_at and open_now:
        raise InvalidArgument("Give either `open_now` or `open_at`.")
    time = Timestamp()
    if open_at:
        time.FromDatetime(instant(open_at, "open_at"))
    else:
        time.GetCurrentTime()
    return time


def origin(place: str, latitude: float | None, longitude: float | None) -> geometry_pb2.Origin:
    """The origin of a search.

    Raises:
        InvalidArgument: both or neither of place and position are given.
    """
    if latitude is not None and longitude is not None and not place:
        point = LatLng(latitude=latitude, longitude=longitude)
        return geometry_pb2.Origin(point=point)
    if place and latitude is None and longitude is None:
        return geometry_pb2.Origin(place=place)
    raise InvalidArgument("Give either `place`, or `latitude` and `longitude`.")
