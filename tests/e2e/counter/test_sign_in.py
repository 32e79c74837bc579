"""A tablet is signed in by a link, once, and nobody else by its cookie."""

import json

import httpx
import pytest
from playwright.async_api import expect

from services.chassis.access.credentials import SESSION_COOKIE, SESSION_HEADER
from tests.support.counter import S_MARKET

ELSEWHERE = "stores/osm-node~288130404"
"""S-Market Sokos."""
PAGES = (f"/{S_MARKET.replace('stores', 'staff')}", "/staff", "/admin")


@pytest.fixture(scope="module")
def http(shop):
    with httpx.Client(base_url=f"http://127.0.0.1:{shop.http_port}", timeout=60) as http:
        yield http


def signed_in(http: httpx.Client, link: str) -> httpx.Response:
    code = link.partition("#")[2]
    return http.post("/sign-in", json={"code": code}, headers={SESSION_HEADER: "page"})


async def test_a_link_leads_to_the_counter_and_leaves_no_secret_behind(shop, tablets):
    link = shop.link("door-1")
    code = link.partition("#")[2]
    page = await tablets.page(await tablets.context())
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.url} {request.headers}"))
    await page.goto(link)
    await expect(page.locator("#enter")).to_be_visible()
    assert page.url.endswith("/sign-in")
    await page.locator("#enter").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("S-Market Kasarmitori")

    assert PAGES[0] in page.url
    [cookie] = await page.context.cookies()
    assert (SESSION_COOKIE, True, True, "Strict", "/") == tuple(
        cookie[name] for name in ("name", "httpOnly", "secure", "sameSite", "path")
    )
    assert cookie["expires"] > 0
    seen = await page.evaluate(
        "[document.cookie, JSON.stringify({...localStorage}), location.href]"
    )
    token = cookie["value"]
    assert [] == [text for text in (*seen, *asked) if token in text or code in text]
    await page.reload()
    await expect(page.locator("#tabs a").first).to_be_visible()
    storage = json.dumps(await page.evaluate("Object.keys(localStorage)"))
    assert "key" not in storage


async def test_a_link_that_was_used_says_so(shop, tablets, http):
    link = shop.link("door-2")
    assert 200 == signed_in(http, link).status_code
    page = await tablets.page(await tablets.context())
    await page.goto(link)
    await page.locator("#enter").click()
    await expect(page.locator("#message")).to_contain_text("used already")
    http.cookies.clear()


@pytest.mark.parametrize("path", PAGES)
def test_without_a_session_there_is_no_page(http, path):
    assert 404 == http.get(path).status_code
    made_up = f"{SESSION_COOKIE}=enrayon_x_{'A' * 43}"
    assert 404 == http.get(path, headers={"cookie": made_up}).status_code


def test_a_session_is_for_its_own_shop(shop, http):
    answer = signed_in(http, shop.link("door-3"))
    cookie = answer.headers["set-cookie"].partition(";")[0]
    assert "token" not in answer.text

    def seen(path: str) -> int:
        headers = {"cookie": cookie, SESSION_HEADER: "page"}
        return int(http.get(path, headers=headers).status_code)

    own, other = PAGES[0], f"/{ELSEWHERE.replace('stores', 'staff')}"
    assert [200, 404, 404] == [seen(path) for path in (own, other, "/admin")]
    queues = [f"/v1/{store}/pickupQueue" for store in (S_MARKET, ELSEWHERE)]
    assert [200, 403] == [seen(path) for path in queues]
    http.cookies.clear()


def test_no_page_frames_them_and_no_search_engine_keeps_them(shop, http):
    cookie = signed_in(http, shop.link("door-4")).headers["set-cookie"].partition(";")[0]
    headers = http.get(PAGES[0], headers={"cookie": cookie}).headers
    assert "DENY" == headers["x-frame-options"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "noindex" in headers["x-robots-tag"]
    assert "no-store" == headers["cache-control"]
    assert "no-referrer" == headers["referrer-policy"]
    http.cookies.clear()


async def test_a_page_of_another_site_does_nothing_with_the_session(shop, tablets):
    """It can neither send the header, nor a change that the services take without it."""
    page = await tablets.sign_in("door-5")
    hold = shop.hold(milk=1)
    target = f"http://127.0.0.1:{shop.http_port}/v1/{hold['name']}"
    evil = await page.context.new_page()
    await evil.route(
        "http://evil.test/**", lambda route: route.fulfill(body="<p>", content_type="text/html")
    )
    await evil.goto("http://evil.test/")
    for headers in ({"content-type": "application/json", SESSION_HEADER: "page"}, {}):
        answered = await evil.evaluate(
            """([url, headers]) => fetch(url, { method: "POST", body: "{}", headers,
                 credentials: "include", mode: Object.keys(headers).length ? "cors" : "no-cors" })
               .then((answer) => answer.type, () => "refused")""",
            [f"{target}:cancel", headers],
        )
        assert answered in ("refused", "opaque")
    assert "STATE_CONFIRMED" == shop.state(hold)
    inside = await page.evaluate(
        """([url, name]) => fetch(url, { method: "POST", body: "{}", headers:
             { "content-type": "application/json", [name]: "page" } }).then((a) => a.status)""",
        [f"{target}:cancel", SESSION_HEADER],
    )
    assert 200 == inside, "the same request by our own page"


def test_signing_in_takes_requests_of_our_own_pages_alone(shop, http):
    code = shop.link("door-6").partition("#")[2]
    assert 403 == http.post("/sign-in", json={"code": code}).status_code
    assert 415 == http.post("/sign-in", data={"code": code}).status_code
    for body in ("[]", "{}", '{"code": 7}', "", '{"code": "' + "x" * 5000 + '"}'):
        sent = http.post(
            "/sign-in",
            content=body,
            headers={"content-type": "application/json", SESSION_HEADER: "page"},
        )
        assert 400 == sent.status_code, body


@pytest.mark.long
async def test_a_session_that_is_ended_is_told_and_signing_out_ends_it(shop, tablets, http):
    page = await tablets.sign_in("door-7")
    listed = json.loads(shop.command("keys", "sessions", "--json").stdout)
    [name] = [each["name"] for each in listed if ".door-7." in each["name"].replace("/", ".")]
    assert not shop.command("keys", "end", name).returncode
    await expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()

    other = await tablets.sign_in("door-8")
    await other.get_by_role("button", name="Sign out").click()
    await expect(other.locator("#message")).to_contain_text("To sign in, scan the QR code")
    assert [] == await other.context.cookies()
    left = json.loads(shop.command("keys", "sessions", "--json").stdout)
    assert [] == [each for each in left if "door-8" in each["name"]]


async def test_a_failure_to_sign_out_is_told_and_may_be_tried_again(shop, tablets):
    page = await tablets.sign_in("door-9")
    statuses = iter((429, 503))
    await page.route("**/sign-out", lambda route: route.fulfill(status=next(statuses)), times=2)
    for _ in range(2):
        await page.get_by_role("button", name="Sign out").click()
        dialog = page.get_by_role("alertdialog")
        await expect(dialog).to_contain_text("The session may still be open")
        await dialog.get_by_role("button", name="Close").click()
        await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("heading", level=1)).to_have_text("S-Market Kasarmitori")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.locator("#message")).to_contain_text("To sign in, scan the QR code")
    left = json.loads(shop.command("keys", "sessions", "--json").stdout)
    assert [] == [each for each in left if "door-9" in each["name"]]
