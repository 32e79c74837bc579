"""The web locator in a real browser, on the demo: what a person does, and what axe-core says."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, async_playwright, expect

from tests.e2e.suite import Suite

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --use-angle=swiftshader --enable-unsafe-swiftshader"
)
SENAATINTORI = {"latitude": 60.1695, "longitude": 24.9522}

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason="needs Chromium: apt install chromium"
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    suite = Suite(tmp_path_factory.mktemp("demo") / "data", "--demo")
    suite.start()
    yield suite
    suite.stop()


@asynccontextmanager
async def browsing(suite: Suite, path: str = "/", **context: object) -> AsyncIterator[Page]:
    """A page of the suite in a new browser, once it has listed stores; bugs of its own fail it."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=QUIET.split()
        )
        options = {"viewport": {"width": 1360, "height": 850}, "locale": "en-GB", **context}
        page = await (await browser.new_context(**options)).new_page()
        bugs: list[str] = []
        page.on("pageerror", lambda error: bugs.append(str(error)))
        await page.goto(f"http://127.0.0.1:{suite.http_port}{path}")
        yield page
        assert [] == bugs
        await browser.close()


async def listed(page: Page) -> list[str]:
    """The names in the list, once it is there."""
    await expect(page.locator("#results[aria-busy]")).to_have_count(0)
    await expect(page.locator(".item").first).to_be_visible()
    return await page.locator(".item .name").all_inner_texts()


async def test_a_shop_is_found_by_typing_with_the_keyboard_alone(demo):
    async with browsing(demo) as page:
        await listed(page)
        await page.focus("#query")
        await page.keyboard.type("hakanie", delay=20)
        option = page.locator("#suggestions").get_by_role("option").first
        await expect(option).to_contain_text("Hakaniemi")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(page.locator("#status")).to_contain_text("Hakaniemi")
        first, *_ = await listed(page)

        await page.locator(".item a").first.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=2)).to_have_text(first)
        await expect(page.get_by_role("heading", level=2)).to_be_focused()
        assert re.search(r"/stores/osm-", page.url)
        await page.get_by_role("button", name="Back to the list").press("Enter")
        await expect(page.locator(".item a").first).to_be_focused()


async def test_a_shop_is_found_by_position_which_is_in_no_address(demo):
    asked: list[str] = []
    position = {"geolocation": SENAATINTORI, "permissions": ["geolocation"]}
    async with browsing(demo, **position) as page:
        await listed(page)
        page.on("request", lambda request: asked.append(request.url))
        await page.get_by_role("button", name="Near me").click()
        await expect(page.locator("#status")).to_have_text("Stores near you")
        await listed(page)
        await expect(page.locator(".distance").first).to_contain_text(" m")

    assert asked
    assert not [url for url in asked if "60.1" in url or "24.9" in url]


async def test_an_approximate_position_leaves_the_browser_with_two_decimals(demo):
    bodies: list[str] = []
    position = {"geolocation": SENAATINTORI, "permissions": ["geolocation"]}
    async with browsing(demo, **position) as page:
        await listed(page)
        await page.get_by_role("checkbox").check()
        page.on("request", lambda request: bodies.append(request.post_data or ""))
        await page.get_by_role("button", name="Near me").click()
        await expect(page.locator("#status")).to_have_text("Stores near you")
        await listed(page)

    [origin] = [body for body in bodies if '"origin"' in body]
    assert '"point":{"latitude":60.17,"longitude":24.95}' in origin
    assert not [body for body in bodies if "60.1695" in body or "24.9522" in body]


async def test_a_shop_is_found_by_moving_the_map(demo):
    async with browsing(demo) as page:
        await listed(page)
        await page.mouse.move(900, 400)
        await page.mouse.down()
        await page.mouse.move(700, 300, steps=8)
        await page.mouse.up()
        await page.get_by_role("button", name="Search this area").click()
        await expect(page.locator("#status")).to_have_text("Stores in this area")
        assert await listed(page)


