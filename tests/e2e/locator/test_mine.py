"""A person finds their holds again, and leaves no trace where others come."""

import re
from urllib.parse import unquote

from playwright.async_api import expect

from tests.e2e.locator.test_stock import S_MARKET
from tests.support.locator import listed

PHONE = {"width": 390, "height": 844}


async def test_a_hold_is_on_the_first_screen_with_its_code_calendar_and_way(visit, demo):
    page = await visit(f"/{S_MARKET}?basket=g-001", viewport=PHONE)
    async with page.expect_response(re.compile(r"/reservations$")) as made:
        await page.get_by_role("button", name="Hold it for me").click()
    hold = await (await made.value).json()
    await expect(page.locator(".hold")).to_be_visible()
    await page.goto(page.url.split("/stores/")[0] + "/")
    await page.locator("#mine summary").click()
    mine = page.locator("#mine .hold")
    await expect(mine.get_by_alt_text("Show this code at the counter")).to_be_visible()
    await expect(mine.get_by_text("1 × Apples")).to_be_visible()
    href = await mine.get_by_role("link", name="calendar").get_attribute("href")
    entry = unquote(str(href)).replace("\r\n ", "")
    begin = re.sub(r"[-:]|\.\d+", "", hold["readyBy"])
    assert f"DTSTART:{begin}" in entry
    assert "SUMMARY:Collect at S-Market Sokos Helsinki" in entry

    async with page.expect_response("**/trips:start") as started:
        await mine.get_by_role("button", name="I’m on my way").click()
    answer = await started.value
    trip = await answer.json()
    assert answer.ok, trip
    assert trip["name"].startswith(f"{S_MARKET}/trips/")
    await expect(mine.get_by_role("button", name="knows you are coming")).to_be_disabled()
    demo.post(f"/v1/{trip['name']}:cancel", {})

    await mine.get_by_role("link", name="Store and way inside").click()
    await expect(page.get_by_role("heading", level=2)).to_have_text("S-Market Sokos Helsinki")
    await page.get_by_role("button", name="Back to the list").click()
    await page.get_by_role("button", name="Forget me on this device").click()
    await expect(page.locator("#mine")).to_be_hidden()
    await page.reload()
    await listed(page)
    await expect(page.locator("#mine")).to_be_hidden()
    demo.post(f"/v1/{hold['name']}:cancel", {})


async def test_a_hold_that_ends_while_the_store_is_closed_tells_the_rule(visit, demo):
    shop = demo.store("s-market kasarmitori")

    async def at_night(route):
        answer = await route.fetch()
        hold = {**await answer.json(), "expireTime": "2026-12-07T01:30:00Z"}
        await route.fulfill(response=answer, json=hold)

    page = await visit(f"/{shop}?basket=g-001", timezone_id="Europe/Helsinki")
    await page.route(re.compile(r"/reservations/[^/:]+$"), at_night)
    await page.get_by_role("button", name="Hold it for me").click()
    await expect(page.locator(".until")).to_have_text(
        "The store keeps it until two opening hours after it is ready."
    )
    await page.get_by_role("button", name="Cancel the hold").click()
    await expect(page.locator(".hold")).to_have_count(0)


async def test_holding_works_over_plain_http(visit, demo):
    page = await visit(f"/{S_MARKET}?basket=g-001")
    await page.evaluate("() => { crypto.randomUUID = undefined; }")
    await page.get_by_role("button", name="Hold it for me").click()
    await expect(page.locator(".hold")).to_be_visible()
    await page.get_by_role("button", name="Cancel the hold").click()
    await expect(page.locator(".hold")).to_have_count(0)


async def test_a_kiosk_forgets_a_hold_after_a_minute(visit, demo):
    page = await visit("/healthz")
    await page.clock.install()
    await page.goto(page.url.replace("/healthz", f"/{S_MARKET}?mode=kiosk&basket=g-001&idle=600"))
    async with page.expect_response(re.compile(r"/reservations$")) as made:
        await page.get_by_role("button", name="Hold it for me").click()
    hold = await (await made.value).json()
    await expect(page.locator(".hold")).to_be_visible()
    await page.clock.run_for(61_000)
    await expect(page.locator(".hold")).to_have_count(0)
    demo.post(f"/v1/{hold['name']}:cancel", {})
