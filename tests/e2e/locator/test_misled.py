"""What misled people: hours, names, units of the screen, and what a kiosk leads to."""

import datetime as dt
import zoneinfo

import pytest
from playwright.async_api import expect

from tests.e2e.locator.test_stock import S_MARKET
from tests.support.locator import listed

ZOOMED = {"width": 680, "height": 425}
"""A desktop of 1360 x 850 at 200 %."""
NARROW = {"width": 320, "height": 700}
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


async def test_special_hours_of_the_coming_weeks_are_told(visit, demo):
    store = demo.store("s-market kasarmitori")
    day = dt.date.today() + dt.timedelta(10)
    sale = {
        "firstDate": {"year": day.year, "month": day.month, "day": day.day},
        "hours": [{"opens": "04:00", "closes": "23:45"}],
        "label": "Long night",
    }
    path = f"/v1/{store}/hours?updateMask=exceptions"
    demo.post(path, {"exceptions": [sale]}, method="PATCH")
    try:
        page = await visit(f"/{store}")
        coming = page.locator(".coming tr", has_text="Long night")
        await expect(coming).to_contain_text("04:00–23:45")
        await expect(page.locator(".week tr")).to_have_count(7)
    finally:
        demo.post(path, {}, method="PATCH")


async def test_events_and_private_sales_are_told_in_the_time_of_the_shop(visit, demo):
    store = demo.store("s-market kasarmitori")
    day = dt.datetime.now(dt.UTC).replace(hour=15, minute=0, second=0) + dt.timedelta(3)
    sale = {
        "title": "Evening for our regulars",
        "description": "A tenth off.",
        "url": "https://shop.example/sale",
        "startTime": f"{day:%Y-%m-%dT%H:%M:%SZ}",
        "endTime": f"{day + dt.timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}",
    }
    made = demo.post(f"/v1/{store}/events", sale)
    try:
        page = await visit(f"/{store}", timezone_id="America/New_York")
        event = page.locator(".events li")
        await expect(event).to_contain_text("Evening for our regulars")
        await expect(event.get_by_role("link")).to_have_attribute("href", sale["url"])
        zone = zoneinfo.ZoneInfo("Europe/Helsinki")
        ends = (day, day + dt.timedelta(hours=2))
        await expect(event).to_contain_text(
            " – ".join(f"{each.astimezone(zone):%H:%M}" for each in ends)
        )
    finally:
        demo.post(f"/v1/{made['name']}", {}, method="DELETE")
    await page.reload()
    await expect(page.locator(".week tr")).to_have_count(7)
    await expect(page.locator(".events")).to_be_hidden()


async def test_pins_that_pile_up_are_counted_and_keys_take_them_apart(visit):
    page = await visit("/?q=Rautatientori", map=True, viewport={"width": 800, "height": 600})
    names = await listed(page)
    cluster = page.locator(".cluster").first
    label = str(await cluster.get_attribute("aria-label"))
    number, _, members = label.partition(" stores: ")
    assert {*members.split(", ")} <= {*names}
    assert int(number) == len(members.split(", ")) == int(await cluster.inner_text())
    await cluster.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name=label, exact=True)).to_have_count(0)


async def test_variants_have_their_size_and_colour_in_every_language(visit):
    page = await visit(locale="fr-FR")
    await listed(page)
    await page.locator("#product").press_sequentially("imperm", delay=20)
    options = page.locator("#products").get_by_role("option")
    await expect(options.first).to_contain_text("imperméable, ")
    names = await options.locator(".name").all_inner_texts()
    assert len(names) == len({*names}) > 1


async def test_a_bar_is_not_blamed_for_lacking_milk(visit, demo):
    page = await visit("/?q=Rautatientori&basket=g-048")
    await listed(page)
    await expect(page.locator(".stock:visible").first).to_be_visible()
    levels = {
        str(await link.get_attribute("data-name")): await link.locator(".stock").is_visible()
        for link in await page.locator(".item a").all()
    }
    for store, is_told in levels.items():
        known = demo.get(f"/v1/{store}/stock?products=products/g-048")["levels"]
        bands = {level.get("band", "STOCK_BAND_UNKNOWN") for level in known}
        assert is_told == (bands != {"STOCK_BAND_UNKNOWN"} and bool(bands)), store


@pytest.mark.parametrize("path", ["/?q=Rautatientori", f"/{S_MARKET}"])
async def test_long_words_do_not_widen_the_page(visit, path):
    page = await visit("/healthz", viewport=NARROW)

    async def lengthened(route):
        answer = await route.fetch()
        text = (await answer.text()).replace("S-Market Sokos Helsinki", LONG)
        await route.fulfill(response=answer, body=text)

    await page.route("**/v1/**", lengthened)
    await page.route("**/v1/products/*", lengthened)
    await page.goto(
        page.url.replace("/healthz", f"{path}{'&' if '?' in path else '?'}basket=g-001")
    )
    await expect(page.get_by_text(LONG).first).to_be_visible()
    width = await page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= NARROW["width"]
    await page.unroute_all(behavior="wait")  # else its end disposes of answers under way


async def test_zoom_buttons_stay_at_200_percent(visit):
    page = await visit("/?q=Rautatientori", map=True, viewport=ZOOMED)
    await listed(page)
    await expect(page.get_by_role("button", name="Zoom in")).to_be_visible()


async def test_the_attribution_of_a_kiosk_is_text(visit):
    page = await visit(
        "/?mode=kiosk&q=Rautatientori", map=True, viewport={"width": 1100, "height": 600}
    )
    await listed(page)
    attribution = page.locator(".maplibregl-ctrl-attrib")
    await expect(attribution).to_contain_text("OpenStreetMap")
    await expect(attribution.locator("a")).to_have_count(0)
