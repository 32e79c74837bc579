"""Takes the pictures of one order on two devices: `python deploy/pictures/counter.py`.

Runs the demo on its own data folder: a phone holds, its owner arrives, the tablet of the shop shows
it. Run it by day: at night all shops are closed.
"""

import asyncio
import json
import shutil
import sys
import urllib.request
from typing import Any

from locator import LIST, QUIET, SHOP, free_port, webp
from make import HERE, running_demo
from playwright.async_api import Browser, Page, async_playwright

STORE = SHOP.removeprefix("/")


async def main() -> None:
    """Take both pictures."""
    chromium = shutil.which("chromium") or sys.exit("needs Chromium: apt-get install chromium")
    ports = {"ENRAYON_GRPC_PORT": free_port(), "ENRAYON_HTTP_PORT": free_port()}
    address = f"http://127.0.0.1:{ports['ENRAYON_HTTP_PORT']}"
    with running_demo(**ports):
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=QUIET.split())
            await take(browser, address)
            await browser.close()


async def take(browser: Browser, address: str) -> None:
    """Hold on the phone, arrive, and pick at the counter; save what both screens show."""
    phone = await opened(browser, f"{address}/{STORE}?{LIST}", (390, 844), scale=2)
    async with phone.expect_response(lambda answer: answer.url.endswith("/reservations")) as made:
        await phone.get_by_role("button", name="Hold it for me").click()
    hold = await (await made.value).json()
    basket = [{"product": "products/g-001", "quantity": 1}]
    ask(f"{address}/v1/{STORE}/reservations", {"items": basket})
    started = {
        "deviceId": "phone",
        "consent": True,
        "reservation": hold["name"],
        "tripToken": hold["tripToken"],
    }
    trip = ask(f"{address}/v1/{STORE}/trips:start", started)["name"]
    ask(f"{address}/v1/{trip}:checkIn", {"bay": "2", "vehicle": "red van"})

    tablet = await opened(browser, f"{address}/staff/{STORE.removeprefix('stores/')}", (1180, 760))
    await tablet.locator(f'.card[data-key="{hold["name"]}"]').click()
    await tablet.get_by_role("button", name="Start picking").click()
    await tablet.locator(".tick").first.click()
    await tablet.locator(".told").wait_for(state="detached")
    await phone.locator(".hold img").wait_for()
    await phone.locator("#store").evaluate("(store) => store.scrollIntoView()")
    for name, page in (("counter-phone", phone), ("counter-tablet", tablet)):
        await page.evaluate("document.fonts.ready.then(() => undefined)")
        (HERE / f"{name}.webp").write_bytes(await webp(page, await page.screenshot()))


async def opened(browser: Browser, url: str, size: tuple[int, int], scale: float = 1.5) -> Page:
    """A page of a device of its own."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=scale,
        locale="en-GB",
        timezone_id="Europe/Helsinki",
        reduced_motion="reduce",
    )
    context.set_default_timeout(60_000)
    page = await context.new_page()
    await page.goto(url)
    return page


def ask(url: str, body: dict[str, Any]) -> Any:
    """The JSON answer to a request."""
    head = {"content-type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), head)  # noqa: S310 our demo
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return json.load(answer)


if __name__ == "__main__":
    asyncio.run(main())
