"""Reads tags of access and direction: who may use a way, and which way round.

As the OSM wiki defines them (pages "Key:access", "Key:oneway" and "Conditional restrictions").
Conditions of time, weight and size are not read; `conditional_access` finds them.
"""

from collections.abc import Mapping

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


def access(tags: Tags, mode: Mode) -> tuple[bool | None, bool]:
    """If a mode may enter (None: no tag tells), and if only as its destination."""
    allowed, is_destination = None, False
    for key in _KEYS[mode]:
        value = tags.get(key)
        meant = _meaning(value)
        if meant is not None:
            allowed, is_destination = meant, not _parts(value) & _YES
    return allowed, bool(allowed and is_destination)


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
    """True if access or direction depend on the time or on a condition, which is not read."""
    keys = {"oneway", *(key for of_mode in _KEYS.values() for key in of_mode)}
    return any(key.endswith(":conditional") and key.partition(":")[0] in keys for key in tags)


def directions(tags: Tags, mode: Mode) -> list[bool]:
    """If a mode may go forward, and if backward."""
    found = []
    for direction, is_open in zip(("forward", "backward"), _one_ways(tags, mode), strict=True):
        told = [_meaning(tags.get(f"{key}:{direction}")) for key in _KEYS[mode]]
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
            tags.get(f"cycleway{side}:oneway") in {"no", "-1"}
            for side in (":left", ":right", ":both")
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
