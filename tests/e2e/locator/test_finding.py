"""A person finds a shop in Helsinki by text, position, map and filters."""

import re

import pytest
from playwright.async_api import expect

from tests.support.locator import listed, listed_stores
from tests.support.paths import ROOT

SENAATINTORI = {"latitude": 60.1695, "longitude": 24.9522}
SMALL = {"width": 800, "height": 600}
ALLOWED = {"geolocation": SENAATINTORI, "permissions": ["geolocation"]}


async def test_a_shop_is_found_by_typing_with_the_keyboard_alone(visit):
    page = await visit()
    await listed(page)
    await page.focus("#query")
    await page.keyboard.type("hakanie", delay=20)
    option = page.locator("#suggestions").get_by_role("option").first
    await expect(option).to_contain_text("Hakaniemi")
    await page.keyboard.press("ArrowDown")
    await expect(option).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Enter")
    await expect(page.locator("#status")).to_have_text("Stores near Hakaniemi")
    first, *_ = await listed(page)

    await page.locator(".item a").first.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=2)).to_have_text(first)
    await expect(page.get_by_role("heading", level=2)).to_be_focused()
    assert re.search(r"/stores/osm-.*\?q=Hakaniemi", page.url)
    await page.get_by_role("button", name="Back to the list").press("Enter")
    await expect(page.locator(".item a").first).to_be_focused()


async def test_a_shop_is_found_by_position_which_is_in_no_address(visit):
    page = await visit(**ALLOWED)
    asked: list[str] = []
    await listed(page)
    page.on("request", lambda request: asked.append(request.url))
    await page.get_by_role("button", name="Near me").click()
    await expect(page.locator("#status")).to_have_text("Stores near you")
    await listed(page)
    await expect(page.locator(".distance").first).to_contain_text(" m")

    assert asked
    assert not [url for url in [*asked, page.url] if "60.1" in url or "24.9" in url]


async def test_a_list_tells_the_minutes_on_foot_where_roads_are_known_and_else_none(visit):
    page = await visit("/?q=Kamppi")
    await listed(page)
    # The extract ends east of Kamppi, so a way beyond it may be shorter.
    await expect(page.locator(".distance").first).to_contain_text(re.compile(r"about \d+ mins? on"))
    await expect(page.locator("#results .roads")).to_contain_text("OpenStreetMap")

    async def without_roads(route):
        answer = await route.fetch()
        found = await answer.json()
        del found["roadAttribution"]
        for store in found["stores"]:
            store["journey"]["isEstimate"] = True
        await route.fulfill(response=answer, json=found)

    await page.goto(page.url.replace("Kamppi", "Rautatientori"))
    await listed(page)
    await expect(page.locator(".distance").first).to_have_text(re.compile(r"^\d+ mins? on foot ·"))
    await page.route("**/v1/stores:findNearest", without_roads)
    await page.reload()
    await listed(page)
    await expect(page.locator(".distance").first).to_have_text(re.compile(r"^\d+ ft$"))
    await expect(page.locator("#results")).not_to_contain_text("on foot")
    await expect(page.locator("#results .roads")).to_have_count(0)


async def test_the_page_of_a_store_draws_the_way_on_foot_where_roads_have_one_and_else_none(visit):
    page = await visit("/?q=Rautatientori")
    await listed(page)
    async with page.expect_response("**/v1/stores:computeTravelTimes") as asked:
        await page.locator(".item a").first.click()
    found = await (await asked.value).json()
    assert len(found["origins"][0]["journeys"][0]["line"]["points"]) > 1
    way = page.locator("#store .way")
    await expect(way).to_contain_text(re.compile(r"^\d+ mins? on foot · \d+ (m|ft) "))
    await expect(way).to_contain_text("OpenStreetMap")

    async def without_roads(route):
        answer = await route.fetch()
        found = await answer.json()
        del found["origins"][0]["journeys"][0]["line"]
        await route.fulfill(response=answer, json=found)

    await page.route("**/v1/stores:computeTravelTimes", without_roads)
    await page.get_by_role("button", name="Back to the list").first.click()
    async with page.expect_response("**/v1/stores:computeTravelTimes"):
        await page.locator(".item a").nth(1).click()
    await expect(page.locator("#store h2")).to_be_visible()
    await expect(way).to_be_hidden()


async def test_a_link_to_a_store_draws_the_way_from_the_place_that_the_visitor_has_given(visit):
    page = await visit("/?q=Rautatientori")
    await listed(page)
    store = (await page.locator(".item a").first.get_attribute("href")).partition("?")[0]
    way, on_foot = page.locator("#store .way"), re.compile(r"^\d+ mins? on foot · \d+ (m|ft) ")

    page = await visit(f"{store}?q=Rautatientori")
    way = page.locator("#store .way")
    await expect(way).to_contain_text(on_foot)

    page = await visit(store, **ALLOWED)
    way = page.locator("#store .way")
    await expect(way).to_contain_text(re.compile(r"\d+ mins? on foot · "))
    assert "60.1" not in page.url

    # No minutes are counted from a rough position, and nobody is asked for one.
    rough = {"geolocation": {**SENAATINTORI, "accuracy": 900}, "permissions": ["geolocation"]}
    for options in (rough, {}):
        page = await visit(store, **options)
        await expect(page.locator("#results:not([aria-busy]) .item").first).to_be_attached()
        await expect(page.locator("#store .way")).to_be_hidden()
        asked = await page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")
        assert any("stores:findNearest" in url for url in asked)
        assert not any("computeTravelTimes" in url for url in asked)


