"""`enrayon hold`: what shoppers and shops do with holds."""

import re

import pytest

from tests.services.cli.commands.test_stock import PRODUCTS, run
from tests.services.stock.resources.test_hold_life import HOUR, Shop
from tests.services.stock.resources.test_pickup_slots import IN_STORE
from tests.support.stock import FORUM

__all__ = ["run"]

STOCK = "store,sku,on_hand\nt-forum,milk,6\nt-forum,bread,4\n"


@pytest.fixture
async def hold(run, tmp_path) -> str:
    """A hold of two bottles of milk and one bread."""
    (tmp_path / "products.csv").write_text(PRODUCTS)
    (tmp_path / "stock.csv").write_text(STOCK)
    await run("products", "import", tmp_path / "products.csv")
    await run("stock", "import", tmp_path / "stock.csv")
    made = await run("hold", "create", "t-forum", "milk:2", "bread:1")
    name, *others = re.findall(r"stores/t-forum/reservations/\S+", made.output)
    assert [name, name] == others  # of the commands that follow
    return str(name)


async def test_goods_that_are_not_named_stay_and_the_code_still_fetches_the_hold(run, hold):
    code = (await run("hold", "code", hold)).output.splitlines()[-1]

    less = await run("hold", "update", hold, "--set", "bread:0")
    more = await run("hold", "update", hold, "--set", "milk:3", "--set", "rye bread:2")
    found = await run("hold", "find", "t-forum", code)

    assert [0, 0, 0] == [each.exit_code for each in (less, more, found)]
    assert "2 x Milk" in less.output
    assert "Rye bread" not in less.output
    assert "3 x Milk, 2 x Rye bread" in more.output
    assert more.output == found.output


async def test_a_change_is_made_at_once_or_not_at_all(run, hold):
    before = await run("hold", "get", hold)

    too_many = await run("hold", "update", hold, "--set", "milk:1", "--set", "bread:9")
    nothing = await run("hold", "update", hold, "--set", "milk:0", "--set", "bread:0")
    locker = await run("hold", "update", hold, "--set", "milk:1", "--method", "locker")
    unnamed = await run("hold", "update", hold)

    told = [str(each.exception) for each in (too_many, nothing, locker, unnamed)]
    for part, text in zip(("bread", "cancel the hold", "LOCKER", "give --set"), told, strict=True):
        assert part in text
    assert before.output == (await run("hold", "get", hold)).output


async def test_a_hold_gets_another_slot_and_gives_it_up(run, hold, channel):
    forum = Shop(channel)
    await forum.open("24/7", FORUM)
    slot = {"method": IN_STORE, "duration": {"seconds": HOUR}, "capacity": 2}
    await forum.rule(FORUM, pickup_methods=[IN_STORE], pickup_slots=[slot])
    offered = await run("hold", "slots", "t-forum", "--json")
    early, late, *_ = re.findall(r'stores/[^"\s]+/pickupSlots/[^"\s]+', offered.output)

    taken = await run("hold", "update", hold, "--slot", early, "--method", "in-store")
    moved = await run("hold", "update", hold, "--slot", late)
    given_up = await run("hold", "update", hold, "--slot", "none")

    assert early in taken.output
    assert late in moved.output
    assert 0 == given_up.exit_code
    assert "slot" not in given_up.output
