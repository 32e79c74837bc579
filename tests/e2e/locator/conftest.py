"""The web locator in a real browser, on the demo: one browser and one suite for all tests."""

import json
import shutil
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.e2e.suite import Suite, started

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--no-sandbox --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --use-angle=swiftshader --enable-unsafe-swiftshader"
)
DESKTOP = {"width": 1360, "height": 850}
WAIT_MS = 30_000
expect.set_options(timeout=WAIT_MS)

WITHOUT_WEBGL = """
const context = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...options) {
  return kind.startsWith("webgl") ? null : context.call(this, kind, ...options);
};
"""
"""Drawing a map without a graphics card takes most of a test's time, and most tests need none."""

Visit = Callable[..., Awaitable[Page]]


class Demo(Suite):
    """The demo, with what tests ask its JSON door beside the page."""

    def post(self, path: str, body: Any, method: str = "POST") -> Any:
        """What the JSON door answers to a body."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.http_port}{path}",
            json.dumps(body).encode(),
            {"content-type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def store(self, words: str) -> str:
        """The name of the store that these words find."""
        found = self.post("/v1/stores:search", {"query": words})
        name: str = found["matches"][0]["store"]["name"]
        return name

    def available(self, store: str, product: str) -> int:
        """How many of a product a store can promise."""
        [level] = self.get(f"/v1/{store}/stock?products={product}")["levels"]
        return int(level.get("available", 0))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with started(Demo, tmp_path_factory.mktemp("demo"), "--demo") as suite:
        yield suite


@pytest_asyncio.fixture(scope="session")
async def browser(demo: Demo) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET.split())
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def visit(browser: Browser, demo: Demo) -> AsyncIterator[Visit]:
    """Opens a page as one more person; what the page itself does wrong fails the test."""
    wrong: list[str] = []
    contexts = []

    async def open(path: str = "/", *, map: bool = False, **options: Any) -> Page:
        context = await browser.new_context(
            **{"viewport": DESKTOP, "locale": "en-GB", "reduced_motion": "reduce", **options}
        )
        context.set_default_timeout(WAIT_MS)
        contexts.append(context)
        if not map:
            await context.add_init_script(WITHOUT_WEBGL)
        page = await context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda said: wrong.append(said.text) if "Security Policy" in said.text else None,
        )
        await page.goto(f"http://127.0.0.1:{demo.http_port}{path}")
        return page

    yield open
    for context in contexts:
        await context.close()
    assert [] == wrong


async def listed(page: Page) -> list[str]:
    """The names in the list, once it is there."""
    await expect(page.locator("#results[aria-busy]")).to_have_count(0)
    await expect(page.locator(".item").first).to_be_visible()
    return await page.locator(".item .name").all_inner_texts()


async def listed_stores(page: Page) -> list[str]:
    """Their resource names."""
    await listed(page)
    links = page.locator(".item a")
    return [str(await link.get_attribute("data-name")) for link in await links.all()]
