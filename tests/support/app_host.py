"""A host of MCP Apps (SEP-1865) for tests: it shows a view in a sandbox and speaks with it.

It sets the policy that the specification asks for where a view declares no domain, so that a view
that loads anything breaks it.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import FrameLocator, Page

ADDRESS = "https://host.example/"
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; media-src 'self' data:; connect-src 'none'"
)
"""The policy for a view without declared domains."""
ALL: dict[str, Any] = {"openLinks": {}, "serverTools": {}, "message": {"text": {}}}
HOST = """<!doctype html>
<meta charset="utf-8">
<style>
  body { margin: 0; padding: 16px; background: var(--back); }
  iframe { display: block; width: 100%; height: 400px; border: 0; border-radius: 16px; }
</style>
<iframe sandbox="allow-scripts"></iframe>
<script type="module">
  const frame = document.querySelector("iframe");
  const given = JSON.parse(GIVEN);
  document.body.style.setProperty("--back", given.context.theme === "dark" ? "#101214" : "#eceae5");
  window.heard = [];
  const post = (message) => frame.contentWindow.postMessage({ jsonrpc: "2.0", ...message }, "*");
  window.tell = (method, params) => post({ method, params });
  const answers = {
    "ui/initialize": () => ({
      protocolVersion: "2026-01-26", hostInfo: { name: "tests", version: "1" },
      hostCapabilities: given.capabilities, hostContext: given.context,
    }),
    "ui/message": () => ({}),
    "tools/call": (params) => window.callTool(params),
  };
  addEventListener("message", async ({ source, origin, data }) => {
    if (source !== frame.contentWindow) return;
    window.heard.push({ origin, ...data });
    const { id, method, params } = data;
    if (id !== undefined && method) {
      if (answers[method]) post({ id, result: await answers[method](params) });
      else post({ id, error: { code: -32601, message: "no such method" } });
    } else if (method === "ui/notifications/size-changed") {
      frame.style.height = `${params.height}px`;
    } else if (method === "ui/notifications/initialized") {
      window.tell("ui/notifications/tool-input", { arguments: given.input });
      window.tell("ui/notifications/tool-result", given.result);
    }
  });
  frame.srcdoc = given.document;
</script>
"""

Call = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


async def show(
    page: Page,
    document: str,
    call: Call,
    result: dict[str, Any],
    input: dict[str, Any] | None = None,
    *,
    theme: str = "light",
    locale: str = "en-GB",
    capabilities: dict[str, Any] | None = None,
) -> FrameLocator:
    """Shows a result in a view; `call` calls a tool of the server for it."""
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    given = {
        "document": document.replace("<head>", f"<head>{policy}", 1),
        "capabilities": ALL if capabilities is None else capabilities,
        "context": {"theme": theme, "locale": locale, "displayMode": "inline"},
        "input": input or {},
        "result": result,
    }
    text = json.dumps(json.dumps(given)).replace("<", "\\u003c")

    async def host(route: Any) -> None:
        body = HOST.replace("GIVEN", text)
        await route.fulfill(body=body, content_type="text/html; charset=utf-8")

    await page.expose_function("callTool", call)
    await page.route("**/*", host)
    await page.goto(ADDRESS)
    return page.frame_locator("iframe")


async def heard(page: Page) -> list[dict[str, Any]]:
    """What the view has sent, in its order."""
    messages: list[dict[str, Any]] = await page.evaluate("window.heard")
    return messages
