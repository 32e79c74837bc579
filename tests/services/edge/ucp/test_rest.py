"""UCP over REST: the profile, malformed requests, and no personal data in the logs."""

import httpx
import pytest

from services.edge.app import build
from services.edge.settings import EdgeSettings
from tests.support.edge_app import listening
from tests.support.ucp import check_error, check_profile


async def test_a_lookup_without_ids_is_malformed(ucp):
    response = await ucp.post("/ucp/locations/lookup", json={"ids": []})

    assert 400 == response.status_code
    assert "$.ids" == response.json()["messages"][0]["path"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"distance": {"center": {"latitude": NaN, "longitude": 0}, "max": 1}}',
        b'{"distance": {"center": {"latitude": 91, "longitude": 0}, "max": 1}}',
        b'{"distance": {"center": {"latitude": "60", "longitude": 0}, "max": 1}}',
        b'{"distance": {"center": {"latitude": 60, "longitude": 0}, "max": -1}}',
        b'{"query": 5}',
        b'{"filters": {"amenities": ["Not A Domain"]}}',
        b'{"pagination": {"cursor": "made up"}}',
    ],
)
async def test_malformed_input_is_a_400(ucp, body):
    response = await ucp.post("/ucp/locations/search", content=body)

    assert 400 == response.status_code
    check_error(response.json())


@pytest.mark.parametrize(
    ("body", "path", "nearest"),
    [
        ({"filter": {"items": ["milk"]}}, "$.filter", "filters"),
        ({"filters": {"item": ["milk"]}}, "$.filters.item", "items"),
        ({"filters": {"hours": {"open": "x"}}}, "$.filters.hours.open", "open_at"),
        ({"serves": {"address": {"postcode": "1"}}}, "$.serves.address.postcode", "postal_code"),
        ({"distance": {"radius": 5}}, "$.distance.radius", "center, max"),
        ({"pagination": {"page_size": 5}}, "$.pagination.page_size", "cursor, limit"),
    ],
)
async def test_an_unknown_member_is_named_with_the_nearest_known_one(ucp, body, path, nearest):
    response = await ucp.post("/ucp/locations/search", json=body)

    assert 400 == response.status_code
    [message] = response.json()["messages"]
    assert path == message["path"]
    assert nearest in message["content"]


async def test_optional_members_may_be_null_and_the_protocols_own_is_let_be(ucp):
    body = {
        "query": None,
        "context": {"language": None, "mood": "good"},
        "signals": None,
        "distance": None,
        "serves": None,
        "filters": {"items": None, "hours": None, "amenities": None},
        "pagination": {"limit": 2, "cursor": None},
        "ucp": {"version": "2026-08-25"},
    }
    response = await ucp.post("/ucp/locations/search", json=body)

    assert 2 == len(response.json()["locations"])


async def test_a_bad_cursor_is_named_as_ucp_names_it(ucp):
    request = {"pagination": {"cursor": "made up"}}
    response = await ucp.post("/ucp/locations/search", json=request)

    assert "$.pagination.cursor" == response.json()["messages"][0]["path"]


async def test_the_profile_names_the_version_and_where_to_ask(ucp):
    response = await ucp.get("/.well-known/ucp")
    profile = response.json()

    check_profile(profile)
    assert "public, max-age=300" == response.headers["cache-control"]
    assert {"rest": "https://shops.example/ucp", "mcp": "https://shops.example/mcp"} == {
        binding["transport"]: binding["endpoint"]
        for binding in profile["ucp"]["services"]["dev.ucp.common"]
    }


async def test_without_a_public_url_the_profile_names_the_host_and_is_kept_by_nobody():
    app = build("127.0.0.1:1", EdgeSettings(edge_public_url=""), [])
    async with listening(app) as url, httpx.AsyncClient(base_url=url) as http:
        response = await http.get("/.well-known/ucp")

    check_profile(response.json())
    assert "no-store" == response.headers["cache-control"]
    assert f"{url}/ucp" == response.json()["ucp"]["services"]["dev.ucp.common"][0]["endpoint"]


async def test_no_coordinate_of_a_request_is_logged(ucp, capfd):
    place = {"latitude": 60.123456, "longitude": 24.654321}
    await ucp.post("/ucp/locations/search", json={"distance": {"center": place, "max": 5}})
    await ucp.post("/ucp/locations/search", json={"distance": {"center": place, "max": "far"}})

    written = "".join(capfd.readouterr())
    assert "60.12" not in written
    assert "24.65" not in written
    assert 2 == written.count("search_locations")
