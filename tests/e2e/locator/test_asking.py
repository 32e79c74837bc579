"""One field understands shops, kinds, places and times, and tells what it did not understand."""

import re

import pytest
from playwright.async_api import expect

from tests.support.locator import listed, listed_stores

HELSINKI = {"latitude": 60.17, "longitude": 24.94}


async def test_a_question_lists_the_shops_it_means(visit):
    page = await visit()
    await listed(page)
    for question, title, kind, first in (
        ("pharmacy near Hakaniemi", "Stores near Hakaniemi", "pharmacy", "Apteekki Eliel"),
        ("apteekki Kampissa", "Stores near Kamppi", "pharmacy", "Apteekki Bulevardia"),
        ("Alko Kamppi", "Stores near Kamppi", "", "Alko Keskusta Arkadia"),
        ("Stockman", "Stores matching “Stockman”", "", "Stockmann"),
    ):
        await page.locator(".home").click()
        await listed(page)
        await page.locator("#query").fill(question)
        await page.locator("#query").press("Enter")
        await expect(page.locator("#status")).to_have_text(title)
        names = await listed(page)
        assert first == names[0]
        await expect(page.get_by_label("Kind of shop")).to_have_value(kind)


async def test_a_kind_is_a_filter_in_the_link_that_can_be_taken_away(visit, demo):
    page = await visit("/?q=Hakaniemi&kind=bakery")
    names = await listed(page)
    assert "Kanniston leipomo" in names
    for store in await listed_stores(page):
        attributes = demo.get(f"/v1/{store}")["attributes"]
        assert {"osm.shop.bakery", "osm.shop.pastry"} & {*attributes}, store
    await page.get_by_label("Kind of shop").select_option("")
    await expect(page.locator(".item .name").first).not_to_have_text(names[0])
    assert "kind" not in page.url


async def test_open_now_in_a_question_sets_the_filter(visit):
    page = await visit("/?q=ravintola+auki", locale="fi-FI")  # at night the list is empty
    await expect(page.get_by_role("button", name="Auki nyt")).to_have_attribute(
        "aria-pressed", "true"
    )
    await expect(page.locator("#filters select")).to_have_value("restaurant")


async def test_a_product_in_a_question_is_offered_with_the_shops_that_have_it(visit, demo):
    page = await visit("/?q=milk+Hakaniemi")
    await listed(page)
    await page.get_by_role("button", name="Milk", exact=True).click()
    await expect(page.locator(".stock.all").first).to_be_visible()
    await expect(page.locator(".wanted")).to_contain_text("Milk")
    found = await listed_stores(page)
    assert {True} == {demo.available(store, "products/g-048") >= 1 for store in found}


async def test_words_that_nothing_understands_are_told(visit):
    page = await visit("/?q=pharmacy+Hakaniemi+xylophonic")
    await listed(page)
    await expect(page.locator(".doubt")).to_contain_text("“xylophonic”")


async def test_a_far_place_is_told_to_be_far(visit):
    page = await visit("/?q=Paris", locale="fr-FR")
    await expect(page.locator("#status")).to_have_text("Aucun magasin n’est près de Paris.")
    await expect(page.locator("#results .note").first).to_have_text(
        "Le plus proche est à 1 913 km."
    )


async def test_suggestions_are_near_and_name_kinds_and_countries(visit):
    page = await visit()
    await listed(page)
    options = page.locator("#suggestions").get_by_role("option")
    await page.locator("#query").press_sequentially("stock", delay=20)
    await expect(options.first).to_contain_text("Stockmann")
    await expect(options.filter(has_text=re.compile("^Stockholm"))).to_have_count(0)
    await page.locator("#query").fill("")
    await page.locator("#query").press_sequentially("helsink", delay=20)
    await expect(options.first).to_contain_text("Finland")
    await page.locator("#query").fill("")
    await page.locator("#query").press_sequentially("pharm", delay=20)
    await expect(options.first).to_have_text("PharmacyKind of shop")
    await options.first.click()
    await expect(page.get_by_label("Kind of shop")).to_have_value("pharmacy")
    assert "Yliopiston apteekki" in await listed(page)


