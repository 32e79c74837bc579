"""A hundred and fifty made-up shops of three cities, random UCP requests, and the plain truth.

The truth looks at every shop, with no code of the services: geodesics are pyproj's, hours are one
weekly rule, words begin words.
"""

import datetime as dt
import random
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from pyproj import Geod

from enrayon.stores.v1 import stores_pb2

GEOD = Geod(ellps="WGS84")
CITIES = (
    # city, country, region, zone, latitude, longitude, first digits of postcodes
    ("Helsinki", "FI", "Uusimaa", "Europe/Helsinki", 60.17, 24.94, "001"),
    ("Tallinn", "EE", "Harju", "Europe/Tallinn", 59.43, 24.75, "101"),
    ("Paris", "FR", "Île-de-France", "Europe/Paris", 48.86, 2.35, "750"),
)
BRANDS = ("Alepa", "Kesko", "Sokos", "Ärrä")
DISTRICTS = ("Kamppi", "Töölö", "Pasila", "Marais")
ITEMS = ("milk", "bread", "shears")
AMENITIES = {
    "dev.ucp.amenity.parking": "dev.ucp.amenity.parking",
    "dev.ucp.amenity.wi_fi": "dev.ucp.amenity.wi_fi",
    "osm.wheelchair": "org.openstreetmap.wheelchair",
    "osm.payment.cards": "org.openstreetmap.payment.cards",
}
"""Attribute -> amenity."""
DAY = "Mo-Su 09:00-18:00; PH off"
HOLIDAY_FREE = dt.date(2027, 2, 1)
"""A Monday, three weeks before and after which none of the countries has a public holiday."""


@dataclass
class Shop:
    """A shop with what decides whether it matches."""

    store: stores_pb2.Store
    zone: str
    on_hand: dict[str, int] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.store.name.removeprefix("stores/")

    @property
    def words(self) -> list[str]:
        store = self.store
        texts = [store.display_name, store.brand, store.address.locality]
        texts += store.address.address_lines
        return [word for text in texts for word in plain(text).split()]

    @property
    def amenities(self) -> set[str]:
        return {AMENITIES[attribute] for attribute in self.store.attributes}


