"""Takes the screenshots of the web locator for the README: `python deploy/pictures/locator.py`.

Runs the demo on its own data folder and opens it in Debian's Chromium, in the sizes of a desktop, a
phone and a kiosk. Run it by day: at night all shops are closed.
"""

import asyncio
import base64
import shutil
import socket
import sys
from typing import NamedTuple

from make import HERE, running_demo
from playwright.async_api import Browser, Page, async_playwright

QUIET = (
    "--no-sandbox --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --use-angle=swiftshader --enable-unsafe-swiftshader"
)
SHOP = "/stores/osm-node~299983963"
"""S-Market Kasarmitori, the shop of the demo with a floor plan."""
LIST = "basket=g-001,g-106,g-051"
QUALITY = 0.86
TO_WEBP = """async ([png, quality]) => {
  const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  const blob = await canvas.convertToBlob({ type: "image/webp", quality });
  const written = new Uint8Array(await blob.arrayBuffer());
  return btoa(Array.from(written, (byte) => String.fromCharCode(byte)).join(""));
}"""


class Picture(NamedTuple):
    """A screenshot: its page, size and theme."""

    name: str
    path: str
    size: tuple[int, int]
    scheme: str = "light"
    scale: float = 1.5
    hold: bool = False


PICTURES = (
    Picture("locator-desktop", "/?q=Rautatientori&open=now", (1360, 850)),
    Picture("locator-plan", f"{SHOP}?{LIST}", (1360, 850), "dark"),
    Picture("locator-phone", f"/?q=Rautatientori&{LIST}&stock=all", (390, 844), scale=2),
    Picture("locator-hold", f"{SHOP}?{LIST}", (390, 844), "dark", 2, hold=True),
    Picture("locator-kiosk", f"{SHOP}?{LIST}&mode=kiosk", (1080, 1920), scale=1),
)


async def main() -> None:
    """Take all screenshots."""
    chromium = shutil.which("chromium") or sys.exit("needs Chromium: apt-get install chromium")
    ports = {"ENRAYON_GRPC_PORT": free_port(), "ENRAYON_HTTP_PORT": free_port()}
    with running_demo(**ports):
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=QUIET.split())
            address = f"http://127.0.0.1:{ports['ENRAYON_HTTP_PORT']}"
            for picture in PICTURES:
                await take(browser, address, picture)
            await browser.close()


def free_port() -> str:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


async def take(browser: Browser, address: str, picture: Picture) -> None:
    """Open a page, wait until it is drawn, and save it as WebP."""
    width, height = picture.size
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=picture.scale,
        color_scheme=picture.scheme,  # type: ignore[arg-type]
        locale="en-GB",
        timezone_id="Europe/Helsinki",
        reduced_motion="reduce",
    )
    context.set_default_timeout(60_000)
    page = await context.new_page()
    await page.goto(address + picture.path)
    await page.locator(".stops:visible, .item .state:visible").first.wait_for()
    if picture.hold:
        await page.get_by_role("button", name="Hold it for me").click()
        await page.locator(".hold img").wait_for()
        await page.locator("#store").evaluate("(store) => store.scrollIntoView()")
    await drawn(page)
    (HERE / f"{picture.name}.webp").write_bytes(await webp(page, await page.screenshot()))
    await context.close()


async def drawn(page: Page) -> None:
    """Wait until the map has stopped moving and its fonts are loaded."""
    await page.wait_for_load_state("networkidle")
    await page.locator("#map:not([aria-busy])").wait_for()
    await page.evaluate("document.fonts.ready.then(() => undefined)")


async def webp(page: Page, png: bytes) -> bytes:
    """A screenshot as WebP, which the browser itself encodes."""
    written = await page.evaluate(TO_WEBP, [base64.b64encode(png).decode(), QUALITY])
    return base64.b64decode(written)


if __name__ == "__main__":
    asyncio.run(main())
