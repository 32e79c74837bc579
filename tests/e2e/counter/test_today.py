"""Hours of today, events, counts and shelves, from the counter."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

from playwright.async_api import expect

from tests.support.counter import APPLES, S_MARKET, Shop

SOKOS = "stores/osm-node~288130404"
"""S-Market Sokos Helsinki, which is always open."""


def open_state(shop: Shop) -> str:
    answer = shop.call("GET", f"/v1/{SOKOS}/hours:checkOpenState")
    return str(answer["openState"]["state"])


async def test_a_shop_closes_early_with_a_reason_and_reopens(shop, tablets):
    page = await tablets.sign_in("chief-1", SOKOS)
    await page.get_by_role("link", name="Today").click()
    await expect(page.locator(".large")).to_have_attribute("data-state", "STATE_OPEN")
    assert "STATE_OPEN" == open_state(shop)
    await expect(page.get_by_role("button", name="Close the shop")).to_be_disabled()
    await page.get_by_role("button", name="Power cut").click()
    await page.get_by_role("button", name="Close the shop").click()
    await expect(page.locator(".large")).to_have_attribute("data-state", "STATE_CLOSED")
    assert "STATE_CLOSED" == open_state(shop)
    hours = shop.call("GET", f"/v1/{SOKOS}/hours")
    [closure] = [each for each in hours["closures"] if each.get("reason") == "Power cut"]
    end = dt.datetime.fromisoformat(closure["endTime"]).astimezone(ZoneInfo("Europe/Helsinki"))
    assert dt.time() == end.time(), "a shop that never closes is closed for the rest of the day"

    await page.get_by_role("button", name="Reopen").click()
    await expect(page.locator(".large")).to_have_attribute("data-state", "STATE_OPEN")
    assert "STATE_OPEN" == open_state(shop)


async def test_an_event_is_announced_at_the_time_of_the_shop_and_removed(shop, tablets):
    """The tablet is set to another zone than that of the shop."""
    page = await tablets.sign_in("chief-2", SOKOS, timezone_id="America/New_York")
    await page.get_by_role("link", name="Today").click()
    await page.get_by_label("Title").fill("Cheese tasting")
    await page.get_by_label("Date").fill("2030-07-01")
    await page.get_by_label("From").fill("17:00")
    await page.get_by_label("To", exact=True).fill("16:00")
    await page.get_by_role("button", name="Announce", exact=True).click()
    await expect(page.locator(".failure")).to_have_text("The event ends before it begins.")
    await page.get_by_label("To", exact=True).fill("19:30")
    await page.get_by_role("button", name="Announce", exact=True).click()
    await expect(page.locator(".rows li")).to_contain_text("Cheese tasting")
    [event] = shop.call("GET", f"/v1/{SOKOS}/events")["storeEvents"]
    assert ("2030-07-01T14:00:00Z", "2030-07-01T16:30:00Z") == (
        event["startTime"],
        event["endTime"],
    ), "in Helsinki, at UTC+3 in summer"
    await page.get_by_role("button", name="Remove Cheese tasting").click()
    await expect(page.locator(".rows li")).to_have_count(0)
    assert not shop.call("GET", f"/v1/{SOKOS}/events").get("storeEvents")


async def test_a_count_of_one_product_is_saved(shop, tablets):
    def on_hand() -> int:
        [level] = shop.call("GET", f"/v1/{S_MARKET}/stock?products={APPLES}")["levels"]
        return int(level["onHand"])

    before = on_hand()
    page = await tablets.sign_in("counts-1")
    await page.get_by_role("link", name="Stock").click()
    await page.get_by_label("Type a product").fill("apples")
    await page.get_by_role("button", name="Apples", exact=True).click()
    await expect(page.locator("#count")).to_have_value(str(before))
    await page.get_by_role("button", name="One more").click()
    await page.get_by_role("button", name="One more").click()
    await page.get_by_role("button", name="One fewer").click()
    await page.get_by_role("button", name="Save the count").click()
    await expect(page.locator(".told")).to_contain_text(f"Counted Apples: {before + 1}")
    assert before + 1 == on_hand()


async def test_a_scanned_barcode_opens_its_product_and_a_wrong_shelf_is_told(shop, tablets):
    [gtin] = shop.call("GET", f"/v1/{APPLES}")["gtins"]
    page = await tablets.sign_in("counts-2")
    await page.get_by_role("link", name="Stock").click()
    await page.get_by_label("Type a product").fill(gtin)
    await expect(page.get_by_role("heading", name="Apples")).to_be_visible()

    def confidence() -> float:
        asked = {"products": [APPLES]}
        found = shop.call("POST", f"/v1/{S_MARKET}/placements:locateProducts", asked)
        return float(found["located"][0]["shelves"][0]["placement"]["confidence"])

    before = confidence()
    await page.get_by_role("button", name=re.compile("^Not at ")).first.click()
    await expect(page.locator(".told")).to_contain_text("Shelf reported: Apples")
    assert confidence() < before

    await page.get_by_label("Type a product").fill(gtin)
    await page.get_by_role("textbox", name="Aisle").fill("5")
    await page.get_by_role("button", name="It is here").click()
    await expect(page.locator(".told")).to_have_count(2)
    await expect(page.locator(".pending")).to_have_count(0)
    asked = {"products": [APPLES]}
    found = shop.call("POST", f"/v1/{S_MARKET}/placements:locateProducts", asked)
    aisles = [shelf["placement"]["aisle"] for shelf in found["located"][0]["shelves"]]
    assert "5" in aisles
