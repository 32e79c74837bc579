"""Each rule of the Location capability, on real shops of Helsinki and elsewhere."""

from typing import Any

import pytest
from pyproj import Geod

from services.edge.ucp.amenities import amenity, description
from tests.support.stores import ROWS

STOCKMANN = {"latitude": 60.1687, "longitude": 24.9418}
FORUM = {"latitude": 60.1694, "longitude": 24.9380}
MONDAY_NOON = "2026-11-23T12:00:00+02:00"
EPIPHANY_NOON = "2027-01-06T12:00:00+02:00"  # a public holiday in Finland


def ids(answer: dict[str, Any]) -> set[str]:
    return {location["id"] for location in answer["locations"]}


def message_codes(answer: dict[str, Any]) -> list[str]:
    return [message["code"] for message in answer.get("messages", [])]


async def test_a_search_for_everything_has_what_buyers_can_enter(ask):
    answer = await ask("search", {"pagination": {"limit": 50}})

    # Not Sello (closed for good), Itis (private) or Sokos (opens one day).
    assert {row[0] for row in ROWS} - {"t-sello", "t-itis", "t-sokos"} == ids(answer)
    assert {"has_next_page": False, "total_count": len(ROWS) - 3} == answer["pagination"]


async def test_no_match_is_an_empty_answer_without_a_message(ask):
    answer = await ask(
        "search", {"distance": {"center": {"latitude": 0, "longitude": 0}, "max": 5}}
    )

    assert [] == answer["locations"]
    assert "messages" not in answer


async def test_a_distance_is_the_unrounded_geodesic_and_inclusive(ask):
    *_, metres = Geod(ellps="WGS84").inv(
        FORUM["longitude"], FORUM["latitude"], STOCKMANN["longitude"], STOCKMANN["latitude"]
    )
    within = await ask("search", {"distance": {"center": FORUM, "max": metres}})
    short = await ask("search", {"distance": {"center": FORUM, "max": metres - 1e-6}})

    assert {"t-forum", "t-stockmann"} == ids(within)
    assert {"t-forum"} == ids(short)


async def test_a_radius_beyond_what_is_searched_is_refused_and_not_clamped(ucp):
    request = {"distance": {"center": FORUM, "max": 20_000_000}}
    response = await ucp.post("/ucp/locations/search", json=request)

    assert 400 == response.status_code
    assert "radius" in response.json()["messages"][0]["content"]


@pytest.mark.parametrize("distance", [{"center": FORUM}, {"max": 10}, {}])
async def test_a_distance_needs_both_operands(ucp, distance):
    response = await ucp.post("/ucp/locations/search", json={"distance": distance})

    assert 400 == response.status_code
    assert response.json()["messages"][0]["path"].startswith("$.distance.")


async def test_context_and_signals_are_no_operands(ask):
    plain = await ask("search", {"query": "stockmann"})
    hinted = await ask(
        "search",
        {
            "query": "stockmann",
            "context": {"address_country": "FR", "postal_code": "75009", "location": "t-lafayette"},
            "signals": {"dev.ucp.buyer_ip": "192.0.2.1"},
        },
    )

    assert {"t-stockmann", "t-turku"} == ids(plain) == ids(hinted)


async def test_serves_a_point_means_its_service_area_and_not_its_distance(ask):
    inside = await ask("search", {"serves": {"point": FORUM}})
    outside = await ask("search", {"serves": {"point": {"latitude": 60.45, "longitude": 22.26}}})

    assert {"t-stockmann"} == ids(inside)
    assert set() == ids(outside)


async def test_serves_an_address_by_its_postal_code(ask):
    served = {"serves": {"address": {"postal_code": "00100", "address_country": "FI"}}}
    elsewhere = {"serves": {"address": {"postal_code": "00100", "address_country": "SE"}}}

    assert {"t-stockmann"} == ids(await ask("search", served))
    assert set() == ids(await ask("search", elsewhere))


@pytest.mark.parametrize(
    "serves",
    [
        {},
        {"point": FORUM, "address": {"postal_code": "00100"}},
        {"com.example.zone": {"id": 7}},
        {"address": {"address_country": "FI"}},
        {"address": {"address_region": "Uusimaa"}},
        {"address": {"postal_code": "00100", "address_country": "Finland"}},
        {"address": {}},
        {"point": None},
    ],
)
async def test_a_target_that_cannot_be_evaluated_is_an_error(ucp, serves):
    response = await ucp.post("/ucp/locations/search", json={"serves": serves})

    assert 400 == response.status_code
    assert "error" == response.json()["ucp"]["status"]


