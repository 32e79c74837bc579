"""axe-core finds no violation in any view, in light and dark, on a tablet and a phone."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from services.edge.languages import LANGUAGES
from tests.support.counter import S_MARKET

SIZES = ((1180, 820), (820, 1180), (390, 844))
VIEWS = ("queue", "give", "arrivals", "today", "stock")


async def check(page: Page) -> None:
    """Look at what is shown in each size, in light and dark."""
    for width, height in SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            await expect(page.locator("html")).to_have_attribute("data-theme", scheme)
            found = await Axe().run(page)
            assert [] == found.response["violations"], found.generate_report()
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width


@pytest.mark.long
@pytest.mark.usefixtures("empty")
async def test_axe_core_finds_no_violation_at_the_counter(shop, tablets):
    hold = shop.hold(apples=1, chocolate=1, milk=2)
    shop.come(shop.hold(milk=1), bay="2", vehicle="red van")
    page = await tablets.sign_in("eyes-1")
    await page.locator(f'.card[data-key="{hold["name"]}"]').click()
    await expect(page.locator(".detail .goods-list li")).to_have_count(3)
    for view in VIEWS:
        await page.evaluate(f"location.hash = '{view}'")
        await expect(page.locator(f"#{view}")).not_to_be_empty()
        await expect(page.locator(f"#{view} .empty").filter(has_text="Loading")).to_have_count(0)
        await check(page)


async def test_axe_core_finds_no_violation_where_one_signs_in(shop, tablets):
    page = await tablets.page(await tablets.context())
    await page.goto(shop.link("eyes-2"))
    await expect(page.locator("#enter")).to_be_visible()
    found = await Axe().run(page)
    assert [] == found.response["violations"], found.generate_report()


@pytest.mark.parametrize(
    "language",
    [pytest.param(each, marks=() if each == "fi" else pytest.mark.long) for each in LANGUAGES],
)
async def test_the_counter_speaks_every_language(shop, tablets, language):
    page = await tablets.sign_in(f"speaks-{language}")
    await page.goto(
        f"http://127.0.0.1:{shop.http_port}/{S_MARKET.replace('stores', 'staff')}?lang={language}"
    )
    await expect(page.locator("html")).to_have_attribute("lang", language)
    for view in VIEWS:
        await page.locator(f"#tab-{view}").click()
        await expect(page.locator(f"#{view}")).not_to_be_empty()
    assert "undefined" not in await page.locator("body").inner_text()
