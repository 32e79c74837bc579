"""The locator and the page of each store: readable as they come, then taken over by a script."""

import datetime as dt
import re
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

import grpc
from babel.dates import format_skeleton, format_time
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from enrayon.hours.v1 import hours_pb2
from enrayon.stores.v1 import stores_pb2
from geodata.questions import KINDS
from geodata.samples import HELSINKI_CENTRE
from services.edge.web import assets
from services.edge.web.catalogue import town_id
from services.edge.web.kinds import kinds_of
from services.edge.web.reader import ENDED, Found, Reader, StorePage
from services.edge.web.site import Head, Site, chosen_words, locale_of
from services.edge.web.sources import GEONAMES, OSM
from services.edge.web.structured_data import store_as_schema_org
from services.edge.web.towns import HOME_PICTURE
from services.edge.web.words import Words, languages

STORE_ID = re.compile(r"[a-z0-9][a-z0-9._~-]{0,190}")
NARROWING = frozenset({"open", "has", "service", "stock", "kind"})
"""Parameters of which only the script knows the list."""
DAYS = 7
DAY = "MMMEEEEd"
"""Weekday, day and month, in the order of the language."""
OFFERS = {
    "osm.wheelchair": "stepFree",
    "dev.ucp.amenity.wi_fi": "wifi",
    "osm.takeaway": "takeaway",
    "dev.ucp.amenity.parking": "parking",
}
STATUS_WORDS = {
    stores_pb2.STORE_STATUS_FUTURE_OPENING: "FUTURE_OPENING",
    stores_pb2.STORE_STATUS_TEMPORARILY_CLOSED: "TEMPORARILY_CLOSED",
}


class Locator:
    """Renders the locator and the pages of stores."""

    def __init__(self, site: Site, reader: Reader, services: frozenset[str]) -> None:
        """The page shows the parts of the available services."""
        self._site = site
        self._reader = reader
        self._config = {
            "services": sorted(services),
            "mapStyle": site.edge.edge_map_style,
            "key": site.edge.edge_page_key,
            "kinds": {kind.id: kind.attributes for kind in KINDS.values()},
            "languages": list(languages()),
            "center": [HELSINKI_CENTRE.longitude, HELSINKI_CENTRE.latitude],
        }

    def routes(self) -> list[Route]:
        """The routes of the pages."""
        return [
            Route("/", self.page),
            Route("/stores/{id}", self.store_page),
            # The codes on shelves and goods (GS1 Digital Link URI 1.4); the script reads them.
            Route("/414/{gln}/254/{anchor}", self.scanned),
            Route("/01/{gtin:str}", self.scanned),
        ]

    async def scanned(self, request: Request) -> Response:
        """The locator for a scanned code; no page of a search engine."""
        head = Head(chosen_words(request).say("title"))
        return without_referrer(request, self._render(request, head))

    async def page(self, request: Request) -> Response:
        """The locator with its first list."""
        words = chosen_words(request)
        found = None
        if not NARROWING & request.query_params.keys():
            query = request.query_params.get("q", "").strip()[:200]
            with suppress(grpc.aio.AioRpcError):  # the script tells the reason, and tries again
                found = await self._reader.first(query, locale_of(request, words))
        # Answers to searches are no pages of a search engine.
        path = "" if "q" in request.query_params else "/"
        head = Head(words.say("title"), words.say("about"), path, HOME_PICTURE)
        return without_referrer(request, self._render(request, head, found=found))

    async def store_page(self, request: Request) -> Response:
        """The locator with one store open."""
        words = chosen_words(request)
        id = request.path_params["id"]
        if not STORE_ID.fullmatch(id):
            return self._render(request, Head(words.say("notFound")), status=404)
        try:
            page = await self._reader.store(id, locale_of(request, words))
        except grpc.aio.AioRpcError as error:
            # The page itself shows the error, and other stores.
            status = 404 if error.code() is grpc.StatusCode.NOT_FOUND else 503
            return self._render(request, Head(words.say("title")), status=status)
        store = page.store
        if store.status == stores_pb2.STORE_STATUS_MOVED and store.moved_to:
            return RedirectResponse(self._site.url(f"/{store.moved_to}"), 301)
        if store.status in ENDED:
            return self._site.message(request, "goneForGood", 410, title=store.display_name)
        return self._render(request, self._head(page, words), shown=shown_store(page, words))

    def _head(self, page: StorePage, words: Words) -> Head:
        store = page.store
        town = store.address.locality
        kinds = [words.kind(kind) for kind in kinds_of(store.attributes)]
        address = ", ".join([*store.address.address_lines, *([town] if town else [])])
        facts = [*kinds[:1], address, store.description]
        description = " · ".join(fact for fact in facts if fact)
        picture = f"/pictures/{store.name}.png"
        data = store_as_schema_org(
            store,
            self._site.url(f"/{store.name}"),
            page.exported,
            image=self._site.base + picture if self._site.base else "",
            services=page.services,
            events=page.events,
        )
        title = f"{store.display_name}, {town}" if town else store.display_name
        return Head(title, description[:300], f"/{store.name}", picture, data)

    def _render(
        self,
        request: Request,
        head: Head,
        *,
        found: Found | None = None,
        shown: dict[str, Any] | None = None,
        status: int = 200,
    ) -> Response:
        words = chosen_words(request)
        return self._site.render(
            request,
            "locator.html",
            head,
            status,
            modules=assets.modules(),
            config={**self._config, "language": words.tag},
            words={"words": words.words, "kinds": words.kinds},
            query=request.query_params.get("q", "")[:200],
            found=found,
            shown=shown,
            sources=[OSM, GEONAMES],
        )


