"""A store's page: its address, facts, week, inside and kiosk mode."""

import json
import re

import pytest
from playwright.async_api import expect

from tests.support.locator import listed, listed_stores

PHONE = {"width": 390, "height": 844}
KIOSK = {"viewport": {"width": 1080, "height": 1920}}


@pytest.fixture
def with_services(demo):
    """A store with a fish counter that is closed today, and a sale that lasts until tomorrow."""
    store = demo.store("s-market kasarmitori")
    counter = {
        "name": f"{store}/services/fish-counter",
        "displayName": "Fish counter",
        "expression": "Mo-Su off",
    }
    today = json.loads(json.dumps(demo.get(f"/v1/{store}/hours:listOpenIntervals")["days"]))
    sale = {
        "firstDate": today[1]["date"],
        "hours": [{"opens": "06:00", "closes": "23:45"}],
        "label": "Long Tuesday",
    }
    demo.post(
        f"/v1/{store}/hours?updateMask=services,exceptions",
        {"services": [counter], "exceptions": [sale]},
        method="PATCH",
    )
    yield store
    demo.post(f"/v1/{store}/hours?updateMask=services,exceptions", {}, method="PATCH")


async def test_a_store_has_an_address_of_its_own_and_its_facts_for_search_engines(visit, demo):
    shop = demo.store("s-market kasarmitori")
    page = await visit(f"/{shop}")
    await expect(page.get_by_role("heading", level=2)).to_have_text("S-Market Kasarmitori")
    facts = json.loads(await page.locator('script[type="application/ld+json"]').inner_text())

    assert ("GroceryStore", "S-Market Kasarmitori") == (facts["@type"], facts["name"])
    assert f"/{shop}" == facts["@id"]  # relative, since no public address is set
    assert {"Sunday", "12:00", "18:00"} <= {
        value
        for part in facts["openingHoursSpecification"]
        for value in (*part["dayOfWeek"], part["opens"], part["closes"])
    }


async def test_a_store_that_is_not_there_is_told_and_the_way_back_leads_to_the_list(visit):
    page = await visit("/stores/none")
    await expect(page.get_by_role("heading", level=2)).to_contain_text("does not exist")
    await page.get_by_role("button", name="Back to the list").click()
    assert await listed(page)


async def test_the_week_shows_special_days_and_the_services_their_own_hours(visit, with_services):
    page = await visit(f"/{with_services}?q=Kasarmitori")
    await expect(page.locator(".week tr")).to_have_count(7)
    special = page.locator(".week tr").nth(1)
    await expect(special).to_contain_text("Long Tuesday")
    await expect(special).to_contain_text("06:00–23:45")
    await expect(page.locator(".service-list li")).to_contain_text("Fish counter")
    await expect(page.locator(".service-list .state")).to_contain_text("Closed")

    await page.get_by_role("link", name="All stores with this Fish counter").click()
    await expect(page.get_by_role("button", name="Fish counter")).to_have_attribute(
        "aria-pressed", "true"
    )
    assert [with_services] == await listed_stores(page)
    await page.get_by_role("button", name="Fish counter").click()
    assert "service" not in page.url


async def test_what_decides_the_hours_of_a_holiday_is_named_before_the_holiday(
    visit, with_services
):
    async def on_a_holiday(route):
        answer = await (await route.fetch()).json()
        for day in answer["days"]:
            day["holiday"] = "Easter Monday"
        await route.fulfill(json=answer)

    page = await visit(f"/{with_services}")
    await page.route("**/hours:listOpenIntervals*", on_a_holiday)
    await page.reload()
    days = page.locator(".week th")
    await expect(days.nth(0)).to_contain_text("Easter Monday")
    await expect(days.nth(1)).to_contain_text("Long Tuesday")


async def test_hours_that_are_not_known_are_shown_with_the_words_of_the_shop(visit, demo):
    store = demo.store("s-market kasarmitori")
    path = f"/v1/{store}/hours?updateMask=expression"
    demo.post(
        path, {"expression": 'Mo-Su unknown "by appointment"; Tu 10:00-12:00'}, method="PATCH"
    )
    try:
        page = await visit(f"/{store}")
        by_appointment = page.locator(".week td", has_text="by appointment")
        await expect(by_appointment).to_have_count(6)
        await expect(page.locator(".week td", has_text="10:00–12:00")).to_have_count(1)
    finally:
        demo.post(path, {}, method="PATCH")


async def test_directions_start_nowhere_in_particular(visit, demo):
    page = await visit(f"/{demo.store('s-market kasarmitori')}")
    link = page.get_by_role("link", name="Directions")
    await expect(link).to_have_attribute(
        "href",
        re.compile(r"^https://www\.openstreetmap\.org/directions\?to=60\.165\d+,24\.948\d+$"),
    )


