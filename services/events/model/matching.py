"""Decides which events a subscription gets: by its filter, and by what its owner may see."""

from collections.abc import Iterator

from enrayon.events.v1 import events_pb2 as pb
from services.chassis.caller import Caller
from services.directory.filters import fold
from services.events.model.sources import kind_of

ANYBODYS = ("store", "hours", "closure")
"""Kinds of events that belong to nobody."""
OF_STAFF = ("trip", "reservation", *ANYBODYS)
"""Kinds of events of a store that its staff may see."""
MAY_SEE = {
    pb.Subscription.SCOPE_OWN: ("trip", "reservation", "alert", *ANYBODYS),
    pb.Subscription.SCOPE_STORES: OF_STAFF,
}
LABELED = ("fence", "rule")
"""Kinds of events with labels."""


def admits(wanted: pb.EventFilter, event: pb.Event, brand: str) -> bool:
    """True if an event passes a filter; `brand` is that of its store."""
    if event.muted and not wanted.include_muted:
        return False
    for allowed, value in (
        (wanted.types, event.type),
        (wanted.stores, event.store),
        (wanted.references, event.reference),
        (wanted.subjects, event.subject),
    ):
        if allowed and value not in allowed:
            return False
    if wanted.brands and fold(brand) not in map(fold, wanted.brands):
        return False
    return all(event.labels.get(key) == value for key, value in wanted.labels.items())


def untold(subscription: pb.Subscription) -> Iterator[str]:
    """The parts of a filter, by field, with which nothing is told, whatever happens."""
    wanted, scope = subscription.filter, subscription.scope
    kinds = [kind_of(type) for type in wanted.types]
    for number, kind in enumerate(kinds):
        if scope != pb.Subscription.SCOPE_ALL and kind not in MAY_SEE[scope]:
            yield f"filter.types[{number}]: the owner is told no {wanted.types[number]}"
    if scope == pb.Subscription.SCOPE_STORES:
        for number, store in enumerate(wanted.stores):
            if store not in subscription.scope_stores:
                yield f"filter.stores[{number}]: {store} is no store of the owner"
    if kinds and wanted.labels and not {*kinds}.intersection(LABELED):
        yield "filter.labels: events of these types have none"
    if kinds and wanted.references and {*kinds}.issubset(ANYBODYS):
        yield "filter.references: events of these types have none"


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
