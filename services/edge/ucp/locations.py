"""Stores as UCP locations."""

from typing import Any

from enrayon.stores.v1 import stores_pb2
from services.edge.ucp.amenities import amenity, description

DESTINATION = "business_location"
"""The type of a destination that is a location."""


def summary(store: stores_pb2.Store) -> dict[str, Any]:
    """A `location_summary`: the id, the name and the address of a store."""
    address = store.address
    street, *rest = address.address_lines or [""]
    postal = {
        "street_address": street,
        "extended_address": ", ".join(rest),
        "address_locality": address.locality,
        "address_region": address.administrative_area,
        "address_country": address.region_code,
        "postal_code": address.postal_code,
        "phone_number": store.phones[0] if store.phones else "",
    }
    id = store.name.removeprefix("stores/")
    result: dict[str, Any] = {"id": id, "name": store.display_name or id}
    if known := {key: value for key, value in postal.items() if value}:
        result["address"] = known
    return result


def location(
    store: stores_pb2.Store, hours: dict[str, Any] | None = None, language: str = "en"
) -> dict[str, Any]:
    """A `location`, with its hours if they are known, and amenities described in a language."""
    result = summary(store)
    if store.HasField("location"):
        result["geo"] = {
            "latitude": store.location.latitude,
            "longitude": store.location.longitude,
        }
    amenities = {
        name: {"description": description(attribute, language)}
        for attribute in store.attributes
        if (name := amenity(attribute))
    }
    if amenities:
        result["amenities"] = amenities
    if store.time_zone:
        result["timezone"] = store.time_zone
    return result | (hours or {})


def destination(store: stores_pb2.Store) -> dict[str, Any]:
    """A destination of fulfilment: the summary of a location."""
    return {"type": DESTINATION, **summary(store)}
