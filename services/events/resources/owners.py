"""Owners of subscriptions: what they may be told, and if they still may."""

from dataclasses import dataclass

from enrayon.events.v1 import events_pb2 as pb
from services.chassis.access.key_ring import KeyRing
from services.chassis.access.keys import OWNED
from services.chassis.access.policy import Role
from services.chassis.caller import ANONYMOUS, Caller
from services.chassis.errors import PermissionDenied

Suspension = pb.Subscription.Suspension
MAKE = "/enrayon.events.v1.EventsService/CreateSubscription"


@dataclass(frozen=True)
class Owners:
    """The keys of owners, for what is delivered without a call of theirs."""

    keys: KeyRing

    async def suspension(self, subscription: pb.Subscription) -> "Suspension.ValueType":
        """The reason why nothing is delivered to a subscription now.

        Owners with tokens or certificates have no key here that could be revoked.

        Raises:
            DatabaseUnavailable: no key could be read since this process began.
        """
        if not subscription.owner.startswith(OWNED):
            return Suspension.SUSPENSION_UNSPECIFIED
        key = await self.keys.owner(subscription.owner)
        if key is None:
            return Suspension.SUSPENSION_KEY_REVOKED
        if not key.may(Role.STAFF, MAKE) or not has_scope(key.caller, subscription):
            return Suspension.SUSPENSION_FEWER_RIGHTS
        return Suspension.SUSPENSION_UNSPECIFIED


def is_own(caller: Caller, subscription: pb.Subscription) -> bool:
    """True if a caller may see and change a subscription; while access is open, anybody may."""
    return caller.admin or caller == ANONYMOUS or caller.id == subscription.owner


def has_scope(caller: Caller, subscription: pb.Subscription) -> bool:
    """True if a new subscription of a caller would tell it all that this one does."""
    now = pb.Subscription()
    give(now, caller)
    is_same = now.scope == subscription.scope
    return now.scope == pb.Subscription.SCOPE_ALL or (
        is_same and set(subscription.scope_stores) <= set(now.scope_stores)
    )


def check_scope(caller: Caller, subscription: pb.Subscription) -> None:
    """Check that a subscription tells its owner no more than a new one of that caller would.

    Raises:
        PermissionDenied: it tells more. The role of the caller, or the stores whose staff it is,
            have changed since.
    """
    if has_scope(caller, subscription):
        return
    raise PermissionDenied(
        "this subscription was made with rights that the caller no longer has; delete it and "
        "create it again"
    )


def give(subscription: pb.Subscription, caller: Caller) -> None:
    """Give a new subscription to a caller, with the scope of its role."""
    subscription.owner = caller.id
    del subscription.scope_stores[:]
    if caller.admin or caller == ANONYMOUS:  # while access is open everybody may see all
        subscription.scope = pb.Subscription.SCOPE_ALL
    elif caller.stores is not None:
        subscription.scope = pb.Subscription.SCOPE_STORES
        subscription.scope_stores.extend(sorted(caller.stores))
    else:
        subscription.scope = pb.Subscription.SCOPE_OWN
