"""One order on two devices: a phone holds, goes and arrives; the tablet prepares and hands over."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.support.counter import S_MARKET

pytestmark = pytest.mark.usefixtures("empty")
PHONE = {"width": 390, "height": 844}


async def test_from_the_phone_to_the_hand(shop, tablets):
    """The phone shows the page inside an app, which holds and tells the way by its own key."""
    tablet = await tablets.sign_in("story")
    await expect(tablet.locator(".queue-view .empty").first).to_have_text(
        "Nobody waits for anything."
    )
    phone = await tablets.page(
        await tablets.context(viewport=PHONE, has_touch=True, is_mobile=True)
    )
    await phone.goto(
        f"http://127.0.0.1:{shop.http_port}/{S_MARKET}?basket=g-001,g-106&key={shop.app}"
    )
    async with phone.expect_response(lambda answer: answer.url.endswith("/reservations")) as made:
        await phone.get_by_role("button", name="Hold it for me").click()
    hold = await (await made.value).json()
    await expect(phone.locator(".hold img")).to_be_visible()

    card = tablet.locator(f'.card[data-key="{hold["name"]}"]')
    await expect(card.locator(".state")).to_have_text("New")
    await card.click()
    await tablet.get_by_role("button", name="Start picking").click()
    for tick in await tablet.locator(".detail .tick").all():
        await tick.click()
    await tablet.get_by_role("button", name="Ready for pick-up").click()
    await expect(card.locator(".state")).to_have_text("Ready")

    await asyncio.to_thread(shop.come, hold, "3", "ABC-123")
    await expect(card.locator(".arrived")).to_contain_text("Here for")
    await expect(card).to_contain_text("Bay 3")
    await expect(tablet.locator("html")).to_have_attribute("data-sounds", "1")

    await phone.reload()
    await expect(phone.locator(".hold .ready")).to_have_text("It is ready for you.")
    await expect(phone.locator(".hold .short")).to_have_text(re.compile(r"^Code \w{4} \w{4}$"))
    said = await phone.locator(".hold .short").inner_text()
    await tablet.locator(".detail").get_by_role("button", name="Hand over").click()
    await tablet.get_by_label("Type the code").fill(said.removeprefix("Code "))
    await tablet.get_by_role("button", name="Handed over").click()
    await expect(tablet.get_by_role("button", name="Undo")).to_be_visible()
    await phone.reload()
    await expect(phone.locator(".week tr").first).to_be_visible()
    await expect(phone.locator(".hold")).to_have_count(0)
    await tablet.get_by_role("link", name="Queue").click()
    await expect(card).to_have_count(0)