async def test_open_at_is_an_instant_in_the_time_zone_of_each_location(ask):
    def at(instant: str) -> dict[str, Any]:
        return {"filters": {"hours": {"open_at": instant}}}

    # The same instant, however it is written; Turku's hours end at 18:00 in Turku.
    assert {"t-stockmann", "t-forum", "t-turku"} == ids(await ask("search", at(MONDAY_NOON)))
    assert {"t-stockmann", "t-forum", "t-turku"} == ids(
        await ask("search", at("2026-11-23T02:00:00-08:00"))
    )
    assert {"t-stockmann", "t-forum"} == ids(await ask("search", at("2026-11-23T16:00:00z")))
    assert {"t-forum", "t-turku"} == ids(await ask("search", at(EPIPHANY_NOON)))


async def test_unknown_hours_do_not_match(ask):
    answer = await ask("search", {"filters": {"hours": {"open_at": MONDAY_NOON}}})

    assert "t-lafayette" not in ids(answer)


@pytest.mark.parametrize(
    "instant", ["2026-11-23T12:00:00", "2026-11-23", "noon", "2026-13-01T00:00:00Z", 5]
)
async def test_open_at_without_an_offset_is_malformed(ucp, instant):
    request = {"filters": {"hours": {"open_at": instant}}}
    response = await ucp.post("/ucp/locations/search", json=request)

    assert 400 == response.status_code
    assert "$.filters.hours.open_at" == response.json()["messages"][0]["path"]


async def test_amenities_must_all_be_there(ask):
    parking = {"filters": {"amenities": ["dev.ucp.amenity.parking"]}}
    step_free = ["dev.ucp.amenity.parking", "org.openstreetmap.wheelchair"]

    assert "t-stockmann" in ids(await ask("search", parking))
    both = await ask("search", {"filters": {"amenities": step_free}})
    assert {"t-stockmann"} == ids(both)
    assert set(step_free) == set(both["locations"][0]["amenities"])


async def test_a_location_has_its_address_place_zone_and_hours(ask):
    [stockmann] = (await ask("lookup", {"ids": ["t-stockmann"]}))["locations"]

    assert STOCKMANN == stockmann["geo"]
    assert "Stockmann" == stockmann["name"]
    assert "Helsinki" == stockmann["address"]["address_locality"]
    assert "Europe/Helsinki" == stockmann["timezone"]
    assert {"day": "sunday", "opens": "11:00", "closes": "18:00"} in stockmann["hours"]


async def test_hours_that_are_not_known_are_left_out(ask):
    [lafayette] = (await ask("lookup", {"ids": ["t-lafayette"]}))["locations"]

    assert "hours" not in lafayette


async def test_a_query_goes_together_with_a_distance(ask):
    near = {"query": "stockmann", "distance": {"center": FORUM, "max": 10_000}}

    assert {"t-stockmann"} == ids(await ask("search", near))


async def test_pages_follow_an_opaque_cursor(ask):
    seen: list[str] = []
    pagination: dict[str, Any] = {"limit": 4}
    while True:
        answer = await ask("search", {"pagination": pagination})
        seen += [location["id"] for location in answer["locations"]]
        if not answer["pagination"]["has_next_page"]:
            break
        pagination = {"limit": 4, "cursor": answer["pagination"]["cursor"]}

    assert len(ROWS) - 3 == len(seen) == len(set(seen))


async def test_ten_is_the_default_and_a_large_limit_is_not_refused(ask, ucp):
    assert 10 == len((await ask("search", {}))["locations"])
    assert 10 == len((await ask("search", {"pagination": {"limit": 100_000}}))["locations"])
    response = await ucp.post("/ucp/locations/search", json={"pagination": {"limit": 0}})
    assert 400 == response.status_code


async def test_a_cursor_of_another_search_is_refused(ask, ucp):
    cursor = (await ask("search", {"pagination": {"limit": 2}}))["pagination"]["cursor"]
    request = {"query": "stockmann", "pagination": {"cursor": cursor}}
    response = await ucp.post("/ucp/locations/search", json=request)

    assert 400 == response.status_code


async def test_a_lookup_says_which_ids_led_to_each_location(ask):
    asked = ["t-forum", "stores/t-stockmann", "t-forum", "t-stockmann", "none", "../etc", "t-itis"]
    answer = await ask("lookup", {"ids": asked})

    assert ["t-forum", "t-stockmann"] == [location["id"] for location in answer["locations"]]
    assert [
        [{"id": "t-forum"}],
        [{"id": "stores/t-stockmann"}, {"id": "t-stockmann"}],
    ] == [location["inputs"] for location in answer["locations"]]


async def test_a_lookup_is_narrowed_by_the_same_predicates(ask):
    request = {"ids": ["t-forum", "t-turku"], "distance": {"center": FORUM, "max": 1000}}

    assert {"t-forum"} == ids(await ask("lookup", request))


