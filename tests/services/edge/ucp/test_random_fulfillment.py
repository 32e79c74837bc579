"""Random carts: what is offered and held is the plain truth, in answers of the schema."""

import random
from typing import Any

import pytest

from tests.support import ucp_shops
from tests.support.ucp import check_error, check_fulfillment

COUNTS = [60, pytest.param(300, marks=pytest.mark.soak)]
WITH_OPTIONS = 2 / 3
"""Share of the carts that some shop has, at least."""
MOST = 20
"""Destinations of an answer, at most."""


def lines(rng: random.Random, most: int) -> list[dict[str, Any]]:
    """A random cart."""
    items = rng.sample(ucp_shops.ITEMS, rng.randint(1, 2))
    return [
        {
            "id": f"line-{number}",
            "item": {"id": rng.choice([item, f"products/{item}"])},
            "quantity": rng.randint(1, most),
        }
        for number, item in enumerate(items)
    ]


def units(cart: list[dict[str, Any]]) -> dict[str, int]:
    return {line["item"]["id"].removeprefix("products/"): line["quantity"] for line in cart}


def has(shop: ucp_shops.Shop, cart: list[dict[str, Any]]) -> bool:
    """True if a shop that buyers may enter has a cart."""
    return ucp_shops.is_match(shop, {}) and all(
        shop.on_hand[item] >= count for item, count in units(cart).items()
    )


@pytest.mark.parametrize("count", COUNTS)
async def test_random_options_are_equal_to_brute_force(town, count):
    rng, with_options = random.Random(24), 0
    for _ in range(count):
        cart = lines(rng, 2)
        asked: dict[str, Any] = {"line_items": cart}
        if rng.random() < 0.5:
            located = [shop for shop in town.shops if shop.store.HasField("location")]
            good = [shop for shop in located if has(shop, cart)]
            named = rng.choice(good if good and rng.random() < 0.8 else located)
            asked["selected_destination_id"] = named.id
            truth = {named.id} if has(named, cart) else set()
        else:
            distance = asked["distance"] = {
                "center": ucp_shops.point(rng),
                "max": rng.choice([5000, 15_000, 500_000]),
            }
            within = [
                shop
                for shop in town.shops
                if has(shop, cart)
                and ucp_shops.is_within(shop.store, distance["center"], distance["max"])
            ]
            within.sort(key=lambda shop: ucp_shops.metres(shop.store, distance["center"]))
            truth = {shop.id for shop in within[:MOST]}
        response = await town.http.post("/ucp/fulfillment:options", json=asked)
        answer = response.json()
        assert 200 == response.status_code, answer
        check_fulfillment(answer)
        [method] = answer["fulfillment"]["methods"]
        [group] = method["groups"]
        options = {option["id"].rpartition(":")[0] for option in group["options"]}
        destinations = {each["id"] for each in method["destinations"]}

        assert truth == options
        assert options <= destinations <= options | {asked.get("selected_destination_id")}
        assert [line["id"] for line in cart] == method["line_item_ids"]
        with_options += bool(options)

    assert with_options >= WITH_OPTIONS * count


@pytest.mark.parametrize("count", COUNTS)
async def test_random_carts_are_held_where_they_were_named_or_nowhere(town, count):
    """A model of the stock goes along: each hold takes from it what the answer says."""
    rng, held = random.Random(25), 0
    for number in range(count):
        cart = lines(rng, 1)
        good = [shop for shop in town.shops if has(shop, cart)]
        named = rng.choice(good if good and rng.random() < 0.85 else town.shops)
        expected = has(named, cart)
        body = {
            "line_items": cart,
            "selected_destination_id": named.id,
            "selected_option_id": f"{named.id}:in_store",
            "shopper": f"cart-{number}",
        }
        headers = {"Idempotency-Key": f"order-{number}"}
        response = await town.http.post("/ucp/fulfillment:complete", json=body, headers=headers)
        answer = response.json()
        assert 200 == response.status_code, answer
        if expected:
            check_fulfillment(answer)
            assert answer["id"].startswith(f"stores/{named.id}/reservations/")
            for item, count in units(cart).items():
                named.on_hand[item] -= count
        else:
            check_error(answer)
        held += expected

    assert held >= WITH_OPTIONS * count
