"""A route as something to draw on its plan."""

from geodata.floorplans.drawing.key import Words
from geodata.floorplans.drawing.overlay import Overlay, Pin
from geodata.floorplans.plan import Position
from geodata.wayfinding.phrases import phrases
from geodata.wayfinding.shopping import Route, Stop
from geodata.wayfinding.steps import address


def route_overlay(route: Route, language: str, here: Position | None = None) -> Overlay:
    """A route's walk and its stops, numbered in the order of the walk.

    Args:
        language: Of the addresses in the list under the map.
        here: Where the shopper stands, if it is to be shown.
    """
    return Overlay(
        pins=tuple(
            _pin(str(number), stop, stop.position, language)
            for number, stop in enumerate(route.stops, start=1)
            if stop.position is not None
        ),
        walk=tuple(point for leg in route.legs for point in leg.points),
        here=here,
        heading_deg=route.heading_deg,
    )


def key_words(language: str) -> Words:
    """The key's words in a language."""
    words = phrases(language)
    return Words(
        entrance=words.entrance,
        till=words.to_till.format("").strip(),
        route=words.your_way,
        blocked=words.closed,
    )


def _pin(label: str, stop: Stop, position: Position, language: str) -> Pin:
    spot = stop.spots[0]
    shelf = spot.shelf or (position.x_m, position.y_m)
    bay = spot.placement.bay
    return Pin(
        label=label,
        at=Position(position.level, *shelf),
        lines=(
            ", ".join(item.label for item in stop.items),
            address(spot.placement, language),
        ),
        bays=((spot.face, bay),) if spot.face and bay else (),
    )