async def test_back_and_forward_lead_through_what_was_seen(visit):
    page = await visit("/?q=Rautatientori")
    names = await listed(page)
    await page.locator(".item a").first.click()
    await expect(page.get_by_role("heading", level=2)).to_have_text(names[0])
    await page.go_back()
    await expect(page.locator("#store")).to_be_hidden()
    assert names == await listed(page)
    await page.go_forward()
    await expect(page.get_by_role("heading", level=2)).to_have_text(names[0])


async def test_a_person_sees_where_things_stand_and_the_way_there(visit, demo):
    shop = demo.store("s-market kasarmitori")
    wanted = {"products": ["products/g-001", "products/g-106"]}
    located = demo.post(f"/v1/{shop}/placements:locateProducts", wanted)["located"]
    page = await visit(f"/{shop}?basket=g-001,g-106", viewport=PHONE)
    await expect(page.locator(".stops li")).to_have_count(2)
    stops = await page.locator(".stops li").all_inner_texts()
    assert {(product["displayName"], product["shelves"][0]["address"]) for product in located} == {
        tuple(stop.splitlines()[-2:]) for stop in stops
    }

    plan = page.get_by_role("img", name="Floor plan of S-Market Kasarmitori")
    await expect(plan.locator("svg")).to_be_visible()
    await expect(plan.locator("svg")).to_contain_text("Milk chocolate")
    steps = page.get_by_text("Shortest way:")
    await steps.click()
    await expect(page.locator(".steps li").last).to_contain_text("Checkout")
    await page.get_by_role("button", name="Walk with the plan").press("Enter")
    dialog = page.get_by_role("dialog", name="Floor plan of S-Market Kasarmitori")
    await expect(dialog.locator(".sheet svg")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def test_a_way_that_cannot_be_had_now_is_asked_for_again(visit, demo):
    shop = demo.store("s-market kasarmitori")
    page = await visit("/?q=Kasarmitori&basket=g-001", viewport=PHONE)
    await page.route("**/floorPlans:planRoute", lambda route: route.abort())
    await page.goto(page.url.split("/?")[0] + f"/{shop}?basket=g-001")
    await expect(page.get_by_text("Where things stand cannot be looked up")).to_be_visible()
    await page.unroute("**/floorPlans:planRoute")
    await page.locator(".inside").get_by_role("button", name="Try again").click()
    await expect(page.locator(".stops li")).to_have_count(1)


async def test_the_map_shows_the_plan_in_the_street_instead_where_there_is_room(visit, demo):
    shop = demo.store("s-market kasarmitori")
    small = {"width": 900, "height": 600}
    page = await visit(f"/{shop}?basket=g-001", map=True, viewport=small)
    await expect(page.locator(".stops li")).to_have_count(1)
    await expect(page.locator(".inside .sheet")).to_be_hidden()
    await expect(page.locator(".plan-note")).to_be_visible()


@pytest.mark.long
async def test_a_kiosk_asks_and_then_starts_over_when_nobody_touches_it(visit):
    page = await visit("/healthz", **KIOSK)
    await page.clock.install()
    await page.goto(page.url.replace("/healthz", "/?mode=kiosk&q=Rautatientori&idle=60"))
    names = await listed(page)
    await page.locator("#product").fill("milk")
    await page.locator("#product").press("Enter")
    await expect(page.locator(".wanted")).to_have_count(1)
    await page.locator(".item a").first.click()
    await page.clock.run_for(61_000)
    await expect(page.get_by_role("dialog", name="Are you still there?")).to_be_visible()
    await page.get_by_role("button", name="Yes, go on").click()
    await page.clock.run_for(30_000)
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_role("heading", level=2)).to_be_visible()

    async with page.expect_navigation():
        await page.clock.run_for(60_000)
    assert page.url.endswith("/?mode=kiosk&q=Rautatientori&idle=60")
    await expect(page.locator(".wanted")).to_have_count(0)
    assert names == await listed(page)


async def test_a_kiosk_is_large_leads_nowhere_else_and_keeps_nothing(visit, demo):
    page = await visit(f"/{demo.store('s-market kasarmitori')}?mode=kiosk&basket=g-001", **KIOSK)
    await page.get_by_role("button", name="Hold it for me").click()
    await expect(page.locator(".hold")).to_be_visible()
    await expect(page.get_by_role("button", name="Cancel the hold")).to_be_visible()
    # At one moment: elements that a locator found may be drawn anew meanwhile.
    heights = await page.evaluate(
        """() => [...document.querySelectorAll("button, select, a.all-with")]
            .filter((each) => each.checkVisibility())
            .map((each) => [each.textContent, each.getBoundingClientRect().height])"""
    )
    assert heights
    assert [] == [each for each in heights if each[1] < 48]
    assert len(heights) > 5
    assert [] == await page.locator('a[target="_blank"]:visible:not(.maplibregl-ctrl a)').all()
    assert 0 == await page.evaluate("localStorage.length")
    await page.get_by_role("button", name="Cancel the hold").click()
    await expect(page.locator(".hold")).to_have_count(0)
