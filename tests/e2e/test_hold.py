"""`enrayon hold` makes, lists and cancels a hold, by the names that people know."""

import json
import re


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


def test_a_hold_says_from_when_until_when_and_warns_of_a_life_too_short(shared_demo):
    always_open = "osm-node~288130404"
    made = shared_demo.command("hold", "create", always_open, "apples").stdout
    short = shared_demo.command("hold", "create", always_open, "apples", "--ttl", "5m").stdout
    for told in (made, short):
        shared_demo.command("hold", "cancel", told.split()[1])

    times = [
        re.findall(rf"^{label} +(\d{{4}}-.+\d) ", made, re.M)
        for label in ("ready by", "pick up by", "until")
    ]
    assert [1, 1, 1] == list(map(len, times))
    assert sorted(times) == times
    assert "The hold ends before the goods are ready." in short
    assert "notice" not in made
