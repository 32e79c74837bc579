"""The schema.org data of a store, for search engines."""

from enrayon.stores.v1 import stores_pb2
from services.edge.web.structured_data import store_as_schema_org

ADDRESS = "https://shops.example/stores/osm-1"
HOURS = {"openingHoursSpecification": [{"dayOfWeek": ["Sunday"], "opens": "12:00"}]}


def test_a_bakery_has_its_type_its_place_and_its_hours():
    store = stores_pb2.Store(
        name="stores/osm-1",
        display_name="Ekberg",
        attributes=["osm.shop.bakery"],
        location={"latitude": 60.1638, "longitude": 24.9398},
        address={"address_lines": ["Bulevardi 9"], "locality": "Helsinki", "region_code": "FI"},
        phones=["+358 9 681 1860"],
        urls=["javascript:alert(1)", "https://ekberg.fi/"],
    )
    facts = store_as_schema_org(store, ADDRESS, HOURS)

    assert ("Bakery", "Ekberg", ADDRESS) == (facts["@type"], facts["name"], facts["@id"])
    assert 60.1638 == facts["geo"]["latitude"]
    assert {"@type", "streetAddress", "addressLocality", "addressCountry"} == set(facts["address"])
    assert ["https://ekberg.fi/"] == facts["sameAs"]
    assert HOURS["openingHoursSpecification"] == facts["openingHoursSpecification"]


def test_what_is_not_known_of_a_store_is_left_out():
    store = stores_pb2.Store(name="stores/osm-1", display_name="Ekberg")
    facts = store_as_schema_org(store, ADDRESS, {})

    assert {"@context", "@type", "@id", "url", "name", "address"} == set(facts)
    assert "Store" == facts["@type"]
