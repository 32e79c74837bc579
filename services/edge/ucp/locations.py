"""Stores as UCP locations, and their attributes as UCP amenities."""

from typing import Any

from enrayon.stores.v1 import stores_pb2

_OSM = "osm."
_OSM_DOMAIN = "org.openstreetmap."


def location(store: stores_pb2.Store, hours: dict[str, Any] | None = None) -> dict[str, Any]:
    """A `location` of types/location.json, with its hours if they are known."""
    postal = {
        "street_address": ", ".join(store.address.address_lines),
        "address_locality": store.address.locality,
        "address_region": store.address.administrative_area,
        "address_country": store.address.region_code,
        "postal_code": store.address.postal_code,
        "phone_number": store.phones[0] if store.phones else "",
    }
    result: dict[str, Any] = {
        "id": store.name.removeprefix("stores/"),
        "name": store.display_name,
        "amenities": [amenity(attribute) for attribute in store.attributes],
        "address": {key: value for key, value in postal.items() if value},
    }
    if store.HasField("location"):
        result["geo"] = {
            "latitude": store.location.latitude,
            "longitude": store.location.longitude,
        }
    if store.time_zone:
        result["timezone"] = store.time_zone
    return result | (hours or {})


def amenity(attribute: str) -> str:
    """The amenity of an attribute, a reverse domain name; UCP's own names stay the same."""
    if attribute.startswith(_OSM):
        return _OSM_DOMAIN + attribute.removeprefix(_OSM)
    return attribute


def attribute(amenity: str) -> str:
    """The attribute of an amenity."""
    if amenity.startswith(_OSM_DOMAIN):
        return _OSM + amenity.removeprefix(_OSM_DOMAIN)
    return amenity
