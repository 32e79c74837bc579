"""Tests the import of stores from JSON-LD."""

import json
from pathlib import Path
from typing import Any

import pytest

from geodata.importers import Import, ImporterError, read
from geodata.points import Point

STORE: dict[str, Any] = {
    "@context": "https://schema.org",
    "@type": "GroceryStore",
    "@id": "https://shop.example/stores/12#store",
    "branchCode": "12",
    "name": "Épicerie de la Croix-Rousse",
    "brand": {"@type": "Brand", "name": "Épicerie"},
    "url": "https://shop.example/stores/12",
    "telephone": "+33 4 78 00 00 00",
    "address": {
        "@type": "PostalAddress",
        "streetAddress": "1 Boulevard de la Croix-Rousse",
        "postalCode": "69004",
        "addressLocality": "Lyon",
        "addressRegion": "Rhône",
        "addressCountry": {"@type": "Country", "name": "France"},
    },
    "geo": {"@type": "GeoCoordinates", "latitude": 45.774, "longitude": "4.832"},
    "openingHoursSpecification": [
        {
            "@type": "OpeningHoursSpecification",
            "dayOfWeek": ["Monday", "Tuesday"],
            "opens": "08:00",
            "closes": "20:00",
        },
        {"dayOfWeek": "https://schema.org/Sunday", "opens": "00:00", "closes": "23:59"},
    ],
    "amenityFeature": [
        {"@type": "LocationFeatureSpecification", "name": "Parking", "value": True},
        {"@type": "LocationFeatureSpecification", "name": "Wifi", "value": "False"},
        {"@type": "LocationFeatureSpecification", "name": "Fresh bread", "value": True},
    ],
}


def imported(tmp_path: Path, document: object, source: str | None = "shop") -> Import:
    path = tmp_path / "stores.json"
    path.write_text(json.dumps(document))
    return read(path, source=source)


def test_a_store_of_schema_org(tmp_path: Path) -> None:
    result = imported(tmp_path, STORE)
    (store,) = result.stores
    assert "jsonld" == result.format
    assert "shop-12" == store.id
    assert ("Épicerie de la Croix-Rousse", "Épicerie") == (store.display_name, store.brand)
    assert Point(45.774, 4.832) == store.location
    assert ("1 Boulevard de la Croix-Rousse",) == store.address.lines
    assert ("FR", "69004", "Lyon", "Rhône") == (
        store.address.region_code,
        store.address.postal_code,
        store.address.locality,
        store.address.administrative_area,
    )
    assert ("+33 4 78 00 00 00",) == store.phones
    assert ("https://shop.example/stores/12",) == store.urls
    assert "Mo-Tu 08:00-20:00; Su 00:00-24:00" == store.opening_hours_expression
    assert ("dev.ucp.amenity.parking", "enrayon.service.fresh_bread") == store.attributes


@pytest.mark.parametrize(
    "document",
    [
        [STORE],
        {"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "name": "x"}, STORE]},
        {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": STORE}]},
        {"@type": "Organization", "name": "Chain", "department": [STORE]},
        {"a": {"b": [[{"c": STORE}]]}},
    ],
)
def test_a_store_is_found_wherever_it_hangs(tmp_path: Path, document: object) -> None:
    assert ["shop-12"] == [store.id for store in imported(tmp_path, document).stores]


def test_headquarters_are_no_store(tmp_path: Path) -> None:
    company = {**STORE, "@type": ["Organization"], "name": "The company"}
    result = imported(tmp_path, [company, STORE])
    assert ["Épicerie de la Croix-Rousse"] == [store.display_name for store in result.stores]


def test_a_store_with_faults_never_stops_a_good_one(tmp_path: Path) -> None:
    nameless = {key: value for key, value in STORE.items() if key not in ("name", "brand")}
    strange = {"@type": "Store", "name": ["a"], "address": 5, "geo": [7], "branchCode": {}}
    result = imported(tmp_path, [nameless, strange, STORE])
    assert ["shop-12"] == [store.id for store in result.stores]
    assert [1, 2] == [rejected.row for rejected in result.rejected]
    assert "name" == result.rejected[0].field


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not valid JSON"),
        ("[]", "the JSON has no schema.org store"),
        ('{"@type": "Person", "name": "x", "address": "y"}', "the JSON has no schema.org store"),
        ('{"a":' * 3000 + "1" + "}" * 3000, "not valid JSON"),
    ],
)
def test_a_document_without_stores_says_so(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "stores.json"
    path.write_text(content)
    with pytest.raises(ImporterError, match=message):
        read(path, source="a")


def test_a_page_does_not_say_whose_stores_it_has(tmp_path: Path) -> None:
    with pytest.raises(ImporterError, match="give a source"):
        imported(tmp_path, STORE, source=None)
