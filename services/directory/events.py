"""Events of the suite as entries of event streams: their sources write them, `events` reads them.

A source appends an event to the stream of its partition in the same script as the change that it
tells of. Streams are `{f00}:events` to `{f63}:events` (fences and trips) and `{s00}:events` to
`{s63}:events` (holds and alerts); stores and hours have their change logs (see `keys`).

The field `j` of an entry is JSON, so that a script can write it with cjson. Short names, all but
`t`, `s`, `a` and `at` optional:

    t   type, one of `LIFETIMES_S`
    s   id of the store; "" for an event without a store
    a   subject: the name of the resource that the event is about; its events stay in order
    o   owner: the id of the caller that the subject belongs to, or its `Caller.owner`
    r   the caller's opaque reference of the person
    at  when it happened, in ms
    x   when it expires, in ms
    id  id, equal in every delivery; without one, stream and entry make it
    d   object with the data of the type, of 2 kB at most; no coordinates, no ids of devices

Entries of `{fNN}:events` may have an encoded `FenceEvent` in the field `e` instead, with the owner
of a trip in the field `o`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from pydantic import Field

from services.chassis.settings import EnvironmentSettings
from services.directory.crossing import PARTITIONS

SOON_S = 600.0
"""Lifetime of an event that is worth nothing once its subject has moved on."""
TODAY_S = 86_400.0

LIFETIMES_S: Mapping[str, float | None] = {
    "fence.enter": SOON_S,
    "fence.exit": TODAY_S,
    "fence.cross": SOON_S,
    "fence.dwell": SOON_S,
    "fence.inside": SOON_S,
    "fence.outside": SOON_S,
    "trip.started": TODAY_S,
    "trip.approaching": SOON_S,
    "trip.arrived": TODAY_S,
    "trip.wrong_store": SOON_S,
    "trip.prepare": TODAY_S,
    "trip.completed": None,
    "trip.canceled": None,
    "trip.expired": None,
    "trip.reminder": SOON_S,
    "trip.delayed": SOON_S,
    "trip.waiting_long": SOON_S,
    "trip.missed": TODAY_S,
    "reservation.confirmed": None,
    "reservation.updated": None,
    "reservation.preparing": None,
    "reservation.ready": None,
    "reservation.collected": None,
    "reservation.undone": None,
    "reservation.canceled": None,
    "reservation.expired": None,
    "reservation.transferred": None,
    "reservation.arrival": TODAY_S,
    "reservation.items_missing": None,
    "reservation.notice": None,
    "alert.fired": TODAY_S,
    "alert.expired": None,
    "store.created": None,
    "store.updated": None,
    "store.deleted": None,
    "store.opened": None,
    "store.closed": None,
    "hours.updated": None,
    "closure.set": None,
    "closure.ended": None,
    "rule.message": SOON_S,
}
"""All types of events, with their lifetimes in seconds; None: it never expires.

A source may give an event an earlier end: a reminder ends with its pick-up window.
"""

PRIVATE_DELETED = "store.deleted private"
"""Note of a change that deletes a private store: its event is `store.deleted`, for admins alone."""

HARD_LIMIT = 2
"""No stream grows beyond so many times the backlog. At the backlog the worker of events gives up
the subscriptions that lag furthest, so the limit is reached only while no worker runs."""


class StreamSettings(EnvironmentSettings):
    """The bound of event streams."""

    events_backlog: int = Field(
        100_000, ge=10, description="events a partition keeps for its slowest subscription"
    )


class Event(NamedTuple):
    """An event of a source."""

    type: str
    store: str
    subject: str
    at_ms: int
    owner: str = ""
    reference: str = ""
    expire_ms: int = 0
    """0: never."""
    id: str = ""
    data: Mapping[str, Any] = {}

    @property
    def text(self) -> bytes:
        """The event as the field `j` of an entry."""
        kept = {
            "o": self.owner,
            "r": self.reference,
            "x": self.expire_ms,
            "id": self.id,
            "d": self.data,
        }
        always = {"t": self.type, "s": self.store, "a": self.subject, "at": self.at_ms}
        return orjson.dumps(always | {name: value for name, value in kept.items() if value})


def event_of(text: bytes) -> Event:
    """The event of the field `j` of an entry.

    Raises:
        ValueError: it is not JSON of this form.
    """
    try:
        parts = orjson.loads(text)
        # cjson writes an empty object as a list where a script does not know better.
        return Event(
            parts["t"],
            parts["s"],
            parts["a"],
            int(parts["at"]),
            parts.get("o", ""),
            parts.get("r", ""),
            int(parts.get("x", 0)),
            parts.get("id", ""),
            parts.get("d") or {},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an event: {error}") from None


def expire_ms(type: str, at_ms: int) -> int:
    """When an event of a type expires; 0: never."""
    lifetime_s = LIFETIMES_S[type]
    return 0 if lifetime_s is None else at_ms + round(lifetime_s * 1000)


SPECIAL = {"PREPARE_ORDER": "trip.prepare", "RULE_MESSAGE": "rule.message"}
"""Types of geofence that are not named like the others."""


def type_named(name: str) -> str:
    """The type that `enrayon.geofence.v1.EventType` names, `fence.enter` of `EVENT_TYPE_ENTER`."""
    short = name.removeprefix("EVENT_TYPE_")
    if short in SPECIAL:
        return SPECIAL[short]
    kind, _, rest = short.lower().partition("_")
    return f"trip.{rest}" if kind == "trip" else f"fence.{short.lower()}"


def partitions(source: str) -> list[str]:
    """The partitions of a source, `f` fences and trips or `s` holds and alerts: `f00` to `f63`."""
    return [f"{source}{number:02}" for number in range(PARTITIONS)]


def stream_key(partition: str) -> str:
    """The event stream of a partition, for example `{f17}:events` of `f17`."""
    return f"{{{partition}}}:events"
