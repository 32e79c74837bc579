"""Answers that come late or out of order never undo what a person did meanwhile."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from playwright.async_api import Page, Route, expect

from tests.e2e.locator.test_stock import APPLES, S_MARKET, line
from tests.support.locator import listed

HAKANIEMI = {"displayName": "Hakaniemi", "location": {"latitude": 60.179, "longitude": 24.951}}
OTHERS = [{"place": {**HAKANIEMI, "displayName": name}} for name in ("Hakala", "Hakaniemi")]


class Held:
    """Requests to a path whose answers wait until they are let go."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self._go = asyncio.Event()

    async def on(
        self, page: Page, url: str, wanted: Callable[[Any], bool], answer: Any = None
    ) -> "Held":
        """Hold back answers to wanted requests; then send `answer`, or the real one."""

        async def hold(route: Route) -> None:
            if not wanted(json.loads(route.request.post_data or "{}")):
                await route.fallback()
                return
            self.asked.set()
            await self._go.wait()
            if answer is None:
                await route.continue_()
            else:
                await route.fulfill(json=answer)

        await page.route(url, hold)
        return self

    async def let_go(self, page: Page, url: str) -> None:
        """Send the answers; returns when the page has dealt with the first of them."""
        async with page.expect_event("requestfinished", lambda each: url in each.url):
            self._go.set()
        await dealt_with(page)


async def dealt_with(page: Page) -> None:
    """Wait until the page has drawn twice: what a script does with an answer is done before."""
    await page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


async def test_a_suggestion_that_is_chosen_by_key_stays_chosen_when_a_late_answer_comes(visit):
    page = await visit()
    await listed(page)
    late = await Held().on(
        page, "**/places:suggest", lambda asked: "hakan" == asked["query"], {"suggestions": OTHERS}
    )
    await page.route(
        "**/places:suggest",
        lambda route: (
            route.fulfill(json={"suggestions": [{"place": HAKANIEMI}]})
            if route.request.post_data_json["query"] == "haka"
            else route.fallback()
        ),
    )
    await page.locator("#query").press_sequentially("haka")
    option = page.locator("#suggestions").get_by_role("option")
    await expect(option).to_have_count(1)
    await page.keyboard.type("n")
    await late.asked.wait()
    await page.keyboard.press("ArrowDown")
    await late.let_go(page, "places:suggest")
    await expect(option).to_have_count(1)
    await expect(option).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Enter")
    await expect(page.locator("#query")).to_have_value("Hakaniemi")
    await expect(page.locator("#status")).to_have_text("Stores near Hakaniemi")


async def test_a_list_does_not_move_under_the_pointer_and_is_new_after_it(visit):
    page = await visit()
    await listed(page)
    late = await Held().on(
        page, "**/places:suggest", lambda asked: "hakan" == asked["query"], {"suggestions": OTHERS}
    )
    await page.route(
        "**/places:suggest",
        lambda route: (
            route.fulfill(json={"suggestions": [{"place": HAKANIEMI}]})
            if route.request.post_data_json["query"] == "haka"
            else route.fallback()
        ),
    )
    await page.locator("#query").press_sequentially("haka")
    option = page.locator("#suggestions").get_by_role("option")
    await expect(option).to_have_count(1)
    await page.keyboard.type("n")
    await late.asked.wait()
    box = await option.bounding_box()
    assert box
    await page.mouse.move(box["x"] + 20, box["y"] + 10, steps=3)
    await late.let_go(page, "places:suggest")
    await expect(option).to_have_text(["Hakaniemi"])
    await page.mouse.move(box["x"] + 20, box["y"] + 600, steps=3)
    await expect(option).to_have_text(["Hakala", "Hakaniemi"])


async def test_a_position_that_comes_late_does_not_replace_a_search_made_meanwhile(visit):
    page = await visit()
    await listed(page)
    await page.evaluate(
        """() => { navigator.geolocation.getCurrentPosition = (take) => { window.arrive = () =>
          take({ coords: { latitude: 60.17, longitude: 24.94, accuracy: 10 } }); }; }"""
    )
    await page.get_by_role("button", name="Near me").click()
    await page.locator("#query").fill("Hakaniemi")
    await page.locator("#query").press("Enter")
    await expect(page.locator("#status")).to_have_text("Stores near Hakaniemi")
    await page.evaluate("() => arrive()")
    await listed(page)
    await expect(page.locator("#status")).to_have_text("Stores near Hakaniemi")


