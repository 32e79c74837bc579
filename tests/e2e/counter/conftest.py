"""One browser on one demo with access control, for all tests of the counter."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.e2e.locator.conftest import CHROMIUM, WAIT_MS, launched
from tests.e2e.suite import started
from tests.support.counter import S_MARKET, Shop

TABLET = {"width": 1180, "height": 820}

SignIn = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with started(Shop, tmp_path_factory.mktemp("counter"), "--demo") as suite:
        yield suite


@pytest_asyncio.fixture(scope="session")
async def chromium(shop: Shop) -> AsyncIterator[Browser]:
    async with launched() as browser:
        yield browser


class Tablets:
    """Tablets of shops; an error of one of their pages fails the test."""

    def __init__(self, shop: Shop, browser: Browser) -> None:
        self.shop = shop
        self.browser = browser
        self.wrong: list[str] = []
        self.contexts: list[BrowserContext] = []
        self._link = ""

    async def context(self, **options: Any) -> BrowserContext:
        """A browser of its own."""
        context = await self.browser.new_context(
            **{"viewport": TABLET, "locale": "en-GB", "reduced_motion": "reduce", **options}
        )
        context.set_default_timeout(WAIT_MS)
        self.contexts.append(context)
        return context

    async def page(self, context: BrowserContext) -> Page:
        """A page that is watched for errors."""
        page = await context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on(
            "console",
            lambda said: self.wrong.append(said.text) if "Security Policy" in said.text else None,
        )
        return page

    async def sign_in(self, name: str, store: str = S_MARKET, **options: Any) -> Page:
        """A new tablet at its counter."""
        page = await self.page(await self.context(**options))
        await page.goto(self.shop.link(name, store))
        await page.locator("#enter").click()
        await expect(page.locator("#tabs a").first).to_be_visible()
        return page


@pytest_asyncio.fixture
async def tablets(shop: Shop, chromium: Browser) -> AsyncIterator[Tablets]:
    """Signs tablets in."""
    found = Tablets(shop, chromium)
    yield found
    for context in found.contexts:
        await context.close()
    assert [] == found.wrong


@pytest_asyncio.fixture
async def empty(shop: Shop) -> AsyncIterator[None]:
    """Nothing is on hold at the shop, before and after; it has plenty of all goods."""

    def end() -> None:
        listed = shop.call("GET", f"/v1/{S_MARKET}/reservations?page_size=1000")
        for hold in listed.get("reservations", []):
            shop.call("POST", f"/v1/{hold['name']}:cancel", {})

    end()
    shop.stock_up()
    yield
    end()
