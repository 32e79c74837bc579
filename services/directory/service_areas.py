"""The service areas of stores; independent of distance: a store may not serve its own street."""

from dataclasses import dataclass

from enrayon.stores.v1 import stores_pb2
from enrayon.type.v1 import geometry_pb2
from geodata.distance import distance_m
from geodata.fences import MultiPolygon
from geodata.points import Point
from services.directory.travel_areas import ByRoad, TravelArea, contain, no_roads


@dataclass(frozen=True, slots=True)
class ServiceArea:
    """The service area of one store: the union of its parts."""

    postal_codes: frozenset[str]
    centre: Point | None
    radius_m: float | None
    polygons: tuple[MultiPolygon, ...]
    travel: TravelArea | None = None

    @classmethod
    def of(cls, store: stores_pb2.Store) -> "ServiceArea":
        """The area of a store; an empty one if it has none.

        Raises:
            ValueError: a polygon crosses itself, is empty, or has corners off the earth.
        """
        area = store.service_area
        located = store.HasField("location")
        centre = Point(store.location.latitude, store.location.longitude) if located else None
        travel = None
        if centre is not None and area.HasField("travel_area"):
            travel = TravelArea.of(area.travel_area, centre)
        return cls(
            frozenset(fold_postal_code(code) for code in area.postal_codes),
            centre,
            area.radius_m if area.HasField("radius_m") else None,
            tuple(polygon_of(polygon) for polygon in area.polygons),
            travel,
        )

    def serves(self, point: Point | None, postal_code: str, by_road: ByRoad = no_roads) -> bool:
        """True if the area contains the point or lists the postcode."""
        if self.serves_without_roads(point, postal_code):
            return True
        return (
            point is not None
            and self.travel is not None
            and bool(contain([self.travel], point, by_road))
        )

    def serves_without_roads(self, point: Point | None, postal_code: str) -> bool:
        """True if a part other than the travel area contains the point, or lists the postcode."""
        if postal_code and postal_code in self.postal_codes:
            return True
        if point is None:
            return False
        inside = any(polygon.contains(point) for polygon in self.polygons)
        return inside or self._is_within_radius(point)

    def _is_within_radius(self, point: Point) -> bool:
        if self.radius_m is None or self.centre is None:
            return False
        return distance_m(self.centre, point) <= self.radius_m


class ServiceAreas:
    """The areas of the stores that have one, by row of the index."""

    def __init__(self) -> None:
        self._areas: dict[int, ServiceArea] = {}

    def put(self, row: int, store: stores_pb2.Store) -> None:
        """Set the area of a row, or remove it if the store has none."""
        if store.HasField("service_area"):
            self._areas[row] = ServiceArea.of(store)
        else:
            self._areas.pop(row, None)

    def remove(self, row: int) -> None:
        """Remove the area of a row."""
        self._areas.pop(row, None)

    def rows(self) -> list[int]:
        """The rows of the stores that have one."""
        return list(self._areas)

    def serving(
        self, point: Point | None, postal_code: str, by_road: ByRoad = no_roads
    ) -> list[int]:
        """The rows whose area contains the point or lists the postcode; looks at every area."""
        found: list[int] = []
        by_travel: dict[int, TravelArea] = {}
        for row, area in self._areas.items():
            if area.serves_without_roads(point, postal_code):
                found.append(row)
            elif area.travel is not None:
                by_travel[row] = area.travel
        if point is not None and by_travel:
            numbers = contain(list(by_travel.values()), point, by_road)
            rows = list(by_travel)
            found += [rows[number] for number in numbers]
        return found


def fold_postal_code(text: str) -> str:
    """A postcode without spaces and in capitals."""
    return "".join(text.split()).upper()


def polygon_of(polygon: geometry_pb2.Polygon) -> MultiPolygon:
    """A polygon of the contract as geometry.

    Raises:
        ValueError: it crosses itself, is empty, or has corners off the earth.
    """
    rings = [
        tuple(Point(corner.latitude, corner.longitude) for corner in ring.points)
        for ring in polygon.rings
    ]
    return MultiPolygon((tuple(rings),))
