"""Makes and reads resource names of the geofence contract."""

from services.directory.keys import store_name
from services.geofence.model.trips import Trip


def fence_name(id: str) -> str:
    """`fences/home` of `home`."""
    return f"fences/{id}"


def fence_id(name: str) -> str:
    """`home` of `fences/home`."""
    return name.removeprefix("fences/")


def rule_name(id: str) -> str:
    """`rules/spring` of `spring`."""
    return f"rules/{id}"


def rule_id(name: str) -> str:
    """`spring` of `rules/spring`."""
    return name.removeprefix("rules/")


def device_name(subject: str) -> str:
    """`devices/{subject}`; empty for no subject."""
    return f"devices/{subject}" if subject else ""


def trip_name(trip: Trip) -> str:
    """`stores/{store}/trips/{trip}`."""
    return f"{store_name(trip.store)}/trips/{trip.id}"


def shape_names(key: str) -> tuple[str, str]:
    """The names of the fence and, if it is around stores, of the store that a shape belongs to."""
    id, _, store = key.partition("@")
    return fence_name(id), store_name(store) if store else ""
