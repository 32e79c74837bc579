"""Makes and reads resource names of the stock contract."""

from services.directory.keys import store_id, store_name


def reservation_name(store: str, id: str) -> str:
    """`stores/{store}/reservations/{id}`."""
    return f"{store_name(store)}/reservations/{id}"


def reservation_ids(name: str) -> tuple[str, str]:
    """The store and the hold of a reservation's name, or of its pick-up code's."""
    _, store, _, id, *_ = name.split("/")
    return store, id


def slot_name(store: str, id: str) -> str:
    """`stores/{store}/pickupSlots/{id}`."""
    return f"{store_name(store)}/pickupSlots/{id}"


def slot_ids(name: str) -> tuple[str, str]:
    """The store and the id of a slot's name."""
    _, store, _, id = name.split("/")
    return store, id


def policy_name(store: str) -> str:
    """`stores/{store}/stockPolicy`."""
    return f"{store_name(store)}/stockPolicy"


def policy_store(name: str) -> str:
    """The store of a policy's name."""
    return store_id(name).removesuffix("/stockPolicy")


def alert_name(id: str) -> str:
    """`stockAlerts/{id}`."""
    return f"stockAlerts/{id}"


def alert_id(name: str) -> str:
    """The id of an alert's name."""
    return name.removeprefix("stockAlerts/")


def group_id(name: str) -> str:
    """The id of a group's name."""
    return name.removeprefix("stockGroups/")