async def test_an_approximate_position_leaves_the_browser_with_two_decimals(visit):
    page = await visit(**ALLOWED)
    bodies: list[str] = []
    await listed(page)
    await page.get_by_role("checkbox").check()
    page.on("request", lambda request: bodies.append(request.post_data or ""))
    await page.get_by_role("button", name="Near me").click()
    await expect(page.locator("#status")).to_have_text("Stores near you")
    await listed(page)

    [origin] = [body for body in bodies if '"origin"' in body]
    assert '"point":{"latitude":60.17,"longitude":24.95}' in origin
    assert not [body for body in bodies if "60.1695" in body or "24.9522" in body]


@pytest.mark.long
async def test_a_shop_is_found_by_moving_the_map_and_its_link_shows_the_same(visit):
    page = await visit(map=True, viewport=SMALL)
    await listed(page)
    await page.mouse.move(650, 350)
    await page.mouse.down()
    await page.mouse.move(520, 280, steps=4)
    await page.mouse.up()
    await page.get_by_role("button", name="Search this area").click()
    await expect(page.locator("#status")).to_have_text("Stores in this area")
    found = await listed_stores(page)
    assert re.search(r"/#map=[\d.]+/60\.\d+/24\.\d+$", page.url)

    again = await visit(page.url.partition(page.url.split("/")[2])[2], map=True, viewport=SMALL)
    assert found == await listed_stores(again)


async def test_a_click_on_the_map_opens_a_shop(visit, demo):
    shop = demo.store("s-market kasarmitori")
    page = await visit("/#map=18.5/60.1650/24.9482", map=True, viewport=SMALL)
    await listed(page)
    point = demo.get(f"/v1/{shop}")["location"]
    # Web Mercator at that zoom: 512 * 2**18.5 pixels around the world.
    pixels = 512 * 2**18.5 / 360
    box = await page.locator("#map").bounding_box()
    assert box
    x = box["x"] + box["width"] / 2 + (point["longitude"] - 24.9482) * pixels
    y = box["y"] + box["height"] / 2 - (point["latitude"] - 60.1650) * pixels * 2.0095
    await expect(page.locator("#map canvas")).to_be_visible()
    await expect(page.locator("#map[aria-busy]")).to_have_count(0)
    await page.mouse.click(x, y - 12)
    await expect(page.get_by_role("heading", level=2)).to_have_text("S-Market Kasarmitori")


async def test_a_base_map_of_others_lies_under_the_same_pins(visit):
    page = await visit("/healthz", map=True, viewport=SMALL)
    grey = {"id": "land", "type": "background", "paint": {"background-color": "#ccc"}}
    style = {"version": 8, "sources": {}, "layers": [grey]}

    async def with_style(route):
        answer = await route.fetch()
        html = (await answer.text()).replace('"mapStyle": ""', '"mapStyle": "/their/style.json"')
        await route.fulfill(response=answer, body=html)

    await page.route("**/?q=Kamppi", with_style)
    await page.route("**/their/style.json", lambda route: route.fulfill(json=style))
    async with page.expect_request("**/their/style.json"):
        await page.goto(page.url.replace("/healthz", "/?q=Kamppi"))
    await listed(page)
    await expect(page.locator("#map[aria-busy]")).to_have_count(0)


async def test_filters_narrow_the_list_stand_in_the_link_and_can_be_cleared(visit):
    page = await visit()
    everything = await listed(page)
    await page.get_by_role("button", name="Step-free").click()
    await expect(page.get_by_role("button", name="Step-free")).to_have_attribute(
        "aria-pressed", "true"
    )
    await expect(page.locator(".item .name").first).not_to_have_text(everything[0])
    narrowed = await listed(page)
    assert page.url.endswith("/?has=stepFree")
    again = await visit("/?has=stepFree")
    assert narrowed == await listed(again)

    for name in ("Wi-Fi", "Takeaway"):
        await page.get_by_role("button", name=name).click()
    await page.get_by_role("button", name="Clear filters").first.click()
    await expect(page.locator(".item .name").first).to_have_text(everything[0])
    assert everything == await listed(page)


async def test_open_now_lists_none_that_is_closed(visit, demo):
    page = await visit()
    await listed(page)
    async with page.expect_response("**/stores:findNearest") as answer:
        await page.get_by_role("button", name="Open now").click()
    found = (await (await answer.value).json()).get("stores", [])
    for hit in found:
        name = hit["store"]["name"]
        state = demo.get(f"/v1/{name}/hours:checkOpenState")["openState"]["state"]
        assert "STATE_OPEN" == state, name


