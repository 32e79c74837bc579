"""UCP over REST: the profile, malformed requests, and no personal data in the logs."""

import pytest


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
async def test_malformed_input_is_a_400(ucp, validate, body):
    response = await ucp.post("/ucp/locations/search", content=body)

    assert 400 == response.status_code
    answer = response.json()
    validate("common/location_search.json#/$defs/search_response", answer)
    assert "error" == answer["ucp"]["status"]
    assert "error" == answer["messages"][0]["type"]


async def test_the_profile_names_the_version_and_where_to_ask(ucp, validate):
    profile = (await ucp.get("/.well-known/ucp")).json()
    answer = (await ucp.post("/ucp/locations/search", json={})).json()

    validate("ucp.json#/$defs/business_schema", profile["ucp"])
    assert profile["ucp"]["version"] == answer["ucp"]["version"]
    rest, mcp = profile["ucp"]["services"]["dev.ucp.common"]
    assert ("https://shops.example/ucp", "https://shops.example/mcp") == (
        rest["endpoint"],
        mcp["endpoint"],
    )


async def test_no_coordinate_of_a_request_is_logged(ucp, capfd):
    place = {"latitude": 60.123456, "longitude": 24.654321}
    await ucp.post("/ucp/locations/search", json={"distance": {"center": place, "max": 5}})
    await ucp.post("/ucp/locations/search", json={"distance": {"center": place, "max": "far"}})

    written = "".join(capfd.readouterr())
    assert "60.12" not in written
    assert "24.65" not in written
    assert 2 == written.count("search_locations")
