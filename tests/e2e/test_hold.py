"""`enrayon hold` makes, lists and cancels a hold, by the names that people know."""

import json


def test_a_basket_is_held_shown_and_given_up(shared_demo):
    basket = ("milk:2", "bread")
    near = shared_demo.command("stock", "find", *basket, "--near", "Kamppi", "--json")
    store = json.loads(near.stdout)["stores"][0]["store"]

    made = shared_demo.command("hold", "create", store, *basket)
    lines = dict(line.split(maxsplit=1) for line in made.stdout.splitlines())
    held = shared_demo.command("hold", "list", store).stdout
    given_up = shared_demo.command("hold", "cancel", lines["hold"])
    left = shared_demo.command("hold", "list", store).stdout

    called = shared_demo.get(f"/v1/{store}")["displayName"]
    assert (called, "CONFIRMED", "2 x Milk, 1 x Bread") == tuple(
        lines[name].strip() for name in ("store", "state", "goods")
    )
    assert "2 x Milk, 1 x Bread" in held
    assert "CANCELED" in given_up.stdout
    assert "There are no live holds." == left.strip()
