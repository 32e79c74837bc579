"""Reads OpenStreetMap tags: the use of a way by a mode and its speed, barriers, signals and turns.

Tags are read as the OSM wiki defines them (page "OSM tags for routing"). Slopes, weight and
size are not read: a customer's vehicle is a car, a bicycle or none.
"""

import re
from dataclasses import dataclass

from geodata.roads.access import Tags, access, directions, explicit
from geodata.roads.estimates import HIGHEST_SPEEDS, WALKING_SPEED
from geodata.roads.modes import Mode

SIGNAL_S = 8.0
"""Mean wait at traffic signals, in seconds."""

_KMH = 1 / 3.6
_LIMIT_SHARE = 0.9
"""Mean speed over the speed limit, for cars on a road with a limit."""

_DRIVE = {
    "motorway": 110, "motorway_link": 60, "trunk": 85, "trunk_link": 50,
    "primary": 60, "primary_link": 45, "secondary": 50, "secondary_link": 40,
    "tertiary": 45, "tertiary_link": 35, "unclassified": 40, "residential": 27,
    "road": 30, "living_street": 10, "service": 15, "track": 10,
}  # fmt: skip
"""Kilometres per hour in a car where the limit is not known."""
_DRIVE_BY_PERMISSION = {"pedestrian", "footway", "path", "cycleway", "bridleway"}
_SLOW = {"living_street", "service", "track", *_DRIVE_BY_PERMISSION}
"""Roads on which no car drives as fast as the limit allows."""
_PERMITTED_KMH = 10.0

_WALK = set(_DRIVE) - {"motorway", "motorway_link"} | {
    "pedestrian",
    "footway",
    "path",
    "cycleway",
    "bridleway",
    "steps",
    "corridor",
    "platform",
}
_STEPS_KMH = 2.5
_NOT_THERE = {
    "proposed", "planned", "construction", "abandoned", "disused", "razed", "demolished",
    "removed", "no",
}  # fmt: skip
"""Roads that are not built yet, or no longer there; their tags of access are of the road to be."""

_BIKE = {
    **dict.fromkeys(set(_DRIVE) - {"motorway", "motorway_link"}, 16),
    "cycleway": 16, "path": 12, "living_street": 12, "service": 12, "track": 12,
}  # fmt: skip
_PUSHED = {"footway", "pedestrian", "bridleway", "platform", "corridor"}
_PUSHED_KMH = 4.0
_SHARED_KMH = 12.0
"""Kilometres per hour on a bicycle among walkers."""

_FERRY_KMH = 15.0

_FOR_TRACTORS = {"horrible", "very_horrible"}
_CLIMBED = {"alpine_hiking", "demanding_alpine_hiking", "difficult_alpine_hiking"}
"""Paths on which hands are needed: no way to a shop."""

_PASSABLE = {
    "gate", "lift_gate", "swing_gate", "toll_booth", "cattle_grid", "border_control", "entrance",
    "kerb", "height_restrictor", "sally_port", "no", "rumble_strip", "coupure", "sliding_gate",
    "bump_gate", "hampshire_gate", "checkpoint",
}  # fmt: skip
"""Barriers that let cars through."""
_STOPS_BICYCLES = {
    "stile", "turnstile", "full-height_turnstile", "kissing_gate", "wall", "fence", "hedge",
    "ditch", "retaining_wall", "guard_rail", "debris",
}  # fmt: skip

_BY_HOUR = {"day_on", "day_off", "hour_on", "hour_off"}
"""Keys by which old turn restrictions tell their times."""

_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,4})(?::(\d\d))?")
_ISO = re.compile(r"PT(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")

