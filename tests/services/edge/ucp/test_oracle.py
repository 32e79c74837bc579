"""The oracle of UCP refuses planted faults, so that a test that it passes says something."""

import copy
import re
from typing import Any

import pytest
from pydantic import ValidationError

from services.edge.ucp.profile import profile
from tests.support import ucp

BASE = "https://shops.example"
LOCATION = {
    "id": "t-forum",
    "name": "Forum",
    "amenities": {"dev.ucp.amenity.parking": {"description": "Parking"}},
    "timezone": "Europe/Helsinki",
    "hours": [{"day": "monday", "opens": "09:00", "closes": "21:00"}],
}
ANSWER = {
    "ucp": {
        "version": ucp.VERSION,
        "status": "success",
        "capabilities": {"dev.ucp.common.location.search": [{"version": ucp.VERSION}]},
    },
    "locations": [LOCATION],
    "pagination": {"has_next_page": False},
}
REFUSED = (AssertionError, KeyError, TypeError, ValidationError)


def changed(value: dict[str, Any], *path: Any, to: Any) -> dict[str, Any]:
    """The value with one member set."""
    result = copy.deepcopy(value)
    owner: Any = result
    for step in path[:-1]:
        owner = owner[step]
    owner[path[-1]] = to
    return result


def test_it_takes_an_answer_and_a_profile_without_fault():
    ucp.check_answer("search", ANSWER)
    ucp.check_profile(profile(BASE))


@pytest.mark.parametrize(
    "fault",
    [
        changed(ANSWER, "locations", 0, "amenities", to=["dev.ucp.amenity.parking"]),
        changed(ANSWER, "locations", 0, "amenities", "dev.ucp.amenity.parking", to={}),
        changed(ANSWER, "locations", 0, "amenities", "Parking", to={"description": "Parking"}),
        changed(ANSWER, "locations", 0, "phone", to="+358 9 1211"),
        changed(ANSWER, "locations", 0, "hours", 0, "comment", to="by appointment"),
        changed(ANSWER, "locations", 0, "hours", 0, "closes", to="24:00"),
        changed(ANSWER, "locations", 0, "hours", 0, "closes", to="09:00"),
        changed(ANSWER, "locations", 0, "hours", 0, to={"day": "monday"}),
        changed(ANSWER, "locations", 0, "timezone", to=None),
        changed(ANSWER, "ucp", "version", to="2026-08-21"),
        changed(ANSWER, "ucp", "draft", to=True),
        changed(ANSWER, "pagination", "has_next_page", to=True),
        changed(ANSWER, "as_of", to="2026-11-23T12:00:00Z"),
    ],
)
def test_it_refuses_an_answer_with_a_fault(fault):
    with pytest.raises(REFUSED):
        ucp.check_answer("search", fault)


OLD_PROFILE = {
    "ucp": {
        "version": "2026-08-21",
        "services": {
            "dev.ucp.common": [
                {"version": "2026-08-21", "transport": "rest", "endpoint": f"{BASE}/ucp"},
                {"version": "2026-08-21", "transport": "mcp", "endpoint": f"{BASE}/mcp"},
            ]
        },
        "capabilities": {
            f"dev.ucp.common.location.{operation}": [
                {
                    "version": "2026-08-21",
                    "spec": f"https://ucp.dev/specification/location#{operation}",
                    "schema": f"https://ucp.dev/schemas/common/location_{operation}.json",
                }
            ]
            for operation in ("search", "lookup")
        },
        "payment_handlers": {},
    }
}


@pytest.mark.parametrize(
    "fault",
    [
        OLD_PROFILE,
        changed(profile(BASE), "ucp", "version", to="2026-08-21"),
        changed(profile(BASE), "ucp", "services", "dev.ucp.common", 0, "version", to="2026-08-21"),
        changed(profile(BASE), "ucp", "services", "dev.ucp.common", 0, "endpoint", to="/ucp"),
        changed(profile(BASE), "ucp", "payment_handlers", to=None),
        changed(profile(BASE), "ucp", "capabilities", "dev.ucp.shopping.fulfillment", to=[]),
        changed(profile(BASE), "ucp", "cards", to=[]),
        profile(""),
    ],
)
def test_it_refuses_a_profile_with_a_fault(fault):
    with pytest.raises(REFUSED):
        ucp.check_profile(fault)


@pytest.mark.parametrize(
    "request_",
    [
        {"filters": {"items": [{"id": "milk"}]}},
        {"filters": {"items": ["milk", "milk"]}},
        {"filters": {"items": []}},
        {"filters": {"inventory": ["milk"]}},
        {"filters": {"hours": {"open_at": "2026-11-23T12:00:00"}}},
        {"mood": "good"},
    ],
)
def test_it_refuses_a_request_with_a_fault(request_):
    with pytest.raises(REFUSED):
        ucp.check_request("search", request_)


@pytest.mark.skipif(not ucp.RULES.is_file(), reason="needs the rules in ../shared/ucp")
def test_its_version_and_urls_are_those_of_the_rules():
    rules = ucp.RULES.read_text()
    urls = set(re.findall(r'"(https://ucp\.dev/[^"]+)"', rules))

    assert f"version {ucp.VERSION}" in rules
    assert len(urls) == 6
    assert urls <= set(ucp.URLS.values())
