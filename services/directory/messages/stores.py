"""Converts stores of `geodata` to messages of the stores contract, and back."""

from typing import Any

from enrayon.stores.v1 import stores_pb2
from enrayon.type.v1 import travel_pb2
from geodata.points import Point
from geodata.stores import Address, ServiceArea, Store, StoreStatus, TravelArea
from services.directory.closing import date_of
from services.directory.journeys import MODES, duration_of, seconds_of
from services.directory.keys import store_id, store_name

ADDRESS_TEXTS = (
    "region_code",
    "postal_code",
    "administrative_area",
    "locality",
    "sublocality",
    "sorting_code",
    "organization",
    "language_code",
)
"""The texts of an address that have the same name in both."""

STATUSES = {
    StoreStatus.OPEN: stores_pb2.STORE_STATUS_OPEN,
    StoreStatus.FUTURE_OPENING: stores_pb2.STORE_STATUS_FUTURE_OPENING,
    StoreStatus.TEMPORARILY_CLOSED: stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED,
    StoreStatus.CLOSED_FOR_GOOD: stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD,
    StoreStatus.MOVED: stores_pb2.STORE_STATUS_MOVED,
}
MODE_OF = {mode: value for value, mode in MODES.items()}
STATUS_OF = {value: status for status, value in STATUSES.items()}


def store_message(store: Store) -> stores_pb2.Store:
    """The message of a store that an importer has read."""
    message = stores_pb2.Store(
        name=store_name(store.id),
        display_name=store.display_name,
        brand=store.brand,
        phones=store.phones,
        urls=store.urls,
        status=STATUSES[store.status],
        moved_to=store.moved_to,
        attributes=store.attributes,
        external_ids=store.external_ids,
        time_zone=store.time_zone,
        opening_hours_text=store.opening_hours,
        opening_hours_expression=store.opening_hours_expression,
        private=store.private,
        localized_names=store.localized_names,
        description=store.description,
        localized_descriptions=store.localized_descriptions,
        image_urls=store.images,
        payment_methods=store.payment_methods,
    )
    for field, position in (("location", store.location), ("entrance", store.entrance)):
        if position is not None:
            target = getattr(message, field)
            target.latitude, target.longitude = position.latitude, position.longitude
    _write_address(message.address, store.address)
    if not message.address.ByteSize():
        message.ClearField("address")
    for field, day in (("opening_date", store.opening_date), ("closing_date", store.closing_date)):
        if day is not None:
            date = getattr(message, field)
            date.year, date.month, date.day = day.year, day.month, day.day
    area = store.service_area
    message.service_area.postal_codes.extend(area.postal_codes)
    if area.radius_m is not None:
        message.service_area.radius_m = area.radius_m
    for polygon in area.polygons:
        target = message.service_area.polygons.add()
        for ring in polygon:
            corners = [{"latitude": p.latitude, "longitude": p.longitude} for p in ring]
            target.rings.add(points=corners)
    if travel := area.travel_area:
        message.service_area.travel_area.mode = MODE_OF[travel.mode]
        limit = duration_of(travel.max_travel_time_s)
        message.service_area.travel_area.max_travel_time.CopyFrom(limit)
    if not message.service_area.ByteSize():
        message.ClearField("service_area")
    return message


def store_of(message: stores_pb2.Store) -> Store:
    """The store of a message, without what the server sets."""
    area, address = message.service_area, message.address
    return Store(
        id=store_id(message.name),
        display_name=message.display_name,
        brand=message.brand,
        location=_point(message.location) if message.HasField("location") else None,
        entrance=_point(message.entrance) if message.HasField("entrance") else None,
        address=Address(
            **{name: getattr(address, name) for name in ADDRESS_TEXTS},
            lines=tuple(address.address_lines),
            recipients=tuple(address.recipients),
        ),
        phones=tuple(message.phones),
        urls=tuple(message.urls),
        status=STATUS_OF.get(message.status, StoreStatus.OPEN),
        opening_date=date_of(message.opening_date),
        closing_date=date_of(message.closing_date),
        moved_to=message.moved_to,
        attributes=tuple(message.attributes),
        service_area=ServiceArea(
            postal_codes=tuple(area.postal_codes),
            radius_m=area.radius_m if area.HasField("radius_m") else None,
            polygons=tuple(
                tuple(tuple(map(_point, ring.points)) for ring in polygon.rings)
                for polygon in area.polygons
            ),
            travel_area=_travel_of(area.travel_area) if area.HasField("travel_area") else None,
        ),
        external_ids=dict(message.external_ids),
        time_zone=message.time_zone,
        opening_hours=message.opening_hours_text,
        opening_hours_expression=message.opening_hours_expression,
        localized_names=dict(message.localized_names),
        description=message.description,
        localized_descriptions=dict(message.localized_descriptions),
        images=tuple(message.image_urls),
        payment_methods=tuple(message.payment_methods),
        private=message.private,
    )


def _write_address(target: Any, address: Address) -> None:
    for name in ADDRESS_TEXTS:
        setattr(target, name, getattr(address, name))
    target.address_lines.extend(address.lines)
    target.recipients.extend(address.recipients)


def _travel_of(area: travel_pb2.TravelArea) -> TravelArea:
    limit_s = seconds_of(area.max_travel_time)
    return TravelArea(mode=MODES[area.mode], max_travel_time_s=limit_s)


def _point(position: Any) -> Point:
    return Point(position.latitude, position.longitude)
