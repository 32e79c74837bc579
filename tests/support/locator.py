"""The demo as tests of the web locator ask it: its JSON door, and what its page lists."""

import json
import urllib.request
from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.suite import Suite


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
