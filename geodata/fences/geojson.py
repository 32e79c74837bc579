"""Fence shapes from GeoJSON geometries (RFC 7946), checked before any work is done."""

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
    """The fence that a GeoJSON geometry means.

    A Polygon or a MultiPolygon stands for itself, a Point needs `radius_m` and becomes a circle,
    a LineString needs `width_m` and becomes a corridor. Heights are left out.

    Raises:
        FenceError: naming the path in the geometry, such as `coordinates[0][3]`.
    """
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if (radius_m is None) == (kind == "Point"):
        raise FenceError("radius_m", "belongs to a Point, and a Point needs it")
    if (width_m is None) == (kind == "LineString"):
        raise FenceError("width_m", "belongs to a LineString, and a LineString needs it")
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
    """Let errors in a field of a shape, or in what follows from it, name the coordinates."""
    try:
        yield
    except FenceError as error:
        for part in (field, "polygons", "outline"):
            if error.field.startswith(part):
                path = "coordinates" + error.field.removeprefix(part)
                raise FenceError(path, error.problem) from None
        raise


def _refuse_too_many(coordinates: object, depth: int) -> None:
    """Count the positions of nested lists by the lengths of the lists alone."""
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
        raise FenceError(path, "must end where it begins")
    return points[:-1]


def _points(coordinates: object, path: str) -> tuple[Point, ...]:
    return tuple(
        _point(position, f"{path}[{n}]") for n, position in enumerate(_list(coordinates, path))
    )


def _point(position: object, path: str) -> Point:
    numbers = _list(position, path)
    if len(numbers) not in (2, 3):
        raise FenceError(path, "must be longitude, latitude and at most a height")
    longitude, latitude = (_number(number, path) for number in numbers[:2])
    try:
        return Point(latitude, longitude)
    except ValueError as error:
        raise FenceError(path, str(error)) from None


def _number(value: object, path: str) -> float:
    # A bool is an int in Python, and an int may be too large for a float.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FenceError(path, "must hold numbers")
    try:
        return float(value)
    except OverflowError:
        raise FenceError(path, "holds a number out of range") from None


def _list(value: object, path: str) -> Sequence[object]:
    if not isinstance(value, list | tuple):
        raise FenceError(path, "must be a list")
    return value
