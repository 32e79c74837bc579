"""One real browser on one demo, for all tests of the web locator."""

import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

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


class Visitors:
    """Contexts of the browser by their options. A test that ends leaves its own to later ones.

    A new context has an empty cache: to fetch and compile all modules again is a third of a visit.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: defaultdict[str, list[BrowserContext]] = defaultdict(list)
        self._taken: list[tuple[str, BrowserContext]] = []

    async def new(self, *, map: bool, **options: Any) -> BrowserContext:
        """The context of a visitor who keeps nothing of an earlier visit but files."""
        options = {"viewport": DESKTOP, "locale": "en-GB", "reduced_motion": "reduce", **options}
        key = repr((map, sorted(options.items())))
        context = self._free[key].pop() if self._free[key] else None
        if context is None:
            context = await self._browser.new_context(**options)
            context.set_default_timeout(WAIT_MS)
            if not map:
                await context.add_init_script(WITHOUT_WEBGL)
        self._taken.append((key, context))
        return context

    async def leave(self, origin: str) -> None:
        """Close the pages of all visitors, and forget what they kept."""
        for key, context in self._taken:
            page = await context.new_page()
            devtools = await context.new_cdp_session(page)
            what = {"origin": origin, "storageTypes": "local_storage,indexeddb,service_workers"}
            await devtools.send("Storage.clearDataForOrigin", what)
            await context.clear_cookies()
            for each in context.pages:
                await each.close()
            self._free[key].append(context)
        self._taken.clear()

    async def close(self) -> None:
        """Close all contexts."""
        for contexts in self._free.values():
            for context in contexts:
                await context.close()


@pytest_asyncio.fixture(scope="module")
async def visitors(browser: Browser) -> AsyncIterator[Visitors]:
    found = Visitors(browser)
    yield found
    await found.close()


@pytest_asyncio.fixture
async def visit(visitors: Visitors, demo: Demo) -> AsyncIterator[Visit]:
    """Opens a page as a new visitor; an error of the page fails the test."""
    wrong: list[str] = []
    origin = f"http://127.0.0.1:{demo.http_port}"

    async def open(path: str = "/", *, map: bool = False, **options: Any) -> Page:
        context = await visitors.new(map=map, **options)
        page = await context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda said: wrong.append(said.text) if "Security Policy" in said.text else None,
        )
        await page.goto(f"{origin}{path}")
        return page

    yield open
    await visitors.leave(origin)
    assert [] == wrong