def shown_store(page: StorePage, words: Words) -> dict[str, Any]:
    """The parts of a store's page as texts."""
    store = page.store
    town = town_id(store)
    links = [(words.say("allStores"), "/stores")]
    if town:
        label = store.address.locality
        links.append((words.say("inTown", town=label), f"/towns/{town}"))
        links += [
            (words.say("kindInTown", kind=words.kind(kind), town=label), f"/towns/{town}/{kind}")
            for kind in kinds_of(store.attributes)
        ]
    zone = ZoneInfo(page.time_zone) if page.time_zone else dt.UTC
    return {
        "store": store,
        "status": STATUS_WORDS.get(store.status, ""),
        "state": page.state,
        "days": [day_row(day, words) for day in page.days[:DAYS]],
        "services": page.services,
        "events": [event_row(event, zone, words) for event in page.events],
        "offers": [OFFERS[each] for each in store.attributes if each in OFFERS],
        "links": links,
    }


def day_row(day: hours_pb2.LocalDay, words: Words) -> tuple[str, str, str]:
    """A day's name, its note and its hours."""
    date = dt.date(day.date.year, day.date.month, day.date.day)
    is_special = day.rule.kind in (hours_pb2.RULE_KIND_EXCEPTION, hours_pb2.RULE_KIND_CLOSURE)
    note = (day.rule.display_name if is_special else "") or day.holiday
    return (
        format_skeleton(DAY, date, locale=words.tag),
        note,
        ", ".join(map(_span, day.spans)) or words.say("closed"),
    )


def _span(span: hours_pb2.LocalSpan) -> str:
    hours = f"{span.start}–{span.end}"
    if span.state != hours_pb2.STATE_UNKNOWN:
        return hours
    is_whole = (span.start, span.end) == ("00:00", "24:00")
    return " ".join(part for part in ("" if is_whole else hours, span.comment or "?") if part)


def event_row(
    event: hours_pb2.StoreEvent, zone: dt.tzinfo, words: Words
) -> tuple[hours_pb2.StoreEvent, str]:
    """An event and its time in the shop's zone."""
    start = event.start_time.ToDatetime(dt.UTC).astimezone(zone)
    end = event.end_time.ToDatetime(dt.UTC).astimezone(zone)
    day, until = (format_skeleton(DAY, each, locale=words.tag) for each in (start, end))
    opens, closes = (format_time(each, "short", locale=words.tag) for each in (start, end))
    ends = closes if start.date() == end.date() else f"{until} {closes}"
    return event, f"{day} {opens} – {ends}"


def without_referrer(request: Request, response: Response) -> Response:
    """The answer to a scanned code, whose token has a position, tells its address to nobody."""
    if "a" in request.query_params:
        response.headers["referrer-policy"] = "no-referrer"
    return response
