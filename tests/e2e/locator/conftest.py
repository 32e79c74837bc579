"""One real browser on one demo, for all tests of the web locator."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.e2e.suite import started
from tests.support.locator import Demo

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
"""Without a graphics card, drawing the map takes most of a test; most tests need no map."""

Visit = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with started(Demo, tmp_path_factory.mktemp("demo"), "--demo") as suite:
        yield suite


@asynccontextmanager
async def launched(*options: str) -> AsyncIterator[Browser]:
    """A browser with more options."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*QUIET.split(), *options]
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session")
async def browser(demo: Demo) -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


@pytest_asyncio.fixture
async def visit(browser: Browser, demo: Demo) -> AsyncIterator[Visit]:
    """Opens a page as a new visitor; an error of the page fails the test."""
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
