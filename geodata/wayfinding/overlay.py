"""Turns a route into an overlay for the drawing of its plan."""

from geodata.floorplans.drawing.key import Words
from geodata.floorplans.drawing.overlay import Overlay, Pin
from geodata.floorplans.plan import Position
from geodata.floorplans.shelves import Spot
from geodata.wayfinding.phrases import phrases
from geodata.wayfinding.shopping import Route
from geodata.wayfinding.steps import address


def route_overlay(route: Route, language: str, here: Position | None = None) -> Overlay:
    """The walk of a route and its stops, numbered in the order of the walk.

    Args:
        route: the route.
        language: the language of the shelf addresses in the list under the map.
        here: the shopper's position; None shows none.
    """
    pins = [
        spot_pin(str(number), stop.spots[0], ", ".join(i.label for i in stop.items), language)
        for number, stop in enumerate(route.stops, start=1)
    ]
    return Overlay(
        pins=tuple(pin for pin in pins if pin is not None),
        walk=tuple(point for leg in route.legs for point in leg.points),
        here=here,
        heading_deg=route.heading_deg,
    )


def key_words(language: str) -> Words:
    """The words of the drawing's key in a language."""
    words = phrases(language)
    return Words(
        entrance=words.entrance,
        till=words.to_till.format("").strip(),
        route=words.your_way,
        blocked=words.closed,
    )


def spot_pin(label: str, spot: Spot, name: str, language: str) -> Pin | None:
    """A pin at a shelf, with a name and the shelf's address; None without a map."""
    if spot.stand is None:
        return None
    x_m, y_m = spot.shelf or (spot.stand.x_m, spot.stand.y_m)
    bay = spot.placement.bay
    return Pin(
        label=label,
        at=Position(spot.stand.level, x_m, y_m),
        lines=(name, address(spot.placement, language)),
        bays=((spot.face, bay),) if spot.face and bay else (),
    )
