"""Reads fence shapes from GeoJSON geometries (RFC 7946)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from geodata.fences.circle import Circle
from geodata.fences.corridor import Corridor
from geodata.fences.flat import Ring
from geodata.fences.multipolygon import MultiPolygon
from geodata.fences.shape import MAX_VERTICES, FenceError, Shape
from geodata.points import Point


def shape_from_geojson(
    geometry: Mapping[str, object],
    *,
    radius_m: float | None = None,
    width_m: float | None = None,
) -> Shape:
    """The shape of a GeoJSON geometry.

    A Polygon or a MultiPolygon becomes a `MultiPolygon`, a Point with `radius_m` a circle, and a
    LineString with `width_m` a corridor. Heights are ignored.

    Raises:
        FenceError: the geometry is invalid; the error has the path, such as `coordinates[0][3]`.
    """
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if (radius_m is None) == (kind == "Point"):
        raise FenceError("radius_m", "is required for a Point, and allowed only for a Point")
    if (width_m is None) == (kind == "LineString"):
        raise FenceError(
            "width_m", "is required for a LineString, and allowed only for a LineString"
        )
    if kind == "Point" and radius_m is not None:
        return Circle(_point(coordinates, "coordinates"), radius_m)
    if kind == "LineString" and width_m is not None:
        _refuse_too_many(coordinates, depth=1)
        with _errors_in("line"):
            return Corridor(_points(coordinates, "coordinates"), width_m)
    if kind == "Polygon":
        _refuse_too_many(coordinates, depth=2)
        with _errors_in("polygons[0]"):
            return MultiPolygon((_rings(coordinates, "coordinates"),))
    if kind == "MultiPolygon":
        _refuse_too_many(coordinates, depth=3)
        polygons = enumerate(_list(coordinates, "coordinates"))
        with _errors_in("polygons"):
            return MultiPolygon(tuple(_rings(rings, f"coordinates[{n}]") for n, rings in polygons))
    raise FenceError("type", "must be Point, LineString, Polygon or MultiPolygon")


@contextmanager
def _errors_in(field: str) -> Iterator[None]:
    """Rename the field of an error from a field of the shape to its path in the coordinates."""
    try:
        yield
    except FenceError as error:
        for part in (field, "polygons", "outline"):
            if error.field.startswith(part):
                path = "coordinates" + error.field.removeprefix(part)
                raise FenceError(path, error.problem) from None
        raise


def _refuse_too_many(coordinates: object, depth: int) -> None:
    """Check the number of positions of nested lists without reading a position."""
    level = [coordinates]
    for _ in range(depth):
        lists = [item for item in level if isinstance(item, list | tuple)]
        count = sum(map(len, lists))
        if count > MAX_VERTICES:
            raise FenceError(
                "coordinates", f"must have at most {MAX_VERTICES} positions, got {count}"
            )
        level = [child for parent in lists for child in parent]


def _rings(coordinates: object, path: str) -> tuple[Ring, ...]:
    return tuple(_ring(ring, f"{path}[{n}]") for n, ring in enumerate(_list(coordinates, path)))


def _ring(coordinates: object, path: str) -> Ring:
    points = _points(coordinates, path)
    if len(points) < 4:
        raise FenceError(path, f"must have at least 4 positions, got {len(points)}")
    if points[0] != points[-1]:
        raise FenceError(path, "must have equal first and last positions")
    return points[:-1]


def _points(coordinates: object, path: str) -> tuple[Point, ...]:
    return tuple(
        _point(position, f"{path}[{n}]") for n, position in enumerate(_list(coordinates, path))
    )


def _point(position: object, path: str) -> Point:
    numbers = _list(position, path)
    if len(numbers) not in (2, 3):
        raise FenceError(path, "must be longitude, latitude and an optional height")
    longitude, latitude = (_number(number, path) for number in numbers[:2])
    try:
        return Point(latitude, longitude)
    except ValueError as error:
        raise FenceError(path, str(error)) from None


def _number(value: object, path: str) -> float:
    # In Python a bool is an int, and an int may be too large for a float.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FenceError(path, "must contain numbers")
    try:
        return float(value)
    except OverflowError:
        raise FenceError(path, "contains a number out of range") from None


def _list(value: object, path: str) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise FenceError(path, "must be a list")
    return value
