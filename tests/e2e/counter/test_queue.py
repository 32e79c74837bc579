"""The staff of a shop serves its queue: by touch, by keyboard, on two tablets, and cut off."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.support.counter import APPLES, S_MARKET, Shop

pytestmark = pytest.mark.usefixtures("empty")
ACTS = re.compile(r":(prepare|markReady|collect|undoCollect|reportMissingItems)$")


def card(page: Page, hold):
    return page.locator(f'.card[data-key="{hold["name"]}"]')


async def test_an_order_is_picked_in_the_order_of_the_aisles_and_made_ready(shop, tablets):
    hold = shop.hold(apples=1, chocolate=1, milk=2)
    page = await tablets.sign_in("picker-1")
    await card(page, hold).click()
    goods = page.locator(".detail .goods-list li")
    await expect(goods).to_have_count(3)
    await expect(goods.first.locator(".shelf")).to_contain_text(re.compile("aisle", re.IGNORECASE))
    walk = {"items": [{"product": item["product"]} for item in hold["items"]]}
    way = shop.call("POST", f"/v1/{S_MARKET}/floorPlans:planRoute", {"walk": walk})
    expected = [item["displayName"] for stop in way["stops"] for item in stop["items"]]
    shown = await page.locator(".detail .goods").all_inner_texts()
    assert expected == [re.sub(r"^\d+ × ", "", text) for text in shown]
    assert expected != [APPLES], "more than one"

    await goods.first.locator(".tick").click()
    await expect(goods.first.locator(".tick")).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("button", name="Start picking").click()
    await expect(card(page, hold).locator(".state")).to_have_text("Picking")
    await page.get_by_role("button", name="Ready for pick-up").click()
    await expect(card(page, hold).locator(".state")).to_have_text("Ready")
    await expect(page.locator(".pending")).to_have_count(0)
    assert "STATE_READY" == shop.state(hold)


async def test_goods_that_cannot_be_found_leave_the_order(shop, tablets):
    hold = shop.hold(apples=1, milk=2)
    page = await tablets.sign_in("picker-2")
    await card(page, hold).click()
    await page.get_by_role("button", name="Cannot find Milk").click()
    await expect(page.get_by_role("heading", name="Cannot find Milk?")).to_be_visible()
    await page.get_by_role("button", name="There is only 1: report the rest").click()
    await expect(page.locator(".detail .goods").filter(has_text="Milk")).to_have_text("1 × Milk")
    await expect(page.locator(".pending")).to_have_count(0)
    left = shop.call("GET", f"/v1/{hold['name']}")
    held = {item["product"]: item.get("heldQuantity", 0) for item in left["items"]}
    assert {1} == set(held.values())
    assert "KIND_ITEMS_MISSING" in [notice["kind"] for notice in left["notices"]]


async def test_who_arrives_is_first_with_a_sound_and_stands_at_a_bay(shop, tablets):
    first, second = shop.hold(milk=1), shop.hold(apples=1)
    page = await tablets.sign_in("host")
    await expect(page.locator(".queue .card")).to_have_count(2)
    assert await page.locator("html").get_attribute("data-sounds") is None
    shop.come(second, bay="2", vehicle="red van")
    await expect(page.locator(".queue .card").first).to_have_attribute("data-key", second["name"])
    await expect(card(page, second).locator(".arrived")).to_contain_text("Here for 1 min")
    await expect(card(page, second)).to_contain_text("Bay 2")
    await expect(page.locator("html")).to_have_attribute("data-sounds", "1")

    await page.get_by_role("link", name="Arrivals").click()
    bay = page.locator(".bays .group")
    await expect(bay.get_by_role("heading")).to_have_text("Bay 2")
    await bay.get_by_role("button").click()
    await expect(page.locator(".detail h2")).to_contain_text(second["name"][-4:])
    assert first["name"] != second["name"]


async def test_a_hand_over_by_the_code_can_be_taken_back_for_a_minute(shop, tablets):
    hold = shop.hold(apples=1)
    code = shop.code(hold)["code"]
    page = await tablets.sign_in("till-1")
    await page.get_by_role("link", name="Hand over").click()
    for letter in code:
        await page.get_by_role("button", name=letter, exact=True).click()
    await expect(
        page.get_by_role("heading", name=f"Give order {hold['name'][-4:]}")
    ).to_be_visible()
    await expect(page.locator(".warn")).to_contain_text("not ready yet: New")
    await page.get_by_role("button", name="Handed over").click()
    await expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert "STATE_COLLECTED" == shop.state(hold)
    await page.get_by_role("button", name="Undo").click()
    await page.get_by_role("link", name="Queue").click()
    await expect(card(page, hold)).to_be_visible()
    assert shop.state(hold) in ("STATE_CONFIRMED", "STATE_READY")


async def test_a_code_that_is_none_says_so(tablets):
    page = await tablets.sign_in("till-2")
    await page.get_by_role("link", name="Hand over").click()
    await page.get_by_label("Type the code").fill("2222 2222")
    await expect(page.locator(".failure")).to_have_text("There is no order with this code here.")


async def test_two_tablets_see_one_queue(shop, tablets):
    hold = shop.hold(milk=1)
    one, other = await asyncio.gather(tablets.sign_in("left"), tablets.sign_in("right"))
    await card(one, hold).click()
    await card(other, hold).click()
    await one.get_by_role("button", name="Start picking").click()
    await expect(card(other, hold).locator(".state")).to_have_text("Picking")
    await other.get_by_role("button", name="Ready for pick-up").click()
    await expect(card(one, hold).locator(".state")).to_have_text("Ready")
    new = shop.hold(apples=1)
    await expect(card(one, new)).to_be_visible()
    await expect(card(other, new)).to_be_visible()


async def test_acts_without_a_connection_wait_survive_a_reload_and_go_once(shop, tablets):
    hold, other = shop.hold(milk=1), shop.hold(apples=2)
    page = await tablets.sign_in("far-1")
    await card(page, hold).click()
    sent: list[str] = []

    async def cut(route):
        await route.abort()

    async def count(route):
        sent.append(route.request.url)
        await route.continue_()

    await page.route("**/v1/**", cut)
    await page.get_by_role("button", name="Start picking").click()
    await page.get_by_role("button", name="Ready for pick-up").click()
    await expect(card(page, hold).locator(".state")).to_contain_text("Ready")
    await card(page, other).click()
    await page.get_by_role("button", name="Hand over").click()
    await page.get_by_role("button", name="Hand over without a code").click()
    await page.get_by_role("button", name="Handed over").click()
    await expect(page.locator("#link")).to_contain_text("No connection")
    await expect(page.locator(".pending")).to_have_text("3 wait to be sent")
    assert ["STATE_CONFIRMED"] * 2 == [shop.state(each) for each in (hold, other)]

    await page.reload()
    await expect(page.locator(".pending")).to_have_text("3 wait to be sent")
    waiting = await page.evaluate("Object.values({ ...localStorage }).join()")
    assert "enrayon_" not in waiting, "no key and no session is kept"

    await page.unroute("**/v1/**")
    await page.route(ACTS, count)
    await expect(page.locator(".pending")).to_have_count(0)
    await expect(page.locator("#link")).to_be_empty()
    assert ["prepare", "markReady", "collect"] == [url.rpartition(":")[2] for url in sent]
    assert ["STATE_READY", "STATE_COLLECTED"] == [shop.state(each) for each in (hold, other)]
    await page.reload()
    await page.get_by_role("link", name="Queue").click()
    await expect(card(page, hold)).to_be_visible()
    assert 3 == len(sent), "and not again"


async def test_an_answer_that_is_lost_does_not_hand_over_twice(shop, tablets):
    hold = shop.hold(apples=2)
    before = int(level(shop)["onHand"])
    page = await tablets.sign_in("far-2")
    lost: list[str] = []

    async def lose(route):
        await route.fetch()
        lost.append(route.request.post_data)
        await route.abort()

    await page.route(re.compile(":collect$"), lose, times=2)
    await card(page, hold).click()
    await page.get_by_role("button", name="Hand over").click()
    await page.get_by_role("button", name="Hand over without a code").click()
    await page.get_by_role("button", name="Handed over").click()
    await expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert 2 == len(lost)
    assert 1 == len(set(lost)), "the same request, with its id"
    assert before - 2 == int(level(shop)["onHand"])


def level(shop: Shop) -> Any:
    """The level of apples at the shop."""
    [level] = shop.call("GET", f"/v1/{S_MARKET}/stock?products={APPLES}")["levels"]
    return level


async def test_an_act_that_has_become_impossible_is_shown_as_refused(shop, tablets):
    hold = shop.hold(milk=1)
    page = await tablets.sign_in("far-3")
    await card(page, hold).click()

    async def cut(route):
        await route.abort()

    await page.route("**/v1/**", cut)
    await page.get_by_role("button", name="Start picking").click()
    await expect(page.locator(".pending")).to_have_text("1 waits to be sent")
    shop.call("POST", f"/v1/{hold['name']}:cancel", {})
    await page.unroute("**/v1/**")
    refused = page.locator(".refused")
    await expect(refused).to_contain_text(f"Start picking Order {hold['name'][-4:]}")
    await expect(refused).to_contain_text("not possible any more. It is now: cancelled.")
    await page.reload()
    await page.get_by_role("button", name="Understood").click()
    await expect(refused).to_have_count(0)


async def test_by_keyboard_alone_from_the_queue_to_the_hand_over(shop, tablets):
    hold = shop.hold(milk=1)
    code = shop.code(hold)["code"]
    page = await tablets.sign_in("keys-1")
    await expect(card(page, hold)).to_be_visible()
    await reach(page, card(page, hold))
    await page.keyboard.press("Enter")
    await expect(page.locator(".detail h2")).to_be_focused()
    for name in ("Start picking", "Ready for pick-up"):
        await reach(page, page.get_by_role("button", name=name))
        await page.keyboard.press("Enter")
    await expect(card(page, hold).locator(".state")).to_have_text("Ready")
    await reach(page, page.locator(".detail").get_by_role("button", name="Hand over"))
    await page.keyboard.press("Enter")
    await reach(page, page.get_by_label("Type the code"))
    await page.keyboard.type(code)
    await expect(page.get_by_role("heading", name="Give order")).to_be_focused()
    await reach(page, page.get_by_role("button", name="Handed over"))
    await page.keyboard.press("Enter")
    await reach(page, page.get_by_role("button", name="Undo"))
    assert "STATE_COLLECTED" == shop.state(hold)


async def reach(page: Page, target) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(60):
        if await target.evaluate("(element) => element === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{target} is not reached by Tab")
