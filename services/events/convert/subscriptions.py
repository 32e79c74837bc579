"""Reads subscriptions as they are stored, those of older versions too."""

from google.protobuf.unknown_fields import UnknownFieldSet

from enrayon.events.v1 import events_pb2 as pb
from services.directory.events import LIFETIMES_S
from services.events.convert.fences import type_of
from services.events.model.sources import kind_of

OLD_TYPES = 1
"""The number of the field of a filter in which older versions kept values of
`enrayon.geofence.v1.EventType`, each of one byte."""
OLD_KINDS = ("fence", "trip")


def subscription_of(encoded: bytes) -> pb.Subscription:
    """The subscription of a record.

    One of an older version has no scope: an admin made it, for events of fences and trips.
    """
    subscription = pb.Subscription.FromString(encoded)
    if not subscription.scope:
        subscription.scope = pb.Subscription.SCOPE_ALL
        wanted = subscription.filter
        old = old_types(wanted)
        wanted.types.extend(old or [type for type in LIFETIMES_S if kind_of(type) in OLD_KINDS])
        wanted.DiscardUnknownFields()
    return subscription


def old_types(wanted: pb.EventFilter) -> list[str]:
    """The types that an older version kept in a filter."""
    kept = UnknownFieldSet(wanted)
    fields = [kept[number] for number in range(len(kept))]
    values = [
        value
        for field in fields
        if field.field_number == OLD_TYPES
        for value in (field.data if isinstance(field.data, bytes) else [field.data])
    ]
    return [type_of(value) for value in values]
