"""Takes the screenshots of the views of agents: `python deploy/pictures/agents.py`.

Runs the demo on its own data folder, and shows the views in the host of the tests. Run it by day.
"""

import asyncio
import shutil
import sys
from typing import Any, NamedTuple

from locator import QUIET, SHOP, free_port, webp
from make import HERE, running_demo
from mcp import Client
from playwright.async_api import Browser, async_playwright

from tests.support import app_host

STORE = SHOP.removeprefix("/")
BASKET = [{"product": f"products/{sku}"} for sku in ("g-001", "g-106", "g-051", "g-048")]
KAMPPI = {"latitude": 60.1690, "longitude": 24.9310}


class Picture(NamedTuple):
    """A screenshot of a tool's answer in its view."""

    view: str
    tool: str
    arguments: dict[str, Any]
    theme: str = "light"


PICTURES = (
    Picture("stores", "find_pickup_options", {"items": BASKET[:2], "limit": 3, **KAMPPI}),
    Picture("hold", "hold_items", {"store": STORE, "items": BASKET[:3], "confirm": True}, "dark"),
    Picture("way", "find_way_in_store", {"store": STORE, "items": BASKET}),
)


async def main() -> None:
    """Take all screenshots."""
    chromium = shutil.which("chromium") or sys.exit("needs Chromium: apt-get install chromium")
    ports = {"ENRAYON_GRPC_PORT": free_port(), "ENRAYON_HTTP_PORT": free_port()}
    with running_demo(**ports):
        address = f"http://127.0.0.1:{ports['ENRAYON_HTTP_PORT']}/mcp"
        async with Client(address) as agent, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=QUIET.split())
            for picture in PICTURES:
                await take(browser, agent, picture)
            await browser.close()


async def take(browser: Browser, agent: Client, picture: Picture) -> None:
    """Show an answer, and save the view as WebP."""

    async def call(params: dict[str, Any]) -> dict[str, Any]:
        answer = await agent.call_tool(params["name"], params["arguments"])
        return answer.model_dump(mode="json", by_alias=True, exclude_none=True)

    [document] = (await agent.read_resource(f"ui://enrayon/{picture.view}")).contents
    result = await call({"name": picture.tool, "arguments": picture.arguments})
    context = await browser.new_context(
        viewport={"width": 800, "height": 1400}, device_scale_factor=1.5
    )
    page = await context.new_page()
    view = await app_host.show(
        page, document.text, call, result, picture.arguments, theme=picture.theme
    )
    await view.locator("h1").wait_for()
    await asyncio.sleep(1)  # the frame gets its height from the view
    png = await page.locator("iframe").screenshot()
    (HERE / f"agents-{picture.view}.webp").write_bytes(await webp(page, png))
    await context.close()


if __name__ == "__main__":
    asyncio.run(main())