def plain(text: str) -> str:
    """A text without case and accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def shops(rng: random.Random, count: int = 150) -> list[Shop]:
    """Shops: most of them open to buyers, some private, closed, or without a position."""
    return [shop(rng, number) for number in range(count)]


def shop(rng: random.Random, number: int) -> Shop:
    city, country, region, zone, latitude, longitude, digits = rng.choice(CITIES)
    brand, district = rng.choice(BRANDS), rng.choice(DISTRICTS)
    store = stores_pb2.Store(
        name=f"stores/s-{number:03}",
        display_name=f"{brand} {district}",
        brand=brand,
        time_zone=zone,
        attributes=rng.sample(sorted(AMENITIES), rng.randint(0, 4)),
        opening_hours_text=rng.choice([DAY, DAY, "24/7", ""]),
        phones=["+358 9 1211"] if rng.random() < 0.5 else [],
        address={
            "region_code": country,
            "administrative_area": region,
            "locality": city,
            "postal_code": f"{digits}{rng.randint(10, 12)}",
            "address_lines": ["Main street", "2nd floor"][: rng.randint(0, 2)],
        },
    )
    if rng.random() < 0.9:
        store.location.latitude = latitude + rng.uniform(-0.1, 0.1)
        store.location.longitude = longitude + rng.uniform(-0.2, 0.2)
    if rng.random() < 0.5:
        store.service_area.postal_codes.append(f"{digits}{rng.randint(10, 12)}")
        store.service_area.radius_m = rng.choice([2000, 8000])
    if rng.random() < 0.1:
        store.private = True
    if rng.random() < 0.1:
        store.status = rng.choice(stores_pb2.StoreStatus.values()[1:])
    return Shop(store, zone, {item: rng.choice([0, 0, 1, 4]) for item in ITEMS})


def predicates(rng: random.Random) -> dict[str, Any]:
    """Random predicates of a search or a lookup."""
    _, country, region, *_, digits = rng.choice(CITIES)
    asked: dict[str, Any] = {}
    filters: dict[str, Any] = {}
    if rng.random() < 0.4:
        asked["distance"] = {"center": point(rng), "max": rng.choice([3000, 15_000, 500_000])}
    if rng.random() < 0.15:
        asked["serves"] = {"point": point(rng)}
    elif rng.random() < 0.15:
        address = {"postal_code": f"{digits}{rng.randint(10, 12)}"}
        if rng.random() < 0.5:
            address["address_country"] = rng.choice([country, "FI"])
        if rng.random() < 0.5:
            address["address_region"] = rng.choice([region, plain(region), "Uusimaa"])
        asked["serves"] = {"address": address}
    if rng.random() < 0.3:
        named = [f"products/{item}" if rng.random() < 0.3 else item for item in ITEMS]
        filters["items"] = rng.sample(named, rng.randint(1, 2))
    if rng.random() < 0.2:
        filters["amenities"] = rng.sample(sorted(AMENITIES.values()), rng.randint(1, 2))
    if rng.random() < 0.2:
        at = dt.datetime.combine(HOLIDAY_FREE, dt.time(tzinfo=dt.UTC))
        at += dt.timedelta(minutes=rng.randint(0, 7 * 24 * 60))
        offset = dt.timezone(dt.timedelta(hours=rng.choice([0, 2, -8])))
        filters["hours"] = {"open_at": at.astimezone(offset).isoformat()}
    if rng.random() < 0.3:
        asked["context"] = {"language": rng.choice(["fr-CA", "fi", "de", "en", "ja"])}
    return asked | ({"filters": filters} if filters else {})


def point(rng: random.Random) -> dict[str, float]:
    """A random point in or around one of the cities."""
    *_, latitude, longitude, _ = rng.choice(CITIES)
    return {
        "latitude": latitude + rng.uniform(-0.1, 0.1),
        "longitude": longitude + rng.uniform(-0.2, 0.2),
    }


def query(rng: random.Random) -> dict[str, str]:
    """A random query, or none."""
    word = rng.choice([plain(rng.choice(BRANDS))[:3], rng.choice(DISTRICTS), "helsinki", "par"])
    both = f"{rng.choice(BRANDS)[:2]} {rng.choice(DISTRICTS)[:4].upper()}"
    return {"query": rng.choice([word, word, both])} if rng.random() < 0.5 else {}


def matching(all_shops: Iterable[Shop], asked: dict[str, Any]) -> set[str]:
    """The ids of the shops that match, by looking at each."""
    return {each.id for each in all_shops if is_match(each, asked)}


def is_match(each: Shop, asked: dict[str, Any]) -> bool:
    """True if a shop is open to buyers and meets every predicate."""
    store, filters = each.store, asked.get("filters", {})
    if store.private or store.status not in (0, stores_pb2.STORE_STATUS_OPEN):
        return False
    words = plain(asked.get("query", "")).split()
    if not all(any(known.startswith(word) for known in each.words) for word in words):
        return False
    if "distance" in asked:
        distance = asked["distance"]
        if not is_within(store, distance["center"], distance["max"]):
            return False
    if "serves" in asked and not is_served(store, asked["serves"]):
        return False
    if "hours" in filters and not is_open(each, filters["hours"]["open_at"]):
        return False
    items = [item.removeprefix("products/") for item in filters.get("items", [])]
    return each.amenities.issuperset(filters.get("amenities", [])) and all(
        each.on_hand[item] > 0 for item in items
    )


def is_within(store: stores_pb2.Store, point: dict[str, float], radius_m: float) -> bool:
    """True if a shop has a position within a distance of a point."""
    return store.HasField("location") and metres(store, point) <= radius_m


def metres(store: stores_pb2.Store, point: dict[str, float]) -> float:
    """The geodesic from a point to a shop."""
    there = store.location
    *_, distance = GEOD.inv(point["longitude"], point["latitude"], there.longitude, there.latitude)
    return float(distance)


def is_served(store: stores_pb2.Store, serves: dict[str, Any]) -> bool:
    """True if a shop serves a target."""
    area = store.service_area
    if "point" in serves:
        return area.HasField("radius_m") and is_within(store, serves["point"], area.radius_m)
    address = serves["address"]
    return (
        address["postal_code"] in area.postal_codes
        and address.get("address_country", store.address.region_code) == store.address.region_code
        and plain(address.get("address_region", store.address.administrative_area))
        == plain(store.address.administrative_area)
    )


def is_open(each: Shop, open_at: str) -> bool:
    """True if a shop is known to be open at an instant of a day that is no holiday."""
    local = dt.datetime.fromisoformat(open_at).astimezone(ZoneInfo(each.zone))
    hours = each.store.opening_hours_text
    return hours == "24/7" or (hours == DAY and 9 <= local.hour < 18)
