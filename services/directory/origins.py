"""Resolves the origin of a search to a point: a point, an H3 cell or the name of a place."""

from dataclasses import dataclass
from typing import Protocol

import h3

from enrayon.type.v1 import geometry_pb2
from geodata.distance import distance_m
from geodata.gazetteer import Gazetteer, Place, PlaceNotFound
from geodata.points import Point
from services.chassis.errors import Code, InvalidArgument, ServiceError


@dataclass(frozen=True, slots=True)
class ResolvedOrigin:
    """The point that stands for an origin."""

    point: Point
    uncertainty_m: float = 0.0
    """The largest distance of the true origin from the point; about, of a coarse postcode."""
    place: Place | None = None
    """The place that a text names."""


class Geocoder(Protocol):
    """A geocoder outside the project, switched on by a setting."""

    async def find(self, text: str) -> Place | None:
        """The place of a text; None if the geocoder knows none or does not answer in time."""


class UnknownPlace(ServiceError):
    """No known place has this name; the metadata `suggestions` lists similar names."""

    code = Code.NOT_FOUND
    reason = "PLACE_NOT_FOUND"


class Origins:
    """Resolves origins by the gazetteer, and by a geocoder if there is one."""

    def __init__(self, gazetteer: Gazetteer, geocoder: Geocoder | None = None) -> None:
        self.gazetteer = gazetteer
        self._geocoder = geocoder

    async def resolve(self, origin: geometry_pb2.Origin, field: str = "origin") -> ResolvedOrigin:
        """The point of a checked origin; `field` is its name in the request.

        Raises:
            InvalidArgument: the H3 cell does not exist, or the text cannot be a place.
            UnknownPlace: no known place has this name; carries suggestions.
        """
        match origin.WhichOneof("kind"):
            case "point":
                return ResolvedOrigin(Point(origin.point.latitude, origin.point.longitude))
            case "h3_cell":
                return cell_origin(origin.h3_cell, f"{field}.h3_cell")
            case _:
                place = await self.find(origin.place, f"{field}.place")
                return ResolvedOrigin(place.point, place.uncertainty_m, place)

    async def find(self, text: str, field: str) -> Place:
        """The place of a text: by the geocoder, if one is switched on, else by the gazetteer.

        Raises:
            InvalidArgument: the text cannot be a place.
            UnknownPlace: no known place has this name; carries suggestions.
        """
        if self._geocoder is not None and (found := await self._geocoder.find(text)):
            return found
        try:
            return self.gazetteer.find(text)
        except PlaceNotFound as error:
            labels = [place.label for place in error.suggestions]
            raise UnknownPlace(
                f"{field}: no known place has this name",
                metadata={"field": field, "suggestions": " | ".join(labels)},
            ) from None
        except ValueError as error:
            raise InvalidArgument.field(field, str(error)) from None


def cell_origin(cell: str, field: str) -> ResolvedOrigin:
    """The centre of an H3 cell; the uncertainty is the distance of the farthest corner.

    Raises:
        InvalidArgument: there is no such cell.
    """
    if not h3.is_valid_cell(cell):
        raise InvalidArgument.field(field, "not an H3 cell")
    centre = Point(*h3.cell_to_latlng(cell))
    corners = [Point(*corner) for corner in h3.cell_to_boundary(cell)]
    return ResolvedOrigin(centre, max(distance_m(centre, corner) for corner in corners))
