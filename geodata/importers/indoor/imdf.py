"""Reads a floor plan from IMDF (OGC 20-094), a zip of one GeoJSON file per type of feature.

IMDF has no routing data. The walkable floor is the union of the units of walkable categories.
Levels are joined by relationships, or, without any, where units of one category overlap vertically.
"""

import lzma
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geodata.floorplans.frame import LocalFrame, frame_along
from geodata.floorplans.plan import (
    Fixture,
    FixtureKind,
    FloorPlan,
    Level,
    Place,
    PlaceKind,
    Position,
)
from geodata.floorplans.problems import Problem, warning
from geodata.floorplans.shapes import united
from geodata.importers.indoor.doors import door_of, middle_of
from geodata.importers.indoor.imdf_units import Unit, join_levels
from geodata.importers.indoor.result import (
    ImportedPlan,
    features_of,
    ordinal_of,
    polygon_of,
    properties_of,
    shape_of,
)
from geodata.importers.report import ImporterError

FILES = (
    "level",
    "unit",
    "opening",
    "fixture",
    "kiosk",
    "anchor",
    "occupant",
    "relationship",
)
MAX_BYTES = 256 * 2**20
"""The largest unpacked size of the files that are read."""
UNREADABLE = (
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    lzma.LZMAError,
    zipfile.BadZipFile,
    zlib.error,
)
"""The errors of `zipfile` for archives that are damaged, encrypted or of another compression."""
WALKED = (
    "walkway",
    "footbridge",
    "lobby",
    "lounge",
    "platform",
    "ramp",
    "terrace",
    "unenclosedarea",
    "waitingroom",
)
"""The categories of walkable units."""
ENTRANCES = ("pedestrian.principal",)

Archive = Mapping[str, object]
"""FeatureCollections by file name without `.geojson`."""