_ZONES = {
    "urban": 50.0, "rural": 80.0, "motorway": 120.0, "trunk": 100.0, "living_street": 10.0,
    "bicycle_road": 30.0, "cyclestreet": 30.0, "nsl_single": 96.6, "nsl_dual": 112.7,
}  # fmt: skip
"""Kilometres per hour of limits that a tag names by kind: `DE:urban`."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The use of a way by one mode."""

    forward: float | None
    """Metres per second in the direction of the way's nodes; None if not allowed."""
    backward: float | None
    is_destination: bool = False
    """Only for journeys that begin or end here, not for passing through."""


def usage(tags: Tags, mode: Mode, length_m: float) -> Usage | None:
    """The use of a way by a mode; None if it may not be used in either direction.

    The length of the way decides the speed of a ferry with a duration.
    """
    if tags.get("highway") in _NOT_THERE or _is_unusable(tags, mode):
        return None
    kmh = _ferry_kmh(tags, mode, length_m) if tags.get("route") == "ferry" else _kmh(tags, mode)
    if kmh is None:
        return None
    allowed, is_destination = access(tags, mode)
    if allowed is False:
        return None
    if mode is Mode.DRIVE and tags.get("highway") == "track" and not explicit(tags, mode):
        is_destination = True
    speeds = [
        min(_directed_kmh(tags, mode, kmh, direction) * _KMH, HIGHEST_SPEEDS[mode])
        if is_open
        else None
        for direction, is_open in zip(("forward", "backward"), directions(tags, mode), strict=True)
    ]
    return Usage(speeds[0], speeds[1], is_destination) if any(speeds) else None


def _kmh(tags: Tags, mode: Mode) -> float | None:
    """The speed on a road, before limits by direction; None if the mode has none there."""
    highway = tags.get("highway", "")
    is_let_in = explicit(tags, mode)
    if mode is Mode.DRIVE:
        by_permission = highway in _DRIVE_BY_PERMISSION and is_let_in
        return _PERMITTED_KMH if by_permission else _DRIVE.get(highway)
    if _motorroad(tags) and not is_let_in:
        return None
    if mode is Mode.WALK:
        if highway == "steps":
            return _STEPS_KMH
        return WALKING_SPEED / _KMH if highway in _WALK or (highway and is_let_in) else None
    if tags.get("bicycle") == "dismount" or tags.get("sac_scale", "hiking") != "hiking":
        return _PUSHED_KMH
    if highway in _PUSHED:
        return _SHARED_KMH if is_let_in else _PUSHED_KMH
    return _BIKE.get(highway, _SHARED_KMH if highway != "steps" and highway and is_let_in else None)


def _is_unusable(tags: Tags, mode: Mode) -> bool:
    """True where a way is there, but not for this mode or not all the year."""
    if tags.get("ice_road") == "yes" or tags.get("smoothness") == "impassable":
        return True
    if mode is Mode.DRIVE:
        is_for_bicycles = tags.get("bicycle_road") == "yes" and not explicit(tags, mode)
        return is_for_bicycles or tags.get("smoothness") in _FOR_TRACTORS
    return "via_ferrata_scale" in tags or tags.get("sac_scale") in _CLIMBED


def _motorroad(tags: Tags) -> bool:
    return tags.get("motorroad") == "yes"


def _ferry_kmh(tags: Tags, mode: Mode, length_m: float) -> float | None:
    """The speed of a ferry; cars board only where a tag says so."""
    if mode is Mode.DRIVE and not explicit(tags, mode):
        return None
    duration = seconds(tags.get("duration", ""))
    return length_m / duration / _KMH if duration else _FERRY_KMH


def _directed_kmh(tags: Tags, mode: Mode, kmh: float, direction: str) -> float:
    if mode is not Mode.DRIVE or tags.get("route") == "ferry":
        return kmh
    text = tags.get(f"maxspeed:{direction}", tags.get("maxspeed", ""))
    limit = limit_kmh(text)
    if limit is None:
        return kmh
    by_limit = limit * _LIMIT_SHARE
    return min(kmh, by_limit) if tags.get("highway") in _SLOW else by_limit


