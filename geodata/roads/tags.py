"""Reads OpenStreetMap tags: who may use a way, in which direction, at which speed.

Tags are read as the OSM wiki defines them (pages "OSM tags for routing", "Key:access" and
"Conditional restrictions"). Conditions of time, weight and size are not read: roads have no time
of day here, and a customer's vehicle is a car, a bicycle or none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from geodata.roads.estimates import HIGHEST_SPEEDS, WALKING_SPEED
from geodata.roads.modes import Mode

Tags = Mapping[str, str]

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

_KEYS = {
    Mode.DRIVE: ("access", "vehicle", "motor_vehicle", "motorcar"),
    Mode.WALK: ("access", "foot"),
    Mode.BIKE: ("access", "vehicle", "bicycle"),
}
"""Keys of access, the general ones first."""
_YES = {"yes", "permissive", "designated", "official", "public", "destination", "customers"}
_DESTINATION = {"destination", "customers"}
_NO = {
    "no", "private", "agricultural", "forestry", "delivery", "military", "residents", "permit",
    "use_sidepath", "emergency", "restricted", "employees", "staff",
}  # fmt: skip

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

_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,4})(?::(\d\d))?")
_ISO = re.compile(r"PT(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")

_ZONES = {"urban": 50.0, "rural": 80.0, "motorway": 120.0, "trunk": 100.0, "living_street": 10.0}
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
    if tags.get("highway") in _NOT_THERE:
        return None
    kmh = _ferry_kmh(tags, mode, length_m) if tags.get("route") == "ferry" else _kmh(tags, mode)
    if kmh is None:
        return None
    allowed, is_destination = _access(tags, mode)
    if allowed is False:
        return None
    speeds = [
        min(_directed_kmh(tags, mode, kmh, direction) * _KMH, HIGHEST_SPEEDS[mode])
        if is_open
        else None
        for direction, is_open in zip(("forward", "backward"), _directions(tags, mode), strict=True)
    ]
    return Usage(speeds[0], speeds[1], is_destination) if any(speeds) else None


def _kmh(tags: Tags, mode: Mode) -> float | None:
    """The speed on a road, before limits by direction; None if the mode has none there."""
    highway = tags.get("highway", "")
    explicit = _explicit(tags, mode)
    if mode is Mode.DRIVE:
        by_permission = highway in _DRIVE_BY_PERMISSION and explicit
        return _PERMITTED_KMH if by_permission else _DRIVE.get(highway)
    if _motorroad(tags) and not explicit:
        return None
    if mode is Mode.WALK:
        if highway == "steps":
            return _STEPS_KMH
        return WALKING_SPEED / _KMH if highway in _WALK or (highway and explicit) else None
    if tags.get("bicycle") == "dismount":
        return _PUSHED_KMH
    if highway in _PUSHED:
        return _SHARED_KMH if explicit else _PUSHED_KMH
    return _BIKE.get(highway, _SHARED_KMH if highway != "steps" and highway and explicit else None)


def _motorroad(tags: Tags) -> bool:
    return tags.get("motorroad") == "yes"


def _ferry_kmh(tags: Tags, mode: Mode, length_m: float) -> float | None:
    """The speed of a ferry; cars board only where a tag says so."""
    if mode is Mode.DRIVE and not _explicit(tags, mode):
        return None
    duration = seconds(tags.get("duration", ""))
    return length_m / duration / _KMH if duration else _FERRY_KMH


def _explicit(tags: Tags, mode: Mode) -> bool:
    """True if a key of the mode itself, or of vehicles, lets it in."""
    allowed = None
    for key in _KEYS[mode][1:]:
        allowed = _meaning(tags.get(key), allowed)
    return bool(allowed)


def _access(tags: Tags, mode: Mode) -> tuple[bool | None, bool]:
    """Whether a mode may enter (None: no tag says so), and only as its destination."""
    allowed, is_destination = None, False
    for key in _KEYS[mode]:
        value = tags.get(key)
        meant = _meaning(value, None)
        if meant is not None:
            allowed, is_destination = meant, value in _DESTINATION
    return allowed, is_destination


def _meaning(value: str | None, otherwise: bool | None) -> bool | None:
    if value in _YES or value == "dismount":
        return True
    return False if value in _NO else otherwise


def _directions(tags: Tags, mode: Mode) -> list[bool]:
    """Whether a mode may go forward and backward."""
    found = []
    for direction, is_open in zip(("forward", "backward"), _one_ways(tags, mode), strict=True):
        told = [_meaning(tags.get(f"{key}:{direction}"), None) for key in _KEYS[mode]]
        # Only the mode's own key opens a one-way road against its direction.
        found.append(told[-1] if told[-1] is not None else is_open and False not in told)
    return found


def _one_ways(tags: Tags, mode: Mode) -> tuple[bool, bool]:
    """The directions that are left by tags of one-way roads."""
    if mode is Mode.WALK:
        moving = {"forward": "yes", "backward": "-1"}.get(tags.get("conveying", ""), "no")
        return _one_way(tags.get("oneway:foot", moving))
    general = tags.get("oneway")
    if general is None:
        implied = tags.get("junction") in {"roundabout", "circular"}
        implied |= tags.get("highway") == "motorway"
        general = "yes" if implied else "no"
    general = tags.get("oneway:vehicle", general)
    if mode is Mode.BIKE:
        lanes = (tags.get(f"cycleway{side}", "") for side in ("", ":left", ":right", ":both"))
        contraflow = any(lane.startswith("opposite") for lane in lanes)
        contraflow |= any(
            tags.get(f"cycleway{side}:oneway") == "no" for side in (":left", ":right", ":both")
        )
        return _one_way(tags.get("oneway:bicycle", "no" if contraflow else general))
    for key in ("oneway:motor_vehicle", "oneway:motorcar"):
        general = tags.get(key, general)
    return _one_way(general)


def _one_way(value: str) -> tuple[bool, bool]:
    if value in {"yes", "true", "1"}:
        return True, False
    if value in {"-1", "reverse"}:
        return False, True
    # The direction of a reversible lane depends on the hour.
    return (False, False) if value == "reversible" else (True, True)


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
    """A speed limit in kilometres per hour: `50`, `30 mph`, `DE:urban`, `walk`; None if there is
    none, or it cannot be read."""
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
    allowed, _ = _access(tags, mode)
    if allowed is not None:
        return not allowed
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
    exempt = {part.strip() for part in tags.get("except", "").split(";")}
    return own or (None if exempt & names else tags.get("restriction"))
