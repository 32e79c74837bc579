"""The demo with helpers for tests of the web locator."""

import json
import urllib.request
from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.suite import Suite


class Demo(Suite):
    """The demo, with JSON requests beside the page."""

    def post(self, path: str, body: Any, method: str = "POST") -> Any:
        """The JSON answer to a request with a body."""
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
        """The available quantity of a product at a store."""
        [level] = self.get(f"/v1/{store}/stock?products={product}")["levels"]
        return int(level.get("available", 0))


async def listed(page: Page) -> list[str]:
    """Wait for the list; returns its names."""
    # The page comes with its first list; the theme tells that the script has taken over.
    await expect(page.locator("html[data-theme]")).to_have_count(1)
    await expect(page.locator("#results[aria-busy]")).to_have_count(0)
    await expect(page.locator(".item").first).to_be_visible()
    return await page.locator(".item .name").all_inner_texts()


async def listed_stores(page: Page) -> list[str]:
    """Wait for the list; returns its stores' resource names."""
    await listed(page)
    links = page.locator(".item a")
    return [str(await link.get_attribute("data-name")) for link in await links.all()]
