"""A page of another origin under a strict policy embeds the locator, by element and by script."""

import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.async_api import expect

PAGE = """<!doctype html><html lang="en"><title>Shop</title><body><h1>Our shops</h1>
<script src="{home}/embed.js" {data} async></script>{element}
<p id="told"></p><script src="/told.js"></script></body></html>"""
TOLD = """
for (const type of ["enrayon:select", "enrayon:hold"]) {
  addEventListener(type, ({ detail }) => {
    document.getElementById("told").textContent += `${type} ${detail.store};`;
  });
}
"""
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1"/></svg>'
)


class Host:
    """A web site of another origin, whose policy allows nothing inline."""

    def __init__(self, home: str) -> None:
        self.page = ""
        files = {"/told.js": (TOLD, "text/javascript"), "/logo.svg": (LOGO, "image/svg+xml")}
        host = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                text, kind = files.get(self.path, (host.page, "text/html"))
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header(
                    "content-security-policy",
                    f"default-src 'none'; script-src 'self' {home}; frame-src {home}; "
                    "img-src 'self'",
                )
                self.send_header("referrer-policy", "no-referrer")
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://localhost:{self.server.server_port}"


@pytest.fixture
def host(demo) -> Iterator[Host]:
    found = Host(f"http://127.0.0.1:{demo.http_port}")
    thread = threading.Thread(target=found.server.serve_forever)
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


def page(demo, data: str = "", element: str = "") -> str:
    return PAGE.format(home=f"http://127.0.0.1:{demo.http_port}", data=data, element=element)


async def test_an_element_is_dressed_as_asked_grows_and_tells_what_is_chosen(visit, demo, host):
    host.page = page(
        demo,
        element='<enrayon-locator q="Rautatientori" lang="sv" radius="150" accent="#ffee00"'
        ' logo="/logo.svg" max-height="900"></enrayon-locator>',
    )
    shown = await visit("/robots.txt")
    await shown.goto(host.address)
    frame = shown.frame_locator("enrayon-locator iframe")
    await expect(frame.locator(".item").first).to_be_visible()
    await expect(frame.locator("#status")).to_contain_text("Butiker nära")
    await expect(frame.locator(".distance").first).to_be_visible()
    distances = await frame.locator(".distance").all_inner_texts()
    assert all("km" not in each for each in distances)
    logo = frame.locator(".home img")
    await expect(logo).to_have_attribute("src", f"{host.address}/logo.svg")
    assert await logo.evaluate("image => image.complete && image.naturalWidth > 0")
    accent = await frame.locator(":root").evaluate(
        "root => getComputedStyle(root).getPropertyValue('--accent')"
    )
    assert "rgb(255 238 0)" != accent.strip()  # yellow on white could not be read
    await expect(shown.locator("enrayon-locator iframe")).to_have_css("height", "900px")

    await frame.locator(".item a").first.click()
    await expect(shown.locator("#told")).to_contain_text("enrayon:select stores/")


async def test_a_script_alone_embeds_a_store_with_a_basket_and_tells_of_a_hold(visit, demo, host):
    store = demo.store("s-market kasarmitori").removeprefix("stores/")
    host.page = page(demo, f'data-store="{store}" data-basket="g-001" data-height="700"')
    shown = await visit("/robots.txt")
    await shown.goto(host.address)
    frame = shown.frame_locator("iframe")
    await frame.get_by_role("button", name="Hold it for me").click()
    await expect(shown.locator("#told")).to_have_text(f"enrayon:hold stores/{store};")
    await expect(shown.locator("iframe")).to_have_css("height", "700px")
    await frame.get_by_role("button", name="Cancel the hold").click()
    await expect(frame.locator(".hold")).to_have_count(0)


async def test_a_foreign_logo_is_not_shown_and_a_link_dresses_nothing(visit, demo, host):
    host.page = page(
        demo, element='<enrayon-locator logo="https://other.example/x.png"></enrayon-locator>'
    )
    shown = await visit("/robots.txt")
    await shown.goto(host.address)
    frame = shown.frame_locator("enrayon-locator iframe")
    await expect(frame.locator(".item").first).to_be_visible()
    assert "/assets/" in str(await frame.locator(".home img").get_attribute("src"))
    await shown.goto(f"http://127.0.0.1:{demo.http_port}/?logo={host.address}/logo.svg")
    assert "/assets/" in str(await shown.locator(".home img").get_attribute("src"))


async def test_the_page_to_copy_from_shows_a_locator(visit):
    shown = await visit("/embed")
    frame = shown.frame_locator("enrayon-locator iframe")
    await expect(frame.locator(".item").first).to_be_visible()
    await expect(shown.locator("pre").first).to_contain_text("<enrayon-locator")
