"""A person finds products and holds them, and understands every error."""

import re
from typing import Any

from playwright.async_api import Page, expect

from tests.support.locator import listed, listed_stores

MILK, APPLES = "products/g-048", "products/g-001"
S_MARKET = "stores/osm-node~288130404"
"""S-Market Sokos Helsinki, which is always open."""


def line(page: Page, product: str):
    return page.locator(".wanted").filter(has_text=product)


async def test_a_product_is_added_by_typing_and_the_list_says_who_has_it(visit, demo):
    page = await visit("/?q=Rautatientori")
    await listed(page)
    await page.get_by_role("combobox", name="Add a product").press_sequentially("mil", delay=20)
    await expect(page.get_by_role("option", name="Milk Dairy", exact=True)).to_be_visible()
    await page.get_by_role("option", name="Milk Dairy", exact=True).click()
    await page.get_by_role("button", name="One more: Milk").click()
    await expect(line(page, "Milk").locator("output")).to_have_text("2")
    await expect(page.get_by_role("button", name="One more: Milk")).to_be_focused()
    assert page.url.endswith("basket=g-048:2")

    await page.get_by_role("button", name="All in stock").click()
    await expect(page.locator(".stock").first).to_have_text("All in stock")
    found = await listed_stores(page)
    assert found
    assert {True} == {demo.available(store, MILK) >= 2 for store in found}
    nearer = demo.post("/v1/stores:findNearest", {"origin": {"place": "Rautatientori"}})["stores"]
    assert nearer[0]["store"]["name"] not in found, "the nearest is a shop without milk"


async def test_a_barcode_is_scanned_into_the_list_in_the_language_of_the_page(visit, demo):
    [gtin] = demo.get(f"/v1/{MILK}")["gtins"]
    page = await visit(locale="fi-FI")
    await listed(page)
    await page.locator("#product").fill(gtin)
    await page.locator("#product").press("Enter")
    await expect(line(page, "Maito")).to_be_visible()
    await page.locator("#product").fill("00000000")
    await page.locator("#product").press("Enter")
    await expect(page.locator("#basket .message")).to_contain_text("00000000")


async def test_a_whole_name_is_taken_and_other_words_are_asked_about(visit, demo):
    page = await visit(locale="en-GB")
    await listed(page)
    await page.locator("#product").fill("maito")
    await page.locator("#product").press("Enter")
    await expect(line(page, "Milk")).to_be_visible()
    await page.locator("#product").fill("coffee")
    await page.locator("#product").press("Enter")
    await expect(page.locator("#basket .message")).to_contain_text("Which of these is “coffee”?")
    await expect(page.get_by_role("option", name="Ground coffee")).to_be_visible()
    await expect(line(page, "Ground coffee")).to_have_count(0)
    await page.get_by_role("option", name="Ground coffee").click()
    await expect(line(page, "Ground coffee")).to_be_visible()


async def test_stores_that_have_it_only_together_are_offered_as_such(visit, demo):
    # Pain relief is sold by pharmacies, a hammer by hardware and department stores: none has both.
    basket = "d-017,d-008"
    page = await visit(f"/?q=Rautatientori&basket={basket}&stock=all")
    await expect(page.get_by_text("Together, these do.")).to_be_visible()
    items = [{"product": f"products/{sku}", "quantity": 1} for sku in basket.split(",")]
    asked = {"origin": {"place": "Rautatientori"}, "items": items, "allowSplit": True}
    answer = demo.post("/v1/stock:findNearestAvailability", asked)
    assert {each["store"] for each in answer["split"]["stores"]} == {*await listed_stores(page)}
    await expect(page.locator(".stock.all")).to_have_count(0)


async def test_where_nobody_has_it_all_the_page_says_who_lacks_what(visit):
    store = {"store": S_MARKET, "displayName": "S-Market", "distanceM": 420}
    friday = {"year": 2026, "month": 12, "day": 4}
    lacks = [
        {"product": MILK, "missingQuantity": 3, "expectedDate": friday},
        {"product": APPLES, "missingQuantity": 1},
        {"product": "products/g-002"},
    ]
    answer = {"leftOut": [{**store, "items": lacks}, {**store, "reason": "REASON_NOT_OPEN"}]}
    page = await visit("/?q=Rautatientori&basket=g-048:4,g-001")
    await listed(page)
    await page.route("**/v1/stock:findNearest*", lambda route: route.fulfill(json=answer))
    await page.get_by_role("button", name="All in stock").click()
    await expect(page.get_by_text("No store near here has all of your list.")).to_be_visible()
    await expect(page.locator(".lacking li")).to_have_count(1)
    await expect(page.locator(".lacking .note")).to_have_text(
        "3 × Milk missing, expected Fri 4 Dec · 1 × Apples missing"
    )
    await page.get_by_role("button", name="S-Market").click()
    await expect(page.get_by_role("heading", name="S-Market Sokos Helsinki")).to_be_visible()