def limit_kmh(text: str) -> float | None:
    """A speed limit in kilometres per hour: `50`, `30 mph`, `DE:urban`, `walk`; of several, the
    lowest; None if there is none, or it cannot be read."""
    if ";" in text:
        limits = [limit_kmh(part) for part in text.split(";")]
        return min((limit for limit in limits if limit), default=None)
    text = text.strip().lower()
    if match := re.fullmatch(r"(\d{1,3}(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?", text):
        factor = {"mph": 1.609344, "knots": 1.852}.get(match[2] or "", 1.0)
        return float(match[1]) * factor or None
    if text == "walk" or text.endswith(":walk"):
        return 7.0
    if match := re.fullmatch(r"[a-z]{2}(?:-[a-z]+)?:(?:zone:?)?([a-z_]+|\d{1,3})", text):
        return float(match[1]) or None if match[1].isdigit() else _ZONES.get(match[1])
    return None


def seconds(text: str) -> float | None:
    """A duration: `25` (minutes), `1:30`, `00:20:00`, `PT1H30M`; None if it cannot be read."""
    text = text.strip().upper()
    match = _CLOCK.fullmatch(text) or _ISO.fullmatch(text)
    if match is None:
        return None
    hours, minutes, rest = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest or None


def is_between_stops(tags: Tags) -> bool:
    """True where nobody gets on or off: on a ferry, or in a tunnel that is not for walkers."""
    if tags.get("route") == "ferry":
        return True
    return tags.get("tunnel") == "yes" and tags.get("highway") not in {*_PUSHED, "steps", "path"}


def is_blocked(tags: Tags, mode: Mode) -> bool:
    """True if a barrier on a node stops a mode."""
    barrier = tags.get("barrier")
    if barrier is None and ("highway" in tags or "railway" in tags):
        return False  # Tags of access are those of the crossing, not of the road.
    allowed, _ = access(tags, mode)
    if allowed is not None:
        return not allowed
    if barrier is not None and tags.get("locked") == "yes":
        return True
    if mode is Mode.DRIVE:
        return barrier is not None and barrier not in _PASSABLE
    return mode is Mode.BIKE and barrier in _STOPS_BICYCLES


def signal_s(tags: Tags, mode: Mode, *, is_forward: bool) -> float:
    """The wait, in seconds, at a node for those who reach it along, or against, the way."""
    if tags.get("highway") == "traffic_signals":
        if mode is Mode.WALK:
            return SIGNAL_S
        against = "backward" if is_forward else "forward"
        return 0.0 if tags.get("traffic_signals:direction") == against else SIGNAL_S
    is_crossing = tags.get("highway") == "crossing" and tags.get("crossing") == "traffic_signals"
    return SIGNAL_S if is_crossing and mode is Mode.WALK else 0.0


def is_by_time(tags: Tags) -> bool:
    """True for a turn restriction that holds at some times only; it is not read."""
    return bool(tags.keys() & _BY_HOUR) or any(
        key.startswith("restriction") and key.endswith(":conditional") for key in tags
    )


def turn_rule(tags: Tags, mode: Mode) -> str | None:
    """The rule of a turn restriction for a mode: `no_left_turn`, `only_straight_on` and so on;
    None if it does not concern the mode, or only at some times."""
    if mode is Mode.WALK:
        return tags.get("restriction:foot")
    vehicle = "motorcar" if mode is Mode.DRIVE else "bicycle"
    names = {"motorcar", "motor_vehicle", "vehicle"} if mode is Mode.DRIVE else {"bicycle"}
    own = tags.get(f"restriction:{vehicle}")
    if own is None and mode is Mode.DRIVE:
        own = tags.get("restriction:motor_vehicle")
    if kind := tags.get("type", "").partition(":")[2]:
        return tags.get("restriction") if kind in names else own
    if tags.keys() & _BY_HOUR:
        return own
    exempt = {part.strip() for part in tags.get("except", "").split(";")}
    return own or (None if exempt & names else tags.get("restriction"))
