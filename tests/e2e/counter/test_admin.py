"""The overview of a chain: orders, demand, subscriptions, sessions and keys."""

import re

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.support.counter import S_MARKET


@pytest.mark.long
async def test_an_admin_sees_the_chain_and_signs_a_tablet_out(shop, tablets):
    link = shop.key("chief", "--role", "admin")["link"]
    hold = shop.hold(milk=1)
    tablet = await tablets.sign_in("lost-tablet")
    page = await tablets.page(await tablets.context())
    await page.goto(link)
    await page.locator("#enter").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Overview")

    await page.get_by_label("Type a shop").fill("S-Market Kasarmitori")
    await expect(page.locator("#holds td").filter(has_text=hold["name"][-4:])).to_be_visible()
    source = page.locator("#holds tr", has=page.get_by_role("cell", name="demo", exact=True))
    await expect(source.locator("td").nth(1)).to_have_text(re.compile(r"^\d+$"))
    await expect(page.locator("#keys td").filter(has_text="office").first).to_be_visible()
    await expect(page.locator("#demand")).not_to_be_empty()
    await expect(page.locator("#subscriptions")).not_to_be_empty()
    secrets = [shop.app[-30:], shop.office[-30:]]
    text = await page.content()
    assert [] == [secret for secret in secrets if secret in text]
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        await expect(page.locator("html")).to_have_attribute("data-theme", scheme)
        found = await Axe().run(page)
        assert [] == found.response["violations"], found.generate_report()

    await page.get_by_role("button", name="lost-tablet").first.click()
    await expect(tablet.get_by_role("heading", name="You are signed out")).to_be_visible()
    await page.get_by_role("link", name="S-Market Kasarmitori").click()
    await expect(page.locator(f'.card[data-key="{hold["name"]}"]')).to_be_visible()
    assert S_MARKET.removeprefix("stores/") in page.url
    shop.call("POST", f"/v1/{hold['name']}:cancel", {})
