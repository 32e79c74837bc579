"""Decides which events a subscription gets: by its filter, and by what its owner may see."""

from enrayon.events.v1 import events_pb2 as pb
from services.chassis.caller import Caller
from services.events.model.sources import kind_of

ANYBODYS = ("store", "hours", "closure")
"""Kinds of events that belong to nobody."""
OF_STAFF = ("trip", "reservation", *ANYBODYS)
"""Kinds of events of a store that its staff may see."""


def admits(wanted: pb.EventFilter, event: pb.Event, brand: str) -> bool:
    """True if an event passes a filter; `brand` is that of its store."""
    if event.muted and not wanted.include_muted:
        return False
    for allowed, value in (
        (wanted.types, event.type),
        (wanted.stores, event.store),
        (wanted.brands, brand),
        (wanted.references, event.reference),
        (wanted.subjects, event.subject),
    ):
        if allowed and value not in allowed:
            return False
    return all(event.labels.get(key) == value for key, value in wanted.labels.items())


def may_see(
    subscription: pb.Subscription, event: pb.Event, owner: str, home: str, *, is_private: bool
) -> bool:
    """True if the owner of a subscription may see an event.

    Args:
        subscription: With its scope.
        event: The event.
        owner: The caller that the event belongs to: its id or its `Caller.owner`.
        home: The name of the store whose staff may see it.
        is_private: Whether its store is private.
    """
    kind = kind_of(event.type)
    if subscription.scope == pb.Subscription.SCOPE_ALL:
        return True
    if subscription.scope == pb.Subscription.SCOPE_STORES:
        return kind in OF_STAFF and home in subscription.scope_stores
    if kind in ANYBODYS:
        return not is_private
    return bool(owner) and owner in (subscription.owner, Caller(subscription.owner).owner)
