"""A chat shows answers of tools as views (MCP Apps): in a sandbox, in its look, without network."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from mcp import Client
from mcp_types import TextResourceContents
from playwright.async_api import Browser, FrameLocator, Page, expect

from geodata.samples import SUPERMARKET
from services.edge.agents.views import HOLD, MAX_BYTES, PLANS, STORES, WAY
from tests.e2e.locator.test_stock import APPLES, MILK, S_MARKET
from tests.support import app_host

KAMPPI = {"latitude": 60.1690, "longitude": 24.9310}


@dataclass
class Shown:
    """A view that a host shows."""

    page: Page
    view: FrameLocator
    content: dict[str, Any]
    """What the model has: structured content."""
    said: str
    """What the person has without views: the sentence."""


Show = Callable[..., Awaitable[Shown]]


@pytest.fixture
async def show(browser: Browser, demo) -> AsyncIterator[Show]:
    """Calls a tool and shows its result in its view; errors and any request of a view fail it."""
    wrong: list[str] = []
    contexts = []
    url = f"http://127.0.0.1:{demo.http_port}/mcp"

    async def call(params: dict[str, Any]) -> dict[str, Any]:
        async with Client(url, read_timeout_seconds=60) as agent:
            answer = await agent.call_tool(params["name"], params["arguments"])
        return answer.model_dump(mode="json", by_alias=True, exclude_none=True)

    async def open(uri: str, tool: str, arguments: dict[str, Any], **look: Any) -> Shown:
        async with Client(url, read_timeout_seconds=60) as agent:
            tools = {each.name: each for each in (await agent.list_tools()).tools}
            [document] = (await agent.read_resource(uri)).contents
        assert {"ui": {"resourceUri": uri}} == tools[tool].meta
        assert isinstance(document, TextResourceContents)
        assert "text/html;profile=mcp-app" == document.mime_type
        assert len(document.text.encode()) <= MAX_BYTES
        result = await call({"name": tool, "arguments": arguments})
        assert not result.get("isError"), result["content"]
        context = await browser.new_context(viewport={"width": 760, "height": 900})
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text))
        page.on("request", lambda each: wrong.append(each.url) if outside(each.url) else None)
        view = await app_host.show(page, document.text, call, result, arguments, **look)
        await expect(view.locator("h1")).to_be_visible()
        content, said = result["structuredContent"], result["content"][0]["text"]
        return Shown(page, view, content, said)

    yield open
    for context in contexts:
        await context.close()
    assert [] == wrong


def outside(url: str) -> bool:
    return not url.startswith((app_host.ADDRESS, "about:", "data:"))


async def test_stores_stand_on_a_map_and_one_is_chosen_in_the_chat(show):
    shown = await show(STORES, "find_stores", {"place": "Rautatientori", "limit": 4})
    view, stores = shown.view, shown.content["stores"]
    assert all(store["name"] in shown.said for store in stores)
    for number, store in enumerate(stores, 1):
        pin = view.locator(".pin").filter(has_text=re.compile(f"{number}$"))
        await expect(pin.locator("title")).to_contain_text(store["name"])
    await expect(view.get_by_role("heading", level=2)).to_have_text([s["name"] for s in stores])
    await expect(view.get_by_role("img", name="Map of the stores")).to_contain_text(" m")
    await view.get_by_role("button", name="Choose this store").nth(1).click()
    *_, message = [m for m in await app_host.heard(shown.page) if m["method"] == "ui/message"]
    [text] = message["params"]["content"]
    assert f"I choose {stores[1]['name']} ({stores[1]['store']})." == text["text"]
    assert {"null"} == {each["origin"] for each in await app_host.heard(shown.page)}, "a sandbox"


async def test_a_hold_is_shown_with_its_code_and_looked_at_again_in_the_chats_language(show, demo):
    items = [{"product": APPLES}]
    wanted = {"store": S_MARKET, "items": items, "confirm": True}
    shown = await show(HOLD, "hold_items", wanted, theme="dark", locale="fi-FI")
    view, hold = shown.view, shown.content
    await expect(view.locator("h1")).to_have_text("Varattu sinulle")
    await expect(view.locator(".code")).to_have_text(hold["code"])
    await expect(view.get_by_text("1 × Apples")).to_be_visible()
    image = view.get_by_alt_text("Skannattava koodi kassalle")
    assert await image.evaluate("(image) => image.complete && image.naturalWidth > 100")
    dark = await view.locator("body").evaluate("(body) => getComputedStyle(body).backgroundColor")
    assert "rgb(30, 34, 37)" == dark
    demo.post(f"/v1/{hold['reservation']}:cancel", {})
    await view.get_by_role("button", name="Päivitä").click()
    await expect(view.locator("h1")).to_have_text("Peruttu")
    await expect(image).to_have_count(0)


async def test_the_way_is_drawn_on_the_plan_and_a_host_without_abilities_gets_no_buttons(show):
    items = [{"product": product} for product in (APPLES, MILK)]
    store = f"stores/{SUPERMARKET}"
    arguments = {"store": store, "items": items}
    shown = await show(WAY, "find_way_in_store", arguments, theme="dark", capabilities={})
    view, way = shown.view, shown.content
    assert PLANS not in way, "drawings are for the view, not for the model"
    names = [item["name"] for stop in way["stops"] for item in stop["items"]]
    await expect(view.locator(".stops strong")).to_have_text(names)
    plan = view.get_by_role("img", name="Plan of the store, with the way")
    await expect(plan.locator("svg")).to_be_visible()
    fills = await plan.locator("svg > rect").first.get_attribute("fill")
    assert "#16181d" == fills, "the paper of a dark plan"
    assert all(name in shown.said for name in names)
    await view.get_by_text("Step by step").click()
    await expect(view.locator("details li")).to_have_text(way["steps"])
    await expect(view.get_by_role("button")).to_have_count(0)
