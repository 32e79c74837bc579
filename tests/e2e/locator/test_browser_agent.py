"""An agent of the browser uses the page by WebMCP, which Debian's Chromium has behind a flag."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.e2e.locator.conftest import launched
from tests.e2e.locator.test_stock import APPLES, MILK, S_MARKET
from tests.support.locator import Demo, listed

CALL = """async ([name, input]) => {
  const tools = await document.modelContext.getTools();
  const tool = tools.find((each) => each.name === name);
  return JSON.parse(await document.modelContext.executeTool(tool, input));
}"""


@pytest_asyncio.fixture(scope="session")
async def browser(demo: Demo) -> AsyncIterator[Browser]:
    async with launched("--enable-features=WebMCPTesting") as browser:
        yield browser


async def ask(page: Page, name: str, **arguments: Any) -> Any:
    return await page.evaluate(CALL, [name, arguments])


async def test_an_agent_searches_opens_and_looks_at_stock_as_the_person_sees(visit, demo):
    page = await visit()
    await listed(page)
    tools = await page.evaluate(
        "async () => (await document.modelContext.getTools()).map("
        "({ name, annotations }) => [name, annotations.readOnlyHint])"
    )
    offered = {name: bool(reads) for name, reads in tools}
    searches = {"find_stores": True, "open_store": True, "check_stock": True}
    assert searches | {"hold_items": False} == offered

    found = await ask(page, "find_stores", query="Rautatientori")
    names = await listed(page)
    assert names == [store["name"] for store in found["stores"]]
    assert "Stores near Rautatientori" == found["title"]

    opened = await ask(page, "open_store", store=S_MARKET)
    await expect(page.get_by_role("heading", name=opened["name"])).to_be_visible()
    assert "Always open" == opened["hours"]

    items = [{"product": "maito", "quantity": 1}, {"product": APPLES}]
    stock = await ask(page, "check_stock", store=S_MARKET, items=items)
    level = demo.available(S_MARKET, MILK)
    assert [MILK, APPLES] == [item["product"] for item in stock["items"]]
    assert (level > 0) == (stock["items"][0]["band"] in {"IN_STOCK", "LIMITED"})

    coffee = await ask(page, "check_stock", store=S_MARKET, items=[{"product": "coffee"}])
    assert "Which of these is “coffee”?" in coffee["error"]
    assert "Ground coffee (products/" in coffee["error"]
    unheard = await ask(page, "find_stores", query="Kamppi", radius=2)
    assert {"error": "radius: there is no such argument; the arguments are query"} == unheard
    gone = await ask(page, "open_store", store="stores/none")
    assert "stores/none" in gone["error"]


async def test_an_agent_holds_only_what_the_person_on_the_page_agrees_to(visit, demo):
    page = await visit("/?q=Rautatientori")
    await listed(page)
    before = demo.available(S_MARKET, APPLES)
    wanted = {"store": S_MARKET, "items": [{"product": "apples", "quantity": 2}]}
    told = asyncio.create_task(ask(page, "hold_items", **wanted))
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("S-Market Sokos Helsinki")
    await expect(dialog.get_by_role("listitem")).to_have_text("2 × Apples")
    await expect(dialog.get_by_role("button", name="No, do not hold it")).to_be_focused()
    await page.keyboard.press("Escape")
    assert {"error": "The person said no. Nothing is held."} == await told
    assert before == demo.available(S_MARKET, APPLES)

    told = asyncio.create_task(ask(page, "hold_items", **wanted))
    await dialog.get_by_role("button", name="Hold it for me").click()
    held = await told
    try:
        await expect(page.get_by_role("heading", name="Held for you")).to_be_visible()
        assert before - 2 == demo.available(S_MARKET, APPLES)
        assert held["ready_by"] < held["expires"]
    finally:
        demo.post(f"/v1/{held['reservation']}:cancel", {})
