"""Where a person is, or wants to look: the arguments that several tools share."""

from typing import Annotated

from google.type.latlng_pb2 import LatLng
from pydantic import Field

from enrayon.type.v1 import geometry_pb2
from services.chassis.errors import InvalidArgument

Place = Annotated[
    str, Field(max_length=200, description="Town, district, station or postcode: `Kamppi, FI`")
]
Latitude = Annotated[
    float | None, Field(ge=-90, le=90, description="In place of `place`, with `longitude`")
]
Longitude = Annotated[float | None, Field(ge=-180, le=180, description="Goes with `latitude`")]


def origin(place: str, latitude: float | None, longitude: float | None) -> geometry_pb2.Origin:
    """The origin of a search.

    Raises:
        InvalidArgument: neither a place nor a position was given, or both.
    """
    if latitude is not None and longitude is not None and not place:
        point = LatLng(latitude=latitude, longitude=longitude)
        return geometry_pb2.Origin(point=point)
    if place and latitude is None and longitude is None:
        return geometry_pb2.Origin(place=place)
    raise InvalidArgument("Give either `place`, or `latitude` and `longitude`.")
