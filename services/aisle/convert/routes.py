"""Converts routes to messages of the contract."""

from collections.abc import Mapping

from enrayon.aisle.v1 import aisle_pb2 as pb
from geodata.floorplans.plan import FloorPlan
from geodata.floorplans.shelves import Shelves
from geodata.steps import Steps
from geodata.wayfinding.shopping import Route, Stop
from geodata.wayfinding.steps import StepKind, route_steps
from geodata.wayfinding.walks import Path
from services.aisle.convert.placements import missing, shelf
from services.aisle.model.reports import Shelved
from services.directory.messages.kinds import LINK_VALUES
from services.directory.messages.plans import place_message, position_message
from services.directory.products import product_name

STEP_KINDS = {
    StepKind.NOTICE: pb.RouteStep.KIND_NOTICE,
    StepKind.WALK: pb.RouteStep.KIND_WALK,
    StepKind.LEVEL: pb.RouteStep.KIND_LEVEL,
    StepKind.TAKE: pb.RouteStep.KIND_TAKE,
    StepKind.END: pb.RouteStep.KIND_END,
}


def route_message(
    route: Route,
    plan: FloorPlan,
    shelves: Shelves,
    shelved: Mapping[str, tuple[Shelved, ...]],
    language: str,
) -> Steps[pb.PlanRouteResponse]:
    """A route in figures and in words.

    Args:
        route: The route.
        plan: The plan that it was planned on.
        shelves: The shelves of that plan.
        shelved: The placements that it was planned on, by SKU.
        language: The language of the words, by its BCP 47 tag.
    """
    response = pb.PlanRouteResponse(
        unlocated=missing(route.unlocated, plan),
        unreachable=missing(route.unreachable, plan),
        out_of_stock=missing(route.out_of_stock, plan),
        length_m=route.length_m,
        lower_bound_m=route.lower_bound_m,
        end=place_message(route.end, plan.frame) if route.end else None,
    )
    for stop in route.stops:
        response.stops.append(_stop(stop, plan, shelved, language))
        yield None
    for leg in route.legs:
        response.legs.append(_leg(leg, plan))
        yield None
    for step in route_steps(route, plan, language, shelves):
        step_message = response.steps.add(
            kind=STEP_KINDS[step.kind],
            text=step.text,
            distance_m=step.distance_m,
            stop_index=step.stop,
        )
        if step.position is not None:
            step_message.position.CopyFrom(position_message(step.position, plan.frame))
        yield None
    return response


def _stop(
    stop: Stop, plan: FloorPlan, shelved: Mapping[str, tuple[Shelved, ...]], language: str
) -> pb.RouteStop:
    reported = {
        each.placement for item in stop.items for each in shelved[item.sku] if each.reported
    }
    return pb.RouteStop(
        items=[
            pb.RouteItem(
                product=product_name(item.sku),
                display_name=item.name,
                shelf=shelf(
                    spot.placement,
                    spot,
                    plan,
                    language,
                    reported=spot.placement in reported,
                ),
            )
            for item, spot in zip(stop.items, stop.spots, strict=True)
        ],
        position=position_message(stop.position, plan.frame) if stop.position else None,
        frozen=stop.frozen,
    )


def _leg(leg: Path, plan: FloorPlan) -> pb.RouteLeg:
    return pb.RouteLeg(
        positions=[position_message(point, plan.frame) for point in leg.points],
        link_kinds=[LINK_VALUES[kind] for kind in leg.kinds],
        length_m=leg.length_m,
    )