async def test_filters_narrow_the_list_and_can_be_cleared(demo):
    async with browsing(demo) as page:
        everything = await listed(page)
        await page.get_by_role("button", name="Step-free").click()
        await expect(page.get_by_role("button", name="Step-free")).to_have_attribute(
            "aria-pressed", "true"
        )
        await expect(page.locator(".item .name").first).not_to_have_text(everything[0])
        for name in ("Wi-Fi", "Takeaway"):
            await page.get_by_role("button", name=name).click()
        await page.get_by_role("button", name="Clear filters").click()
        assert everything == await listed(page)


async def test_open_now_lists_none_that_is_closed(demo):
    async with browsing(demo) as page:
        await listed(page)
        async with page.expect_response("**/stores:findNearest") as answer:
            await page.get_by_role("button", name="Open now").click()
        found = (await (await answer.value).json()).get("stores", [])
        for hit in found:
            name = hit["store"]["name"]
            state = demo.get(f"/v1/{name}/hours:checkOpenState")["openState"]["state"]
            assert "STATE_OPEN" == state, name


async def test_an_unknown_place_says_so_and_what_may_be_meant(demo):
    async with browsing(demo, "/?q=Helsnki") as page:
        await expect(page.locator("#status")).to_contain_text("Helsnki")
        await page.get_by_role("button", name="Helsinki", exact=False).first.click()
        await expect(page.locator("#status")).to_contain_text("Helsinki")


async def test_a_store_has_an_address_of_its_own_and_its_facts_for_search_engines(demo):
    [hit] = demo.get("/v1/stores:search?query=ateljee%20bar")["matches"][:1]
    path = f"/{hit['store']['name']}"
    async with browsing(demo, path) as page:
        await expect(page.get_by_role("heading", level=2)).to_have_text("Ateljée Bar Hotel Torni")
        data = await page.locator('script[type="application/ld+json"]').inner_text()

    assert '"name": "Ateljée Bar Hotel Torni"' in data
    assert f'http://127.0.0.1:{demo.http_port}{path}"' in data


async def test_a_store_that_is_not_there_is_told_and_a_404(demo):
    async with browsing(demo, "/stores/none") as page:
        await expect(page.get_by_role("heading", level=2)).to_contain_text("does not exist")
        await page.get_by_role("button", name="Back to the list").click()
        assert await listed(page)


@pytest.mark.parametrize(
    ("language", "title"),
    [("fr-FR", "Trouver un magasin"), ("fi-FI", "Myymälähaku"), ("de-DE", "Filialfinder")],
)
async def test_the_page_speaks_the_language_of_the_browser(demo, language, title):
    async with browsing(demo, locale=language) as page:
        await expect(page.get_by_role("heading", level=1)).to_have_text(title)
        assert language[:2] == await page.locator("html").get_attribute("lang")
        await listed(page)
        await page.locator("#language").select_option("en")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Store locator")


@pytest.mark.parametrize(
    ("size", "scheme"),
    [((390, 844), "dark"), ((1360, 850), "light"), ((1080, 1920), "light")],
    ids=["phone", "desktop", "kiosk"],
)
async def test_axe_core_finds_no_violation(demo, scheme, size):
    width, height = size
    viewport = {"width": width, "height": height}
    async with browsing(demo, color_scheme=scheme, viewport=viewport) as page:
        await listed(page)
        in_list = await Axe().run(page)
        await page.locator(".item a").first.click()
        await page.get_by_role("heading", level=2).wait_for()
        in_store = await Axe().run(page)

    assert [] == in_list.response["violations"], in_list.generate_report()
    assert [] == in_store.response["violations"], in_store.generate_report()


async def test_another_page_embeds_it_with_one_script_tag(demo):
    async with browsing(demo, "/healthz") as page:
        script = f"http://127.0.0.1:{demo.http_port}/embed.js"
        await page.set_content(f'<main><script src="{script}" data-lang="fi"></script></main>')
        frame = page.frame_locator("iframe")
        await expect(frame.get_by_role("heading", level=1)).to_have_text("Myymälähaku")
        await expect(frame.locator(".item").first).to_be_visible()
