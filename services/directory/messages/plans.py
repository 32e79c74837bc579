"""Converts floor plans, their parts and their problems to messages of the aisle contract."""

import shapely
from google.type import latlng_pb2
from shapely import MultiPolygon, Polygon

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans import plan as drawn
from geodata.floorplans.frame import LocalFrame
from geodata.floorplans.problems import Problem
from geodata.points import Point
from services.chassis.messages.times import timestamp
from services.directory.messages.kinds import (
    FIXTURE_VALUES,
    LINK_VALUES,
    PLACE_VALUES,
    SEVERITIES,
    SIDE_VALUES,
)


def plan_message(plan: drawn.FloorPlan, planogram: str = "") -> pb.FloorPlan:
    """A plan, without its blocked areas, which are resources of their own."""
    return pb.FloorPlan(
        effective_start_time=timestamp(plan.effective_from),
        effective_end_time=timestamp(plan.effective_until),
        frame=_frame_message(plan.frame) if plan.frame else None,
        levels=[
            pb.Level(
                id=level.id,
                ordinal=level.ordinal,
                display_name=level.name,
                outline=area_message(level.outline),
                walkable=area_message(level.walkable),
            )
            for level in plan.levels
        ],
        aisles=[
            pb.Aisle(
                id=aisle.id,
                level=aisle.level,
                order=aisle.order,
                display_name=aisle.name,
                department=aisle.department,
                area=outline_message(aisle.area),
            )
            for aisle in plan.aisles
        ],
        fixtures=map(_fixture_message, plan.fixtures),
        departments=[
            pb.Department(
                id=department.id,
                display_name=department.name,
                level=department.level,
                area=outline_message(department.area),
                frozen=department.frozen,
            )
            for department in plan.departments
        ],
        places=[place_message(place, None) for place in plan.places],
        nodes=[pb.Node(id=n.id, position=position_message(n.position, None)) for n in plan.nodes],
        links=[
            pb.Link(
                id=link.id,
                start=link.start,
                end=link.end,
                length_m=link.length_m,
                link_kind=LINK_VALUES[link.kind],
                width_m=link.width_m,
                one_way=link.one_way,
                wheelchair=link.wheelchair,
            )
            for link in plan.links
        ],
        attribution=plan.attribution,
        planogram=planogram,
    )


def place_message(place: drawn.Place, frame: LocalFrame | None) -> pb.Place:
    """A place; with a frame, its position also has a WGS84 location."""
    return pb.Place(
        id=place.id,
        place_kind=PLACE_VALUES[place.kind],
        position=position_message(place.position, frame),
        display_name=place.name,
        outline=outline_message(place.outline),
    )


def position_message(at: drawn.Position, frame: LocalFrame | None) -> pb.IndoorPosition:
    """A position in metres on its level; with a frame, also its WGS84 location."""
    result = pb.IndoorPosition(level=at.level, x_m=at.x_m, y_m=at.y_m)
    if frame is not None:
        result.location.CopyFrom(_latlng(frame.to_wgs84(at.x_m, at.y_m)))
    return result


def area_message(shape: Polygon | MultiPolygon | None) -> pb.Area | None:
    """An area of one or more parts; None gives None."""
    if shape is None:
        return None
    return pb.Area(parts=map(_outline, shapely.get_parts(shape)))


def outline_message(shape: Polygon | None) -> pb.Outline | None:
    """An area of one part; None gives None."""
    return None if shape is None else _outline(shape)


def problem_message(problem: Problem) -> pb.PlanProblem:
    """A problem of a plan or its placements."""
    return pb.PlanProblem(
        severity=SEVERITIES[problem.severity],
        code=problem.code,
        path=problem.path,
        message=problem.message,
        suggestion=problem.suggestion,
    )


def _fixture_message(fixture: drawn.Fixture) -> pb.Fixture:
    return pb.Fixture(
        id=fixture.id,
        level=fixture.level,
        outline=outline_message(fixture.outline),
        fixture_kind=FIXTURE_VALUES[fixture.kind],
        faces=[
            pb.Face(
                aisle=face.aisle,
                side=SIDE_VALUES[face.side] if face.side else pb.SIDE_UNSPECIFIED,
                start_m=face.start,
                end_m=face.end,
                bay_count=face.bays,
                first_bay=face.first_bay,
                shelf_count=face.shelves,
                department=face.department,
            )
            for face in fixture.faces
        ],
    )


def _frame_message(frame: LocalFrame) -> pb.MapFrame:
    return pb.MapFrame(origin=_latlng(frame.origin), rotation_degrees=frame.rotation_deg)


def _latlng(point: Point) -> latlng_pb2.LatLng:
    return latlng_pb2.LatLng(latitude=point.latitude, longitude=point.longitude)


def _outline(shape: Polygon) -> pb.Outline:
    return pb.Outline(loops=map(_loop, (shape.exterior, *shape.interiors)))


def _loop(ring: shapely.LinearRing) -> pb.Loop:
    return pb.Loop(coordinates_m=shapely.get_coordinates(ring)[:-1].ravel().tolist())