async def test_open_at_a_time_lists_those_that_are_open_then_by_the_clock_of_the_reader(
    visit, demo
):
    page = await visit("/?q=Rautatientori", timezone_id="Europe/Helsinki")
    everything = await listed_stores(page)
    await page.get_by_role("button", name="Open at").click()
    async with page.expect_response("**/stores:findNearest"):
        await page.get_by_label("Open at this time").fill("2026-11-27T23:30")
        await page.get_by_label("Open at this time").blur()
    await expect(page.locator(".state.open").first).to_be_visible()
    found = await listed_stores(page)

    assert "open=2026-11-27T23:30" in page.url
    assert everything != found
    states = demo.post(
        "/v1/stores/-/hours:batchCheckOpenStates",
        {"names": [f"{name}/hours" for name in found], "atTime": "2026-11-27T21:30:00Z"},
    )["openStates"]
    assert {"STATE_OPEN"} == {state["state"] for state in states}


async def test_an_unknown_place_says_so_and_what_may_be_meant(visit):
    page = await visit("/?q=Helsnki")
    await expect(page.locator("#status")).to_contain_text("Helsnki")
    await page.get_by_role("button", name="Helsinki", exact=False).first.click()
    await expect(page.locator("#status")).to_contain_text("Stores near Helsinki")


async def test_words_that_are_no_place_find_stores_by_name(visit):
    page = await visit("/?q=kahvila")
    await expect(page.locator("#status")).to_contain_text("Stores matching “kahvila”")
    assert await listed(page)


@pytest.mark.parametrize("half", ["", '{"results": [{"store"'], ids=["none", "broken off"])
async def test_without_an_answer_it_says_so_and_tries_again(visit, half):
    page = await visit()
    await listed(page)
    await page.route("**/v1/**", lambda route: route.fulfill(body=half) if half else route.abort())
    await page.get_by_role("button", name="Step-free").click()
    await expect(page.locator("#status")).to_contain_text("cannot be reached")
    await page.unroute("**/v1/**")
    await page.get_by_role("button", name="Try again").click()
    assert await listed(page)


async def test_a_page_whose_key_is_refused_says_so(visit):
    page = await visit("/healthz")
    refused = {"code": 16, "message": "no such key"}
    await page.route("**/v1/**", lambda route: route.fulfill(status=401, json=refused))
    await page.goto(page.url.replace("/healthz", "/?q=Kamppi"))
    await expect(page.locator("#status")).to_contain_text("can check its key")
    await page.goto(page.url.replace("/?q=Kamppi", "/stores/osm-1"))
    await expect(page.get_by_role("heading", level=2)).to_contain_text("can check its key")


async def test_services_that_have_too_much_to_do_are_asked_once_more(visit):
    page = await visit()
    everything = await listed(page)
    busy = {"message": "too much to do"}
    await page.route(
        "**/v1/stores:findNearest", lambda route: route.fulfill(status=503, json=busy), times=1
    )
    await page.get_by_role("button", name="Step-free").click()
    await expect(page.locator(".item .name").first).not_to_have_text(everything[0])
    assert await listed(page)


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("fr-FR", "Trouver un magasin"),
        pytest.param("fi-FI", "Myymälähaku", marks=pytest.mark.long),
        pytest.param("de-DE", "Filialfinder", marks=pytest.mark.long),
    ],
)
async def test_the_page_speaks_the_language_of_the_browser(visit, language, title):
    page = await visit(locale=language)
    await expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert language[:2] == await page.locator("html").get_attribute("lang")
    await listed(page)
    await page.locator("#language").select_option("en")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Store locator")


async def test_another_page_embeds_it_with_one_script_tag(visit, demo):
    page = await visit("/healthz")
    asked: list[str | None] = []
    page.on("request", lambda request: asked.append(request.headers.get("x-api-key")))
    script = f"http://127.0.0.1:{demo.http_port}/embed.js"
    data = 'data-lang="fi" data-q="Kamppi" data-key="page-key"'
    await page.set_content(f'<main><script src="{script}" {data}></script></main>')
    frame = page.frame_locator("iframe")
    await expect(frame.get_by_role("heading", level=1)).to_have_text("Myymälähaku")
    await expect(frame.locator("#status")).not_to_be_empty()
    assert "page-key" in asked


async def test_the_page_of_the_examples_embeds_it(visit, demo):
    page = await visit("/healthz")
    examples = (ROOT / "deploy" / "examples.md").read_text(encoding="utf-8")
    [text] = re.findall(r"```html\n(.*?)```", examples, re.DOTALL)
    await page.set_content(text.replace("8080", str(demo.http_port)))
    frame = page.frame_locator("iframe")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Our shops")
    await expect(frame.get_by_role("heading", level=1)).to_have_text("Myymälähaku")