async def test_a_rough_position_is_not_shown_as_exact(visit):
    where = {"geolocation": {**HELSINKI, "accuracy": 60_000}, "permissions": ["geolocation"]}
    page = await visit(map=True, viewport={"width": 800, "height": 600}, **where)
    await listed(page)
    await expect(page.locator("#map[aria-busy]")).to_have_count(0)
    async with page.expect_request("**/stores:search") as drawn:
        await page.get_by_role("button", name="Near me").click()
    await expect(page.locator("#status")).to_have_text("Stores somewhere near you")
    shown = (await drawn.value).post_data_json["viewport"]
    degrees = shown["high"]["latitude"] - shown["low"]["latitude"]
    assert degrees > 120_000 / 111_600, "all of the circle"
    await expect(page.locator("#results .note").first).to_contain_text("Type a place")
    await expect(page.locator(".distance")).to_have_count(0)
    await expect(page.get_by_role("img", name="Your position, to about 37 mi")).to_be_visible()


async def test_a_refused_position_leaves_the_list(visit):
    page = await visit()
    names = await listed(page)
    await page.get_by_role("button", name="Near me").click()
    await expect(page.locator(".notice")).to_contain_text("type a place")
    assert names == await listed(page)


async def test_stock_that_fails_leaves_the_list(visit):
    page = await visit("/?q=Rautatientori&basket=g-048")
    names = await listed(page)
    await page.route("**/v1/stock:*", lambda route: route.abort())
    await page.get_by_role("button", name="All in stock").click()
    await expect(page.get_by_text("Stock cannot be looked up at the moment")).to_be_visible()
    assert names == await listed(page)


async def test_services_that_stay_busy_are_no_fault_of_the_connection(visit):
    page = await visit()
    await listed(page)
    await page.clock.install()
    busy = {"message": "too much to do"}
    await page.route("**/v1/stores:findN*", lambda route: route.fulfill(status=503, json=busy))
    await page.get_by_role("button", name="Step-free").click()
    for _ in range(12):
        await page.clock.run_for(2_000)
    await expect(page.locator("#status")).to_contain_text("too much to do")


async def test_an_error_that_nobody_expected_is_told(visit):
    page = await visit()
    await listed(page)
    await page.evaluate("() => { dispatchEvent(new Event('unhandledrejection')); }")
    await expect(page.get_by_role("alert")).to_have_text("Something went wrong.")


@pytest.mark.parametrize(
    ("language", "unit"), [("en-US", " mi"), pytest.param("en-CA", " km", marks=pytest.mark.long)]
)
async def test_distances_have_the_units_of_the_region(visit, language, unit):
    page = await visit("/?q=Espoo", locale=language)
    await listed(page)
    await expect(page.locator(".distance").first).to_contain_text(unit)


async def test_open_at_means_the_clock_of_the_shop(visit, demo):
    page = await visit("/?q=Rautatientori", timezone_id="America/New_York")
    await listed(page)
    await page.get_by_role("button", name="Open at").click()
    async with page.expect_request("**/stores:findNearest") as asked:
        await page.get_by_label("Open at this time").fill("2026-11-27T23:30")
        await page.get_by_label("Open at this time").blur()
    assert "2026-11-27T21:30:00.000Z" == (await asked.value).post_data_json["storeFilter"]["openAt"]


@pytest.mark.parametrize(
    ("agent", "begin"),
    [
        pytest.param(
            "Mozilla/5.0 (Linux; Android 15; Pixel 9)", "geo:60.16", marks=pytest.mark.long
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)", "https://maps.apple.com/?daddr"),
    ],
)
async def test_directions_open_the_phones_own_map_app(visit, demo, agent, begin):
    page = await visit(f"/{demo.store('s-market kasarmitori')}", user_agent=agent)
    link = page.get_by_role("link", name="Directions")
    await expect(link).to_have_attribute("href", re.compile(f"^{re.escape(begin)}"))


async def test_the_home_link_keeps_kiosk_key_and_language(visit):
    page = await visit("/?mode=kiosk&key=page-key&lang=fi&q=Rautatientori&idle=60")
    await listed(page)
    home = page.locator(".home")
    await expect(home).to_have_attribute("href", "/?mode=kiosk&idle=60&lang=fi&key=page-key")
    await home.click()
    await expect(page.locator("html")).to_have_attribute("data-mode", "kiosk")
    await expect(page.locator("html")).to_have_attribute("lang", "fi")


async def test_a_language_is_kept_without_the_address(visit):
    page = await visit()
    await listed(page)
    await page.locator("#language").select_option("de")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Filialfinder")
    await page.goto(page.url.split("/?")[0] + "/")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Filialfinder")
