"""In the store: a scanned code, the walk with the plan, and the sheet on paper."""

import re

import pytest
from playwright.async_api import expect

from tests.support.locator import listed

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def anchor(demo):
    """A code at the dairy of the supermarket, put up for one test; yields its store and itself."""
    store = demo.store("s-market kasarmitori")
    way = demo.post(
        f"/v1/{store}/floorPlans:planRoute", {"walk": {"items": [{"product": "products/g-048"}]}}
    )
    position = {name: way["stops"][0]["position"][name] for name in ("level", "xM", "yM")}
    number = len(demo.get(f"/v1/{store}/anchors").get("anchors", []))
    made = demo.post(
        f"/v1/{store}/anchors?anchor_id=dairy-{number}",
        {"displayName": "Dairy, by the milk", "position": position},
    )
    yield store, made
    demo.post(f"/v1/{made['name']}:revoke", {})


async def test_a_scanned_code_says_where_one_stands_and_the_way_goes_on_from_there(
    visit, demo, anchor
):
    _, made = anchor
    assert made["url"].startswith(f"http://localhost:{demo.http_port}/?a="), "the port in force"
    asked: list[str] = []
    page = await visit("/healthz", viewport=PHONE)
    page.on("request", lambda each: asked.append(each.headers.get("referer", "")))
    path = "/" + made["url"].split("/", 3)[3]
    await page.goto(page.url.replace("/healthz", f"{path}&basket=g-001"))
    await expect(page.get_by_role("heading", level=2)).to_have_text("S-Market Kasarmitori")
    await expect(page.locator(".here")).to_have_text("You are here: Dairy, by the milk")
    await expect(page.locator(".stops li")).to_have_count(1)
    assert "a=" not in page.url.partition("?")[2].replace("basket=", "")
    assert not [each for each in asked if made["token"] in each]
    milk = page.locator(".shelf li").filter(has_text="Milk")
    await expect(milk.locator(".level")).not_to_be_empty()
    async with page.expect_request("**/floorPlans:planRoute") as planned:
        await milk.get_by_role("button", name="One more: Milk").click()
    assert (
        made["position"].items() <= (await planned.value).post_data_json["walk"]["position"].items()
    )
    await expect(page.locator(".stops li")).to_have_count(2)


async def test_a_revoked_and_a_forged_code_say_so(visit, demo, anchor):
    _, made = anchor
    path = "/" + made["url"].split("/", 3)[3]
    forged = path[:-6] + ("AAAAAA" if path[-6:] != "AAAAAA" else "BBBBBB")
    page = await visit(forged)
    await expect(page.locator(".notice")).to_contain_text("not from one of these stores")
    demo.post(f"/v1/{made['name']}:revoke", {})
    await page.goto(page.url.split("/?")[0].rstrip("/") + path)
    await expect(page.locator(".notice")).to_contain_text("no longer valid")
    foreign = f"/414/6412345000003/254/x{path[1:]}"
    await page.goto(page.url.split("/?")[0].rstrip("/") + foreign)
    await expect(page.locator(".notice")).to_be_visible()


async def test_a_products_barcode_as_a_link_lists_who_has_it(visit, demo):
    [gtin] = demo.get("/v1/products/g-048")["gtins"]
    page = await visit(f"/01/{gtin.zfill(14)}")
    await expect(page.locator(".wanted")).to_contain_text("Milk")
    await expect(page.locator(".stock.all").first).to_be_visible()
    assert "/01/" not in page.url


async def test_one_walks_with_the_plan_over_the_whole_screen_and_ticks_off(visit, demo):
    shop = demo.store("s-market kasarmitori")
    page = await visit(f"/{shop}?basket=g-001,g-106", viewport=PHONE)
    stops = page.locator(".stops .name")
    await expect(stops).to_have_count(2)
    names = await stops.all_inner_texts()
    await page.get_by_role("button", name="Walk with the plan").click()
    walk = page.get_by_role("dialog", name="Floor plan of S-Market Kasarmitori")
    await expect(walk.locator(".next strong")).to_have_text(names[0])
    box = await walk.bounding_box()
    assert box == {"x": 0, "y": 0, **PHONE}
    plan = await walk.locator(".zoomable .sheet").bounding_box()
    assert plan
    assert plan["width"] > 300
    assert plan["height"] > 400
    async with page.expect_request("**/floorPlans:planRoute") as asked:
        await walk.get_by_role("button", name="Got it · 1 to go").click()
    assert "position" in (await asked.value).post_data_json["walk"], "from here, not the entrance"
    await expect(walk.locator(".next strong")).to_have_text(names[1])
    await walk.get_by_role("button", name="Got it · 0 to go").click()
    await expect(walk.locator(".next strong")).to_contain_text("That was all")
    await walk.get_by_role("button", name="Close").last.click()
    await expect(walk).to_have_count(0)


async def test_the_plan_zooms_by_wheel_and_keys(visit, demo):
    page = await visit(f"/{demo.store('s-market kasarmitori')}?basket=g-001", viewport=PHONE)
    await page.get_by_role("button", name="Walk with the plan").click()
    sheet = page.locator(".zoomable .sheet")
    await expect(sheet.locator("svg")).to_be_visible()
    await page.locator(".zoomable").focus()
    await page.keyboard.press("+")
    assert re.search(r"scale\(1\.3\)", str(await sheet.get_attribute("style")))
    await page.mouse.move(200, 400)
    await page.mouse.wheel(0, 100)
    await expect(sheet).to_have_attribute("style", re.compile(r"scale\(1\)"))


async def test_paper_has_name_address_week_stops_and_plan_and_no_buttons(visit, demo):
    page = await visit(f"/{demo.store('s-market kasarmitori')}?basket=g-001")
    await expect(page.locator(".stops li")).to_have_count(1)
    await expect(page.locator(".week tr")).to_have_count(7)
    await page.emulate_media(media="print")
    for part in ("#store h2", ".week", ".stops", ".inside .sheet svg"):
        await expect(page.locator(part).first).to_be_visible()
    await expect(page.get_by_text("Kasarmikatu 19").first).to_be_visible()
    for part in (".map", "#search", ".actions", ".offer", "#language"):
        await expect(page.locator(part)).to_be_hidden()
    week = await page.locator(".week").bounding_box()
    sheet = await page.locator(".inside .sheet").bounding_box()
    assert week
    assert sheet
    assert week["y"] >= sheet["y"] + sheet["height"] or sheet["y"] >= week["y"] + week["height"]


async def test_the_list_on_paper_is_whole(visit):
    page = await visit("/?q=Rautatientori")
    names = await listed(page)
    await page.emulate_media(media="print")
    height = await page.locator("#panel").evaluate(
        "(panel) => panel.scrollHeight - panel.clientHeight"
    )
    assert (20, 0) == (len(names), height)
