"""The arguments and annotations that several tools share."""

from typing import Annotated

from google.type.latlng_pb2 import LatLng
from mcp_types import ToolAnnotations
from pydantic import Field

from enrayon.type.v1 import geometry_pb2
from services.chassis.errors import InvalidArgument

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
Latitude = Annotated[
    float | None, Field(ge=-90, le=90, description="In place of `place`, with `longitude`")
]
Longitude = Annotated[float | None, Field(ge=-180, le=180, description="Goes with `latitude`")]


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