async def test_ids_beyond_the_cap_are_ignored_and_counted(ask):
    asked = [f"none-{number}" for number in range(100)] + ["t-forum", "t-turku"]
    answer = await ask("lookup", {"ids": asked})

    assert [] == answer["locations"]
    assert ["batch_limit_applied"] == message_codes(answer)
    assert "100" in answer["messages"][0]["content"]
    assert "2 were ignored" in answer["messages"][0]["content"]


PARKING = "dev.ucp.amenity.parking"


@pytest.mark.parametrize(
    ("language", "accept", "said"),
    [
        ("fr", None, "Parking"),
        ("fi-FI", "fr", "Pysäköinti"),
        ("de-CH", None, "Parkplätze"),
        (None, "fi;q=0.5, de-AT", "Parkplätze"),
        (None, "ja, fi;q=0.1", "Pysäköinti"),
        (None, "fi;q=0, *", "Parking"),
        ("ja", "fi", "Parking"),  # the language of the context overrides the header
        ("not a tag", None, "Parking"),
        (None, None, "Parking"),
    ],
)
async def test_amenities_are_described_in_the_language_of_the_context(ask, language, accept, said):
    asked = {"ids": ["t-stockmann"], "context": {"language": language} if language else {}}
    answer = await ask("lookup", asked, {"accept-language": accept} if accept else None)

    [stockmann] = answer["locations"]
    assert {"description": said} == stockmann["amenities"][PARKING]


@pytest.mark.parametrize(
    ("attribute", "language", "said"),
    [
        ("osm.wheelchair", "fr", "Accès sans marche"),
        ("osm.diet.vegan", "fr", "Diet: vegan"),
        ("osm.shop.toys", "en", "Toys"),
        ("osm.amenity.theatre", "en", "Theatre"),
        ("osm.bar", "de", "Bar"),
        ("enrayon.service.manual_car_wash", "en", "Manual car wash"),
        ("com.example.amenity.lockers", "en", "Lockers"),
    ],
)
def test_an_amenity_without_words_of_ours_is_described_by_its_name(attribute, language, said):
    assert said == description(attribute, language)


@pytest.mark.parametrize(
    ("attribute", "amenity_"),
    [
        ("osm.wheelchair", "org.openstreetmap.wheelchair"),
        ("enrayon.service.mobile", "enrayon.service.mobile"),
        ("org.openstreetmap.wheelchair", None),
        ("wheelchair", None),
        ("Bad.Name", None),
    ],
)
def test_an_attribute_that_is_no_reverse_domain_name_is_no_amenity(attribute, amenity_):
    assert amenity_ == amenity(attribute)


@pytest.mark.parametrize("id", ["osm.wheelchair", "dev.ucp.amenity", "dev.ucp.amenity.parking.x"])
async def test_an_amenity_matches_by_its_whole_key_alone(ask, id):
    assert set() == ids(await ask("search", {"filters": {"amenities": [id]}}))


@pytest.mark.parametrize(
    ("region", "found"),
    [("Uusimaa", {"t-stockmann"}), ("UUSIMAA", {"t-stockmann"}), ("Häme", set())],
)
async def test_all_parts_of_an_address_must_hold(ask, region, found):
    address = {"postal_code": "00100", "address_country": "FI", "address_region": region}

    assert found == ids(await ask("search", {"serves": {"address": address}}))


async def test_the_home_store_of_the_context_comes_first_and_widens_nothing(ask):
    for location in ("t-turku", "stores/t-turku"):
        answer = await ask("search", {"query": "stockmann", "context": {"location": location}})
        assert ["t-turku", "t-stockmann"] == [each["id"] for each in answer["locations"]]
    for location in ("t-itis", "t-forum", "t-none", "../etc"):
        answer = await ask("search", {"query": "stockmann", "context": {"location": location}})
        assert {"t-turku", "t-stockmann"} == ids(answer)


async def test_a_distance_does_not_order(ask):
    """A home store comes first, though another is nearer."""
    near = {"distance": {"center": FORUM, "max": 5000}}
    answer = await ask("search", {**near, "context": {"location": "t-stockmann"}})

    assert "t-stockmann" == answer["locations"][0]["id"]
    assert {"t-stockmann", "t-forum"} == ids(answer)


@pytest.mark.parametrize("operation", ["search", "lookup"])
async def test_locations_that_are_not_open_to_buyers_are_never_returned(ask, operation):
    hidden = ["t-sello", "t-itis", "t-sokos"]  # closed for good, private, opens one day
    asked: dict[str, Any] = {"ids": hidden}
    if operation == "search":
        asked = {"context": {"location": "t-itis"}, "pagination": {"limit": 50}}
    answer = await ask(operation, asked)

    assert ids(answer).isdisjoint(hidden)
