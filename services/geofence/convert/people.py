"""Converts registered devices of the contract to people, and back."""

import dataclasses
from collections.abc import Iterable

from enrayon.geofence.v1 import geofence_pb2 as pb
from services.chassis.messages.times import milliseconds
from services.geofence.convert.names import device_name
from services.geofence.model.people import Person, with_products

PRODUCTS = "products/"


def device_message(person: Person, now_ms: int) -> pb.Device:
    """A registered device, as the contract has it."""
    message = pb.Device(
        name=device_name(person.subject), reference=person.reference, labels=dict(person.labels)
    )
    for sku, at_ms in person.viewed(now_ms):
        message.viewed_products.add(product=PRODUCTS + sku).view_time.FromMilliseconds(at_ms)
    message.expire_time.FromMilliseconds(person.expire_ms)
    message.update_time.FromMilliseconds(person.update_ms)
    return message


def with_content(person: Person, message: pb.Device, now_ms: int) -> Person:
    """The person with the content of a message; what was looked at later counts as of now."""
    viewed = []
    for number, each in enumerate(message.viewed_products):
        field = f"device.viewed_products[{number}].view_time"
        at_ms = milliseconds(each.view_time, field) if each.HasField("view_time") else now_ms
        viewed.append((each.product.removeprefix(PRODUCTS), min(at_ms, now_ms)))
    person = dataclasses.replace(
        person,
        reference=message.reference,
        labels=tuple(sorted(message.labels.items())),
        products=(),
    )
    return with_products(person, viewed, now_ms)


def echo(person: Person, events: Iterable[pb.FenceEvent]) -> None:
    """Let events that are answered carry the caller's reference and labels.

    Events that are written do not: deliveries add both (`services.directory.known`).
    """
    for event in events:
        event.reference = person.reference
        event.device_labels.update(person.labels)
