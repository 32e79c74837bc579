"""Random searches and lookups of many shops find the plain truth, in answers of the schema."""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from mcp import Client as Agent

from services.edge.ucp.capability import MAX_IDS
from tests.support import ucp_shops
from tests.support.ucp import check_answer

COUNTS = [60, pytest.param(300, marks=pytest.mark.soak)]
WITH_LOCATIONS = 2 / 3
"""Share of the answers that have locations, at least."""
TIMES = 1 / 15
"""Times that each optional member occurs, at least, for each request of an operation."""
OF_A_LOCATION = {
    "address",
    "address.street_address",
    "address.extended_address",
    "address.address_locality",
    "address.address_region",
    "address.address_country",
    "address.postal_code",
    "address.phone_number",
    "geo",
    "timezone",
    "amenities",
    "hours",
    "exception_hours",
    "exception_hours.title",
}
OPTIONAL = {
    "search": OF_A_LOCATION | {"pagination", "pagination.cursor", "pagination.total_count"},
    "lookup": OF_A_LOCATION | {"messages", "messages.code", "messages.path"},
}


def members(value: Any, path: str = "") -> Iterator[str]:
    """Yields the paths of all members of a value; those of lists without their positions."""
    if isinstance(value, dict):
        for name, part in value.items():
            here = f"{path}.{name}" if path else name
            yield here
            yield from members(part, here)
    elif isinstance(value, list):
        for part in value:
            yield from members(part, path)


def seen_in(answer: dict[str, Any]) -> Iterator[str]:
    yield from members({name: answer[name] for name in answer if name != "locations"})
    for location in answer["locations"]:
        yield from members(location)


@pytest.mark.parametrize("count", COUNTS)
async def test_random_searches_are_equal_to_brute_force(town, count):
    rng, seen, with_locations = random.Random(21), Counter[str](), 0
    for _ in range(count):
        asked = ucp_shops.predicates(rng) | ucp_shops.query(rng)
        if rng.random() < 0.3:
            asked.setdefault("context", {})["location"] = rng.choice(town.shops).id
        truth = ucp_shops.matching(town.shops, asked)
        limit = max(rng.randint(1, 50), len(truth) // 6)
        found: list[str] = []
        page: dict[str, Any] = {"limit": limit}
        while True:
            answer = await town.ask("search", {**asked, "pagination": page})
            found += [location["id"] for location in answer["locations"]]
            with_locations += bool(answer["locations"])
            seen.update(set(seen_in(answer)))
            if not answer["pagination"]["has_next_page"]:
                break
            assert min(limit, 50) == len(answer["locations"]), "a page with more to come is full"
            page = {"limit": limit, "cursor": answer["pagination"]["cursor"]}

        assert sorted(truth) == sorted(found), asked
        if (home := asked.get("context", {}).get("location")) in truth:
            assert home == found[0]

    assert with_locations >= WITH_LOCATIONS * count
    assert {} == rare(seen, "search", TIMES * count)


@pytest.mark.parametrize("count", COUNTS)
async def test_random_lookups_are_equal_to_brute_force(town, count):
    rng, seen, with_locations = random.Random(22), Counter[str](), 0
    known = [shop.id for shop in town.shops]
    for _ in range(count):
        asked = ucp_shops.predicates(rng)
        ids = rng.sample([*known, "none", "../etc", ""], rng.choice([20, 60, MAX_IDS, MAX_IDS + 5]))
        ids += [f"stores/{rng.choice(ids)}", ids[0]]
        answer = await town.ask("lookup", {**asked, "ids": ids})

        taken = list(dict.fromkeys(ids))[:MAX_IDS]
        inputs: dict[str, list[str]] = {}
        for id in taken:
            inputs.setdefault(id.removeprefix("stores/"), []).append(id)
        truth = ucp_shops.matching(town.shops, asked) & inputs.keys()
        assert {id: inputs[id] for id in truth} == {
            location["id"]: [each["id"] for each in location["inputs"]]
            for location in answer["locations"]
        }, asked
        beyond = len(set(ids)) - MAX_IDS
        assert (beyond > 0) == ("messages" in answer)
        with_locations += bool(truth)
        seen.update(set(seen_in(answer)))

    assert with_locations >= WITH_LOCATIONS * count
    assert {} == rare(seen, "lookup", TIMES * count)


def rare(seen: Counter[str], operation: str, times: float) -> dict[str, int]:
    """The optional members that occurred too rarely, with their times."""
    return {name: seen[name] for name in OPTIONAL[operation] if seen[name] < times}


async def test_by_mcp_the_answer_is_the_same_as_by_rest(town):
    rng = random.Random(23)
    meta = {"ucp-agent": {"profile": "https://agent.example/profile"}}
    async with Agent(f"{town.http.base_url}/mcp", read_timeout_seconds=30) as agent:
        for _ in range(30):
            operation = rng.choice(["search", "lookup"])
            asked = ucp_shops.predicates(rng)
            if operation == "lookup":
                asked["ids"] = [shop.id for shop in rng.sample(town.shops, 40)]
            arguments = {"meta": meta, "location": asked}
            result = await agent.call_tool(f"{operation}_locations", arguments)

            check_answer(operation, result.structured_content)
            by_rest = await town.ask(operation, asked)
            for each in (by_rest, result.structured_content):  # the tokens of pages are sealed anew
                each.get("pagination", {}).pop("cursor", None)
            assert by_rest == result.structured_content
