"""axe-core finds no violation on a phone, a desktop and a kiosk, in light and dark."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.support.locator import listed

PHONE, DESKTOP, KIOSK = (390, 844), (1360, 850), (1080, 1920)


@pytest.mark.parametrize(
    ("mode", "sizes"), [("", (PHONE, DESKTOP)), ("&mode=kiosk", (KIOSK,))], ids=["page", "kiosk"]
)
async def test_axe_core_finds_no_violation(visit, demo, mode, sizes):
    page = await visit(f"/?q=Rautatientori&stock=all&open=now&basket=g-048:2,g-001{mode}")
    await listed(page)
    await expect(page.locator(".stock").first).to_be_visible()
    await check(page, sizes)

    shop = demo.store("s-market kasarmitori")
    await page.goto(page.url.split("/?")[0] + f"/{shop}?basket=g-001,g-106{mode}")
    await expect(page.locator(".week tr")).to_have_count(7)
    await expect(page.locator(".stops li")).to_have_count(2)
    await page.get_by_role("button", name="Hold it for me").click()
    await expect(page.locator(".hold img")).to_be_visible()
    await check(page, sizes)
    await page.get_by_role("button", name="Cancel the hold").click()
    await expect(page.locator(".hold")).to_have_count(0)


async def test_axe_core_finds_no_violation_in_the_map(visit):
    page = await visit("/?q=Rautatientori", map=True, viewport={"width": 800, "height": 600})
    await listed(page)
    await expect(page.locator("#map canvas")).to_be_visible()
    await none_found(page)


async def check(page: Page, sizes: tuple[tuple[int, int], ...]) -> None:
    """Look at what is shown in each size; then in the dark, which changes colours alone."""
    for width, height in sizes:
        await page.set_viewport_size({"width": width, "height": height})
        await none_found(page)
    await page.emulate_media(color_scheme="dark")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await none_found(page, runOnly=["color-contrast"])
    await page.emulate_media(color_scheme="light")


async def none_found(page: Page, **options: object) -> None:
    found = await Axe().run(page, options=options)
    assert [] == found.response["violations"], found.generate_report()