def read_imdf(path: Path) -> Archive:
    """Read the files of an archive that a plan needs.

    Raises:
        ImporterError: the file is not a zip, unpacks to over `MAX_BYTES`, or has a file that is
            not JSON.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            known = [i for i in archive.infolist() if Path(i.filename).stem in FILES]
            if sum(info.file_size for info in known) > MAX_BYTES:
                raise ImporterError(f"{path.name}: unpacks to over {MAX_BYTES // 2**20} MiB")
            return {Path(i.filename).stem: orjson.loads(archive.read(i)) for i in known}
    except UNREADABLE as fault:
        raise ImporterError(f"{path.name}: {fault}") from fault


def plan_from_imdf(archive: Archive, store: str, language: str = "en") -> ImportedPlan:
    """Read a plan from the files of a venue.

    Args:
        archive: the files from `read_imdf`, in longitude and latitude.
        store: the resource name of the store.
        language: the language of labels; a label without it uses its first language.

    Raises:
        ImporterError: the archive has no level.
    """
    drawn = {
        str(feature.get("id")): (properties, outline)
        for feature, properties in _features(archive, "level")
        if (outline := polygon_of(feature.get("geometry"))) is not None
    }
    if not drawn:
        raise ImporterError("level: has no polygon")
    frame = frame_along(shapely.GeometryCollection([outline for _, outline in drawn.values()]))
    ordinals = {level: ordinal_of(properties, "level") for level, (properties, _) in drawn.items()}
    problems: list[Problem] = []
    units = {unit.id: unit for unit in _units(archive, frame, ordinals, language, problems)}
    floors = _floors(units)
    doors = _openings(archive, frame)
    related = [properties for _, properties in _features(archive, "relationship")]
    nodes, links = join_levels(units, ordinals, related, doors, floors, problems)
    levels = [
        Level(
            id=level,
            ordinal=ordinals[level],
            name=label(properties.get("name"), language) or f"{ordinals[level]:g}",
            outline=_polygon(frame, outline),
            walkable=floors.get(level),
        )
        for level, (properties, outline) in drawn.items()
    ]
    plan = FloorPlan(
        store=store,
        frame=frame,
        levels=tuple(sorted(levels, key=lambda level: level.ordinal)),
        fixtures=tuple(_fixtures(archive, frame, ordinals)),
        places=(
            *_entrances(archive, frame, ordinals),
            *_shops(archive, units, floors, doors, language, problems),
        ),
        nodes=nodes,
        links=links,
    )
    return ImportedPlan(plan, tuple(problems))


def label(labels: object, language: str) -> str:
    """A label in a language, else in its first language."""
    if not isinstance(labels, Mapping) or not labels:
        return ""
    return str(labels.get(language) or next(iter(labels.values())))


def _features(archive: Archive, name: str) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    for _, feature in features_of(archive[name], name) if name in archive else ():
        yield feature, properties_of(feature)


def _units(
    archive: Archive,
    frame: LocalFrame,
    ordinals: Mapping[str, float],
    language: str,
    problems: list[Problem],
) -> Iterator[Unit]:
    for feature, properties in _features(archive, "unit"):
        outline = polygon_of(feature.get("geometry"))
        level = str(properties.get("level_id"))
        if outline is None or not outline.is_valid or level not in ordinals:
            message = "has no valid polygon on a known level: left out"
            problems.append(warning("bad_unit", str(feature.get("id")), message))
        else:
            yield Unit(
                id=str(feature.get("id")),
                level=level,
                category=str(properties.get("category")),
                name=label(properties.get("name"), language),
                outline=_polygon(frame, outline),
            )


def _floors(units: Mapping[str, Unit]) -> dict[str, Polygon | MultiPolygon]:
    by_level: dict[str, list[BaseGeometry]] = defaultdict(list)
    for unit in units.values():
        if unit.category in WALKED:
            by_level[unit.level].append(unit.outline)
    floors = {level: united(shapes) for level, shapes in by_level.items()}
    return {
        level: floor for level, floor in floors.items() if isinstance(floor, Polygon | MultiPolygon)
    }


def _openings(archive: Archive, frame: LocalFrame) -> dict[str, list[BaseGeometry]]:
    by_level: dict[str, list[BaseGeometry]] = defaultdict(list)
    for feature, properties in _features(archive, "opening"):
        if (line := shape_of(feature.get("geometry"))) is not None:
            by_level[str(properties.get("level_id"))].append(frame.geometry_to_local(line))
    return by_level


def _fixtures(
    archive: Archive, frame: LocalFrame, ordinals: Mapping[str, float]
) -> Iterator[Fixture]:
    for name in ("fixture", "kiosk"):
        for feature, properties in _features(archive, name):
            outline = polygon_of(feature.get("geometry"))
            level = str(properties.get("level_id"))
            if isinstance(outline, Polygon) and level in ordinals:
                yield Fixture(
                    id=str(feature.get("id")),
                    level=level,
                    outline=frame.geometry_to_local(outline),  # type: ignore[arg-type]
                    kind=FixtureKind.OBSTACLE,
                )


def _entrances(
    archive: Archive, frame: LocalFrame, ordinals: Mapping[str, float]
) -> Iterator[Place]:
    for feature, properties in _features(archive, "opening"):
        line, level = shape_of(feature.get("geometry")), str(properties.get("level_id"))
        if line is not None and level in ordinals and properties.get("category") in ENTRANCES:
            middle = middle_of(frame.geometry_to_local(line))
            at = Position(level, middle.x, middle.y)
            yield Place(id=str(feature.get("id")), kind=PlaceKind.ENTRANCE, position=at)


def _shops(
    archive: Archive,
    units: Mapping[str, Unit],
    floors: Mapping[str, Polygon | MultiPolygon],
    doors: Mapping[str, list[BaseGeometry]],
    language: str,
    problems: list[Problem],
) -> Iterator[Place]:
    """The occupants, each in the unit of its anchor."""
    in_unit = {
        str(feature.get("id")): str(properties.get("unit_id"))
        for feature, properties in _features(archive, "anchor")
    }
    for feature, properties in _features(archive, "occupant"):
        unit = units.get(in_unit.get(str(properties.get("anchor_id")), ""))
        name = label(properties.get("name"), language)
        if unit is None:
            message = f"occupant {name!r} has no anchor in a known unit: left out"
            problems.append(warning("no_anchor", str(feature.get("id")), message))
            continue
        door = door_of(unit.outline, doors.get(unit.level, ()), floors.get(unit.level))
        if door is None:
            message = f"{name!r} has neither an opening nor a way near by"
            problems.append(warning("no_door", unit.id, message))
        at = door or unit.outline.representative_point()
        yield Place(
            id=str(feature.get("id")),
            kind=PlaceKind.SHOP,
            position=Position(unit.level, at.x, at.y),
            name=name,
            outline=unit.outline if isinstance(unit.outline, Polygon) else None,
        )


def _polygon(frame: LocalFrame, outline: Polygon | MultiPolygon) -> Polygon | MultiPolygon:
    return frame.geometry_to_local(outline)  # type: ignore[return-value]  # keeps the type
