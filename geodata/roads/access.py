"""Reads tags of access and direction: who may use a way, and which way round.

As the OSM wiki defines them (pages "Key:access", "Key:oneway" and "Conditional restrictions").
Roads have no time of day here, so tags with conditions (`motor_vehicle:conditional=no @ (Mo-Fr
07:00-09:00)`) are read with caution: what a condition allows is not used, and what it forbids is
taken as forbidden always. A way that is closed at some hours is open as a destination only, and one
that is one-way at some hours is one-way. Conditions of weight and size do not concern a customer's
car.
"""

import re
from collections.abc import Iterable, Mapping

from geodata.roads.modes import Mode

Tags = Mapping[str, str]

_KEYS = {
    Mode.DRIVE: ("access", "vehicle", "motor_vehicle", "motorcar"),
    Mode.WALK: ("access", "foot"),
    Mode.BIKE: ("access", "vehicle", "bicycle"),
}
"""Keys of access, the general ones first."""
_YES = {"yes", "permissive", "designated", "official", "public", "dismount"}
_DESTINATION = {"destination", "customers"}
_NO = {
    "no", "private", "agricultural", "forestry", "delivery", "military", "residents", "permit",
    "use_sidepath", "emergency", "restricted", "employees", "staff", "psv", "bus", "taxi", "hgv",
    "hov", "school", "police", "fire", "service", "members", "variable",
}  # fmt: skip
_UNTOLD = {"unknown", "unspecified", "undefined"}
_CLAUSE = re.compile(r"([^@;()]+)@\s*(\([^()]*\)|[^;]*)")
"""One of the clauses of a conditional tag: `no @ (Mo-Fr 07:00-09:00; Sa)`."""
_ONE_WAYS = {
    **dict.fromkeys(("yes", "true", "1"), (True, False)),
    **dict.fromkeys(("-1", "reverse"), (False, True)),
    # The direction of a reversible lane depends on the hour.
    "reversible": (False, False),
}
"""The directions, ahead and back, that are left by a value of `oneway`."""
_OF_SIZE = re.compile(r"weight|length|width|height|axle", re.IGNORECASE)


def access(tags: Tags, mode: Mode) -> tuple[bool | None, bool]:
    """If a mode may enter (None: no tag tells), and if only as its destination."""
    allowed, is_destination = None, False
    for key in _KEYS[mode]:
        value = tags.get(key)
        meant = _meaning(value)
        if meant is not None:
            allowed, is_destination = meant, not _parts(value) & _YES
        if any(not _parts(each) & _YES for each in _conditional(tags, key)):
            is_destination = True
    return allowed, is_destination and allowed is not False


def _conditional(tags: Tags, key: str) -> list[str]:
    """The values that a tag has under conditions that may concern a customer."""
    clauses = _CLAUSE.findall(tags.get(f"{key}:conditional", ""))
    return [value.strip() for value, condition in clauses if not _OF_SIZE.search(condition)]


def explicit(tags: Tags, mode: Mode) -> bool:
    """True if a key of the mode itself, or of vehicles, lets it in."""
    told = [_meaning(tags.get(key)) for key in _KEYS[mode][1:]]
    return next((bool(each) for each in reversed(told) if each is not None), False)


def _parts(value: str | None) -> set[str]:
    """`agricultural;forestry` as its parts."""
    return {part.strip() for part in (value or "").split(";")}


def _meaning(value: str | None) -> bool | None:
    """If a value lets in; of several, one is enough unless a plain `no` is among them."""
    parts = _parts(value)
    if parts & (_YES | _DESTINATION) and "no" not in parts:
        return True
    return False if parts & _NO else None


def unknown_access(tags: Tags) -> bool:
    """True if a value of access is none that is known; the way is read without it."""
    keys = {key for of_mode in _KEYS.values() for key in of_mode}
    return any(
        _parts(tags[key]) - (_YES | _DESTINATION | _NO | _UNTOLD) for key in keys if key in tags
    )


def conditional_access(tags: Tags) -> bool:
    """True if access or direction depend on the time or on another condition."""
    keys = {"oneway", *(key for of_mode in _KEYS.values() for key in of_mode)}
    return any(key.endswith(":conditional") and key.partition(":")[0] in keys for key in tags)


def directions(tags: Tags, mode: Mode) -> list[bool]:
    """If a mode may go forward, and if backward."""
    found = []
    for direction, is_open in zip(("forward", "backward"), _one_ways(tags, mode), strict=True):
        keys = [f"{key}:{direction}" for key in _KEYS[mode]]
        told = [_meaning(tags.get(key)) for key in keys]
        # Only the mode's own key opens a one-way road against its direction.
        may_go = told[-1] if told[-1] is not None else is_open and False not in told
        at_times = [_meaning(value) for key in keys for value in _conditional(tags, key)]
        found.append(may_go and False not in at_times)
    return found


def _one_ways(tags: Tags, mode: Mode) -> tuple[bool, bool]:
    """The directions that are left by tags of one-way roads."""
    if mode is Mode.WALK:
        moving = {"forward": "yes", "backward": "-1"}.get(tags.get("conveying", ""), "no")
        return _one_way(_told(tags, "oneway:foot") or [moving])
    implied = tags.get("junction") in {"roundabout", "circular"}
    implied |= tags.get("highway") == "motorway"
    general = _told(tags, "oneway", "yes" if implied else "no")
    general = _told(tags, "oneway:vehicle") or general
    if mode is Mode.BIKE:
        lanes = (tags.get(f"cycleway{side}", "") for side in ("", ":left", ":right", ":both"))
        contraflow = any(lane.startswith("opposite") for lane in lanes)
        contraflow |= any(
            tags.get(f"cycleway{side}:oneway") in {"no", "-1"}
            for side in (":left", ":right", ":both")
        )
        return _one_way(_told(tags, "oneway:bicycle") or (["no"] if contraflow else general))
    for key in ("oneway:motor_vehicle", "oneway:motorcar"):
        general = _told(tags, key) or general
    return _one_way(general)


def _told(tags: Tags, key: str, otherwise: str = "") -> list[str]:
    """What a tag says, and what it says under conditions; nothing if it is not there."""
    value = tags.get(key, otherwise)
    return [value, *_conditional(tags, key)] if value else []


def _one_way(values: Iterable[str]) -> tuple[bool, bool]:
    """The directions that all of the values leave."""
    found = [_ONE_WAYS.get(value, (True, True)) for value in values]
    return all(ahead for ahead, _ in found), all(back for _, back in found)