async def test_levels_of_an_earlier_list_are_not_shown_beside_the_new_one(visit, demo):
    page = await visit(f"/{S_MARKET}?basket=g-001")
    hold = page.get_by_role("button", name="Hold it for me")
    await expect(hold).to_be_visible()
    there = demo.available(S_MARKET, APPLES)
    none = {"levels": [{"product": APPLES, "band": "STOCK_BAND_OUT_OF_STOCK"}]}
    calls: list[int] = []
    again = asyncio.Event()

    def first(_: Any) -> bool:
        calls.append(1)
        if len(calls) == 2:
            again.set()
        return len(calls) == 1

    late = await Held().on(page, "**/stock:batchGetLevels", first, none)
    await page.get_by_role("button", name="One more: Apples").click()
    await late.asked.wait()
    await page.get_by_role("button", name="One more: Apples").click()
    await expect(line(page, "Apples").locator("output")).to_have_text("3")
    await again.wait()
    await late.let_go(page, "stock:batchGetLevels")
    assert there >= 3
    await expect(line(page, "Apples").locator(".level")).to_have_text("In stock")
    await expect(hold).to_be_visible()


async def test_levels_that_come_after_the_store_is_left_are_not_shown_beside_the_list(visit):
    page = await visit("/?q=Rautatientori&basket=g-001")
    await listed(page)
    late = await Held().on(
        page,
        "**/stock:batchGetLevels",
        lambda asked: 1 == len(asked["stores"]),
        {"levels": [{"product": APPLES, "band": "STOCK_BAND_OUT_OF_STOCK"}]},
    )
    await page.locator(".item a").first.click()
    await late.asked.wait()
    await page.get_by_role("button", name="Back to the list").click()
    await expect(page.locator("#store")).to_be_hidden()
    await late.let_go(page, "stock:batchGetLevels")
    await expect(line(page, "Apples")).to_be_visible()
    await expect(line(page, "Apples").locator(".level")).to_have_count(0)


async def test_a_store_that_fails_late_does_not_replace_the_one_that_is_open(visit):
    page = await visit("/?q=Rautatientori")
    names = await listed(page)
    first = await page.locator(".item a").first.get_attribute("data-name")
    go, asked = asyncio.Event(), asyncio.Event()

    async def fail(route: Route) -> None:
        asked.set()
        await go.wait()
        await route.fulfill(status=404, json={"message": "no such store"})

    await page.route(f"**/v1/{first}", fail)
    await page.locator(".item a").first.click()
    await asked.wait()
    await page.go_back()
    await page.locator(".item a").nth(1).click()
    await expect(page.get_by_role("heading", level=2)).to_have_text(names[1])
    async with page.expect_event("requestfinished", lambda each: each.url.endswith(str(first))):
        go.set()
    await dealt_with(page)
    await expect(page.get_by_role("heading", level=2)).to_have_text(names[1])


async def test_the_way_for_an_earlier_list_is_not_shown_for_the_new_one(visit, demo):
    shop = demo.store("s-market kasarmitori")
    page = await visit(f"/{shop}?basket=g-001")
    await expect(page.locator(".stops li")).to_have_count(1)
    late = await Held().on(
        page, "**/floorPlans:planRoute", lambda asked: 2 == len(asked["walk"]["items"])
    )
    for name in ("106", "051"):
        [gtin, *_] = demo.get(f"/v1/products/g-{name}")["gtins"]
        await page.locator("#product").fill(gtin)
        await page.locator("#product").press("Enter")
        await expect(page.locator(".wanted")).to_have_count(2 if name == "106" else 3)
    await late.asked.wait()
    await expect(page.locator(".stops li")).to_have_count(3)
    await late.let_go(page, "floorPlans:planRoute")
    await expect(page.locator(".stops li")).to_have_count(3)
