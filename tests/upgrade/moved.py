"""What geofence did in older versions and the events service does today, in the words of today."""

from typing import Any

from tests.upgrade.running import Answer

MOVED = frozenset(
    {
        "CreateSubscription",
        "GetSubscription",
        "UpdateSubscription",
        "ListSubscriptions",
        "DeleteSubscription",
        "RotateSubscriptionSecret",
        "StreamEvents",
        "AckEvents",
        "ListDeadLetters",
        "ReplayDeadLetters",
    }
)
OUTSIDE = {
    "event_id": "id",
    "event_type": "type",
    "subject": "subject",
    "store": "store",
    "labels": "labels",
    "server_time": "time",
    "mute": "muted",
}
"""Fields of a `FenceEvent`, and of an event outside its data."""


def today(method: str) -> str:
    """The name of a method today."""
    service, _, name = method.partition(".")
    return f"events.{name}" if service == "geofence" and name in MOVED else method


def event_of(old: Answer) -> Answer:
    """A `FenceEvent` as an event of today."""
    event: Answer = {OUTSIDE[name]: value for name, value in old.items() if name in OUTSIDE}
    event["type"] = type_of(old["event_type"])
    data = {name: value for name, value in old.items() if name not in OUTSIDE}
    data |= {name: int(data[name]) for name in ("number", "sequence") if name in data}
    return event | {"source": "//enrayon/geofence", "data": data}


def type_of(old: str) -> str:
    """A type of an event, as it is called today."""
    name = old.removeprefix("EVENT_TYPE_").lower()
    if name == "prepare_order":
        return "trip.prepare"
    return f"trip.{name.removeprefix('trip_')}" if name.startswith("trip_") else f"fence.{name}"


def answer_of(method: str, answer: Any) -> Any:
    """An answer of an older version, as it is today."""
    if method == "geofence.ListDeadLetters":
        letters = [each | {"event": event_of(each["event"])} for each in answer["dead_letters"]]
        return answer | {"dead_letters": letters}
    return answer