async def test_a_basket_is_held_shown_with_code_and_end_and_given_up(visit, demo):
    before = demo.available(S_MARKET, APPLES)
    page = await visit(f"/{S_MARKET}?basket=g-001:2", timezone_id="Europe/Helsinki")
    await expect(line(page, "Apples").locator(".level")).to_have_text("In stock")
    async with page.expect_response(re.compile(r"/reservations$")) as made:
        await page.get_by_role("button", name="Hold it for me").press("Enter")
    reservation = await (await made.value).json()
    await expect(page.get_by_role("heading", name="Held for you")).to_be_focused()
    await expect(page.locator(".hold li")).to_have_text("2 × Apples")
    await expect(page.get_by_alt_text("Show this code at the counter")).to_be_visible()
    await expect(page.locator(".ready")).to_have_text(
        re.compile(r"It is ready by \w+.* \d?\d:\d\d\.")
    )
    await expect(page.locator(".until")).to_have_text(
        re.compile(r"Collect it by \w+.* \d?\d:\d\d\.")
    )
    await expect(page.locator(".short")).to_have_text(re.compile(r"Code [A-Z0-9]{4} [A-Z0-9]{4}"))
    assert reservation["readyBy"] < reservation["pickupBy"] <= reservation["expireTime"]
    assert before - 2 == demo.available(S_MARKET, APPLES)

    await page.reload()
    await expect(page.get_by_role("heading", name="Held for you")).to_be_visible()
    await page.get_by_role("button", name="Cancel the hold").click()
    await expect(page.get_by_text("The hold is cancelled.")).to_be_visible()
    await expect(page.locator(".hold")).to_have_count(0)
    assert "STATE_CANCELED" == demo.get(f"/v1/{reservation['name']}")["state"]
    assert before == demo.available(S_MARKET, APPLES)


async def test_what_the_owner_of_a_hold_should_know_is_told(visit, demo):
    page = await visit(f"/{S_MARKET}?basket=g-001", locale="fi-FI")
    text = "As the service says it."
    notices = [{"kind": kind, "text": text} for kind in ("KIND_STORE_CLOSED", "KIND_OF_LATER")]
    one = re.compile(r"/reservations/[^/:]+$")

    async def told(route):
        answer = await route.fetch()
        await route.fulfill(response=answer, json={**await answer.json(), "notices": notices})

    await page.route(one, told)
    await page.get_by_role("button", name="Varaa minulle").click()
    await expect(page.locator(".hold .warn")).to_have_text(
        [re.compile("Myymälä ei ole enää toiminnassa"), text]
    )
    await page.get_by_role("button", name="Peru varaus").click()
    await expect(page.locator(".hold")).to_have_count(0)


async def test_a_hold_whose_answer_is_lost_is_made_once_however_often_one_tries(visit, demo):
    before = demo.available(S_MARKET, APPLES)
    page = await visit(f"/{S_MARKET}?basket=g-001")
    lost: list[str] = []

    async def lose(route):
        await route.fetch()
        lost.append(route.request.post_data)
        await route.abort()

    await page.route(re.compile(r"/reservations$"), lose, times=2)
    for _ in range(2):
        await page.get_by_role("button", name="Hold it for me").click()
        await expect(page.get_by_text("nothing is held twice")).to_be_visible()
    await page.get_by_role("button", name="Hold it for me").click()
    await expect(page.locator(".hold")).to_have_count(1)
    assert 2 == len(lost)
    assert before - 1 == demo.available(S_MARKET, APPLES)
    await page.get_by_role("button", name="Cancel the hold").click()
    await expect(page.locator(".hold")).to_have_count(0)


