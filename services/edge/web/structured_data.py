"""A store as schema.org data, for search engines."""

from collections.abc import Sequence
from typing import Any

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2

TYPES = {
    "osm.shop.supermarket": "GroceryStore",
    "osm.shop.convenience": "ConvenienceStore",
    "osm.shop.bakery": "Bakery",
    "osm.shop.clothes": "ClothingStore",
    "osm.shop.shoes": "ShoeStore",
    "osm.shop.books": "BookStore",
    "osm.shop.florist": "Florist",
    "osm.shop.hairdresser": "HairSalon",
    "osm.shop.jewelry": "JewelryStore",
    "osm.shop.sports": "SportingGoodsStore",
    "osm.shop.electronics": "ElectronicsStore",
    "osm.shop.furniture": "FurnitureStore",
    "osm.amenity.pharmacy": "Pharmacy",
    "osm.amenity.restaurant": "Restaurant",
    "osm.amenity.cafe": "CafeOrCoffeeShop",
    "osm.amenity.fast_food": "FastFoodRestaurant",
    "osm.amenity.bar": "BarOrPub",
    "osm.amenity.pub": "BarOrPub",
    "osm.amenity.bank": "BankOrCreditUnion",
    "osm.amenity.fuel": "GasStation",
}


def store_as_schema_org(
    store: stores_pb2.Store,
    address: str,
    hours: dict[str, Any],
    *,
    image: str = "",
    services: Sequence[hours_pb2.InStoreService] = (),
    events: Sequence[hours_pb2.StoreEvent] = (),
) -> dict[str, Any]:
    """The store as a schema.org `Store`, or a more specific type.

    Args:
        store: The store.
        address: The URL of its page.
        hours: Its hours in schema.org's form; empty if unknown.
        image: The URL of a picture, for a store without its own.
        services: Its services and counters.
        events: Its events to come.
    """
    kinds = [TYPES[attribute] for attribute in store.attributes if attribute in TYPES]
    postal = {
        "@type": "PostalAddress",
        "streetAddress": ", ".join(store.address.address_lines),
        "addressLocality": store.address.locality,
        "addressRegion": store.address.administrative_area,
        "postalCode": store.address.postal_code,
        "addressCountry": store.address.region_code,
    }
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": kinds[0] if kinds else "Store",
        "@id": address,
        "url": address,
        "name": store.display_name,
        "address": {key: value for key, value in postal.items() if value},
    }
    if store.HasField("location"):
        data["geo"] = {
            "@type": "GeoCoordinates",
            "latitude": store.location.latitude,
            "longitude": store.location.longitude,
        }
    if store.description:
        data["description"] = store.description
    if pictures := [*store.image_urls] or [image] * bool(image):
        data["image"] = pictures
    if store.payment_methods:
        data["paymentAccepted"] = ", ".join(store.payment_methods)
    if store.brand:
        data["brand"] = {"@type": "Brand", "name": store.brand}
    if store.phones:
        data["telephone"] = store.phones[0]
    pages = [url for url in store.urls if url.startswith(("http://", "https://"))]
    if pages:
        data["sameAs"] = pages
    if services:
        data["department"] = [
            {
                "@type": "LocalBusiness",
                "name": service.display_name or service.name.split("/")[-1],
                "address": data["address"],
            }
            for service in services
        ]
    if events:
        data["event"] = [_event(event, data) for event in events]
    return data | hours


def _event(event: hours_pb2.StoreEvent, place: dict[str, Any]) -> dict[str, Any]:
    facts = {
        "@type": "Event",
        "name": event.title,
        "startDate": event.start_time.ToJsonString(),
        "endDate": event.end_time.ToJsonString(),
        "description": event.description,
        "url": event.url,
        "location": {"@type": "Place", "name": place["name"], "address": place["address"]},
    }
    return {key: value for key, value in facts.items() if value}
