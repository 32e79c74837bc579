"""Pages are readable without a script, tell search engines the truth, hide what is private."""

import asyncio
import datetime as dt
import gzip
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from services.client import Client
from services.directory.parts import Parts
from services.edge.web.words import languages, words_of
from tests.support.edge_app import PUBLIC_URL, running

PRIVATE, CLOSED, OPEN = "t-itis", "t-sello", "t-stockmann"
ENGLISH = {"accept": "text/html", "accept-language": "en-GB"}
SPECIAL = dt.date.today() + dt.timedelta(days=10)


class Page(HTMLParser):
    """The parts of a page that a reader without a script sees."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.metas: dict[str, str] = {}
        self.links: list[dict[str, str]] = []
        self.anchors: list[str] = []
        self.text = ""
        self.data: list[Any] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "meta":
            self.metas[values.get("name") or values.get("property", "")] = values.get("content", "")
        if tag == "link":
            self.links.append(values)
        if tag == "a":
            self.anchors.append(values["href"])
        self._inside = values.get("type", tag) if tag in ("script", "style", "title") else ""

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "application/ld+json":
            self.data.append(json.loads(data))
        elif self._inside == "title":
            self.title = data
        elif not self._inside:
            self.text += data

    def rel(self, rel: str) -> list[str]:
        return [link["href"] for link in self.links if link["rel"] == rel]


@asynccontextmanager
async def counted(parts: Parts) -> AsyncIterator[tuple[httpx.AsyncClient, Client]]:
    """The site over real services, once it has counted the stores; and a client of these."""
    async with (
        running(parts) as (url, address),
        httpx.AsyncClient(base_url=url, headers=ENGLISH) as http,
        Client(address) as enrayon,
    ):
        async with asyncio.timeout(20):
            while (await http.get("/sitemap.xml")).status_code != 200:  # noqa: ASYNC110 no event
                await asyncio.sleep(0.05)
        yield http, enrayon


@pytest.fixture
async def site(parts: Parts) -> AsyncIterator[tuple[httpx.AsyncClient, Client]]:
    """A site of its own for a test that changes the stores."""
    async with counted(parts) as site:
        yield site


@pytest.fixture(scope="module")
async def web(lasting_parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    """The site for the tests that only read."""
    async with counted(lasting_parts) as (http, _):
        yield http


async def read(web: httpx.AsyncClient, path: str, status: int = 200) -> Page:
    answer = await web.get(path)
    assert status == answer.status_code, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    return Page(answer.text)


async def test_a_stores_page_tells_its_name_address_hours_and_events_without_a_script(site):
    web, enrayon = site
    start = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    event = hours_pb2.StoreEvent(title="Tasting & <talk>", url="https://shops.example/tasting")
    event.start_time.FromDatetime(start)
    event.end_time.FromDatetime(start + dt.timedelta(hours=2))
    request = hours_pb2.CreateStoreEventRequest(parent=f"stores/{OPEN}", store_event=event)
    await enrayon.hours.CreateStoreEvent(request)

    page = await read(web, f"/stores/{OPEN}")
    for told in ("Stockmann", "+358 9 1211", "Step-free", "Tasting & <talk>"):
        assert told in page.text
    assert re.search(r"09:00–21:00", page.text)
    assert "https://www.stockmann.com/" in page.anchors
    assert "/towns/fi-helsinki" in page.anchors

    [data] = page.data
    assert ("Stockmann", f"{PUBLIC_URL}/stores/{OPEN}") == (data["name"], data["@id"])
    assert data["openingHoursSpecification"]
    assert ["Tasting & <talk>"] == [each["name"] for each in data["event"]]
    assert [f"{PUBLIC_URL}/pictures/stores/{OPEN}.png"] == data["image"]


async def test_special_hours_are_told_to_search_engines(site):
    web, enrayon = site
    name = f"stores/{OPEN}/hours"
    hours = await enrayon.hours.GetStoreHours(hours_pb2.GetStoreHoursRequest(name=name))
    day = {"year": SPECIAL.year, "month": SPECIAL.month, "day": SPECIAL.day}
    hours.exceptions.add(
        first_date=day, hours=[{"opens": "12:00", "closes": "15:00"}], label="Sale"
    )
    await enrayon.hours.UpdateStoreHours(hours_pb2.UpdateStoreHoursRequest(store_hours=hours))

    [data] = (await read(web, f"/stores/{OPEN}")).data
    special = data["specialOpeningHoursSpecification"]
    assert ("12:00", "15:00") in [
        (each["opens"], each["closes"])
        for each in special
        if each["validFrom"] == SPECIAL.isoformat()
    ]


async def test_the_head_has_one_address_for_each_language(web):
    page = await read(web, f"/stores/{OPEN}?basket=a:1&lang=fi")
    address = f"{PUBLIC_URL}/stores/{OPEN}"
    assert [f"{address}?lang=fi"] == page.rel("canonical")
    alternates = {link["hreflang"]: link["href"] for link in page.links if "hreflang" in link}
    assert {*languages(), "x-default"} == set(alternates)
    assert (f"{address}?lang=sv", address) == (alternates["sv"], alternates["x-default"])
    assert [address] == (await read(web, f"/stores/{OPEN}")).rel("canonical")
    assert page.metas["og:image"] == f"{PUBLIC_URL}/pictures/stores/{OPEN}.png"
    assert page.metas["og:title"] == page.title
    assert "Stockmann" in page.title
    assert page.metas["description"]
    assert "robots" not in page.metas


@pytest.mark.parametrize("language", sorted(languages()))
async def test_the_first_list_is_in_the_page_in_its_language(web, language):
    page = await read(web, f"/?lang={language}")
    assert words_of(language).say("inArea") in page.text
    assert "Forum" in page.text
    near = await read(web, f"/?q=Rautatientori&lang={language}")
    assert words_of(language).say("near", place="Rautatientori") in near.text
    assert "noindex" == near.metas["robots"]


async def test_towns_and_kinds_lead_to_every_public_store(web):
    found: set[str] = set()
    waiting, seen = ["/stores"], set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for link in (await read(web, path)).anchors:
            if link.startswith("/stores/"):
                found.add(link)
            elif link.startswith(("/towns/", "/kinds/")):
                waiting.append(link)
    assert {f"/stores/{OPEN}", "/stores/t-forum", "/stores/t-turku"} <= found
    assert not {f"/stores/{PRIVATE}", f"/stores/{CLOSED}"} & found


async def test_private_stores_are_nowhere_and_closed_ones_are_gone(web):
    assert 404 == (await web.get(f"/stores/{PRIVATE}")).status_code
    gone = await web.get(f"/stores/{CLOSED}")
    assert (410, True) == (gone.status_code, "has closed for good" in gone.text)
    for id in (PRIVATE, CLOSED):
        assert 404 == (await web.get(f"/pictures/stores/{id}.png")).status_code
    everything = [
        (await web.get(path)).text
        for path in ("/", "/?q=Helsinki", "/stores", "/towns/fi-helsinki", "/towns/fi-espoo")
    ]
    assert [] == [text for text in everything if PRIVATE in text or CLOSED in text]


async def test_a_store_that_turns_private_leaves_the_lists_at_once(site):
    web, enrayon = site
    town = next(
        link for link in (await read(web, f"/stores/{OPEN}")).anchors if link.startswith("/towns/")
    )
    assert f"/stores/{OPEN}" in (await read(web, town)).anchors
    store = await enrayon.stores.GetStore(stores_pb2.GetStoreRequest(name=f"stores/{OPEN}"))
    store.private = True
    await enrayon.stores.UpdateStore(
        stores_pb2.UpdateStoreRequest(store=store, update_mask={"paths": ["private"]})
    )
    assert f"/stores/{OPEN}" not in (await web.get(town)).text
    assert 404 == (await web.get(f"/stores/{OPEN}")).status_code


async def test_the_sitemap_is_an_index_of_files_with_every_page(web):
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    index = ElementTree.fromstring((await web.get("/sitemap.xml")).text)
    files = [str(each.text) for each in index.iter(f"{space}loc")]
    assert files
    addresses: list[str] = []
    for file in files:
        packed = (await web.get(file.removeprefix(PUBLIC_URL))).content
        addresses += [
            str(each.text)
            for each in ElementTree.fromstring(gzip.decompress(packed)).iter(f"{space}loc")
        ]
    assert {PUBLIC_URL + path for path in ("/", "/stores", f"/stores/{OPEN}")} <= set(addresses)
    assert [] == [each for each in addresses if PRIVATE in each or CLOSED in each]
    statuses = {
        (await web.get(each.removeprefix(PUBLIC_URL))).status_code for each in set(addresses)
    }
    assert {200} == statuses
    robots = (await web.get("/robots.txt")).text
    assert f"Sitemap: {PUBLIC_URL}/sitemap.xml" in robots
    assert {404} == {
        (await web.get(f"/sitemaps/{name}")).status_code
        for name in ("9.xml.gz", "stores.sqlite", "..%2Fstores.sqlite", "sitemap.xml.gz")
    }


async def test_the_manifest_installs_the_locator(web):
    manifest = (await web.get("/manifest.webmanifest", headers={"accept-language": "fi"})).json()
    assert ("Myymälähaku", "/") == (manifest["name"], manifest["start_url"])
    for icon in manifest["icons"]:
        answer = await web.get(icon["src"])
        assert (200, icon["type"]) == (answer.status_code, answer.headers["content-type"])


async def test_a_picture_is_drawn_once_and_kept(web):
    first = await web.get(f"/pictures/stores/{OPEN}.png")
    assert (200, "image/png") == (first.status_code, first.headers["content-type"])
    width, height = (int.from_bytes(first.content[at : at + 4], "big") for at in (16, 20))
    assert (1200, 630) == (width, height)
    held = {"if-none-match": first.headers["etag"]}
    assert 304 == (await web.get(f"/pictures/stores/{OPEN}.png", headers=held)).status_code
    assert 200 == (await web.get("/pictures/home.png")).status_code
    assert 404 == (await web.get("/pictures/stores/nobody.png")).status_code


@pytest.mark.parametrize(
    "path", ["/nope", "/towns/nowhere", "/kinds/none", "/assets/0123456789/none.js"]
)
async def test_a_person_gets_a_page_and_a_program_an_error(web, path):
    page = await read(web, path, 404)
    assert "This page does not exist." in page.text
    assert "/" in page.anchors
    assert "noindex" == page.metas["robots"]


async def test_a_program_gets_an_error_as_json(web):
    answer = await web.get("/nope", headers={"accept": "application/json"})
    assert (404, "NO_SUCH_METHOD") == (
        answer.status_code,
        answer.json()["details"][0]["reason"],
    )


@pytest.mark.parametrize("path", ["/", f"/stores/{OPEN}", "/stores", "/nope"])
async def test_pages_let_a_browser_do_little(web, path):
    headers = (await web.get(path)).headers
    assert "nosniff" == headers["x-content-type-options"]
    assert "frame-ancestors *" in headers["content-security-policy"]
    assert "camera=()" in headers["permissions-policy"]
    assert "geolocation=(self)" in headers["permissions-policy"]
    assert headers["etag"].startswith('W/"')


async def test_an_unchanged_page_is_not_sent_again(web):
    tag = (await web.get("/stores")).headers["etag"]
    again = await web.get("/stores", headers={"if-none-match": tag})
    assert (304, b"", tag) == (again.status_code, again.content, again.headers["etag"])


async def test_what_a_stranger_types_stays_text(web):
    answer = await web.get("/", params={"q": '"><script>alert(1)</script>'})
    assert "<script>alert" not in answer.text