async def test_goods_that_someone_else_took_meanwhile_are_not_held(visit, demo):
    there = demo.available(S_MARKET, APPLES)
    page = await visit(f"/{S_MARKET}?basket=g-001:2")
    hold = page.get_by_role("button", name="Hold it for me")
    await expect(hold).to_be_visible()
    taken = demo.post(
        f"/v1/{S_MARKET}/reservations", {"items": [{"product": APPLES, "quantity": there - 1}]}
    )
    try:
        await hold.click()
        await expect(page.get_by_text("Apples: only 1 left. Nothing is held")).to_be_visible()
        await expect(line(page, "Apples").locator(".level")).to_have_text("Only 1 there")
        await expect(
            page.get_by_role("button", name="Show stores that have it all")
        ).to_be_visible()
        await expect(hold).to_have_count(0)
    finally:
        demo.post(f"/v1/{taken['name']}:cancel", {})


async def test_why_a_hold_was_refused_is_said(visit):
    page = await visit(f"/{S_MARKET}?basket=g-001")
    refused: dict[str, Any] = {}
    await page.route(re.compile(r"/reservations$"), lambda route: route.fulfill(**refused))
    for status, reason, words in (
        (429, "", "Please ask in the store"),
        (400, "QUOTA_EXCEEDED", "Cancel a hold first"),
        (503, "", "nothing is held twice"),
        (400, "STORE_NOT_OPEN", "not open for business"),
    ):
        refused.update(status=status, json={"message": "no", "details": [{"reason": reason}]})
        await page.get_by_role("button", name="Hold it for me").click()
        await expect(page.locator(".here-stock > .message")).to_contain_text(words)


async def test_when_stock_cannot_be_looked_up_all_stores_are_listed_and_it_says_so(visit):
    page = await visit("/?q=Rautatientori&basket=g-048")
    everything = await listed(page)
    await page.route("**/v1/stock:*", lambda route: route.fulfill(json={"unreachable": ["stock"]}))
    await page.get_by_role("button", name="All in stock").click()
    await expect(page.get_by_text("Stock cannot be looked up at the moment")).to_be_visible()
    assert everything == await listed(page)


async def test_from_a_store_that_lacks_something_to_those_that_have_it_all(visit, demo):
    wanted = demo.available(S_MARKET, APPLES) + 1
    page = await visit(f"/{S_MARKET}?q=Rautatientori&basket=g-001:{wanted}")
    await page.get_by_role("button", name="Show stores that have it all").click()
    await expect(page.locator(".stock.all").first).to_be_visible()
    found = await listed_stores(page)
    assert S_MARKET not in found
    assert {True} == {demo.available(store, APPLES) >= wanted for store in found}


async def test_sizes_and_colours_are_told_here_and_in_the_next_shop(visit, demo):
    jackets = demo.post("/v1/products:search", {"query": "rain jacket"})["products"]
    [wanted] = [each["name"] for each in jackets if each["displayName"] == "Rain jacket, red, L"]
    asked = {"items": [{"product": wanted, "quantity": 1}], "origin": {"place": "Rautatientori"}}
    here = demo.post("/v1/stock:findNearestAvailability", asked)["stores"][0]
    at = demo.get(f"/v1/{here['store']}")["location"]
    nearest = demo.post(
        "/v1/stock:findNearestAvailability", {**asked, "origin": {"point": at}, "maxResults": 2}
    )["stores"]
    [there, *_] = [each for each in nearest if each["store"] != here["store"]]
    page = await visit(f"/{here['store']}?basket={wanted.removeprefix('products/')}")
    await page.get_by_text("Sizes and colours").click()
    rows = page.locator(".variants tbody tr")
    await expect(rows).to_have_count(12)
    await expect(page.locator(".variants thead th").last).to_contain_text(there["displayName"])
    await expect(page.locator(".variants .chosen th")).to_have_text("red, L")
    for column, store in enumerate((here["store"], there["store"]), 1):
        cells = page.locator(f".variants tbody tr > :nth-child({column + 1})")
        told = dict(
            zip(
                await rows.locator("th").all_inner_texts(),
                await cells.all_inner_texts(),
                strict=True,
            )
        )
        for product in jackets:
            label = ", ".join(product["variantAttributes"][name] for name in ("colour", "size"))
            left = demo.available(store, product["name"])
            assert (told[label] in {"Out of stock", "Stock not known"}) == (left < 1), label
