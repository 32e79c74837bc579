"""Converts stores of `geodata` to messages of the stores contract."""

from enrayon.stores.v1 import stores_pb2
from geodata.stores import Store, StoreStatus
from services.directory.keys import store_name

STATUSES = {
    StoreStatus.OPEN: stores_pb2.STORE_STATUS_OPEN,
    StoreStatus.FUTURE_OPENING: stores_pb2.STORE_STATUS_FUTURE_OPENING,
    StoreStatus.TEMPORARILY_CLOSED: stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED,
    StoreStatus.CLOSED_FOR_GOOD: stores_pb2.STORE_STATUS_CLOSED_FOR_GOOD,
    StoreStatus.MOVED: stores_pb2.STORE_STATUS_MOVED,
}


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
    address = store.address
    message.address.region_code = address.region_code
    message.address.postal_code = address.postal_code
    message.address.administrative_area = address.administrative_area
    message.address.locality = address.locality
    message.address.address_lines.extend(address.lines)
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
    if not message.service_area.ByteSize():
        message.ClearField("service_area")
    return message
