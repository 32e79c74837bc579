"""Pages of the stores of a town, of a kind, and of both: lists of links that need no script."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.edge.web.catalogue import Catalogue, Count
from services.edge.web.kinds import kinds_of
from services.edge.web.reader import Reader
from services.edge.web.site import Head, Site, chosen_words, locale_of
from services.edge.web.sources import sources_of

PAGE_SIZE = 100
MOST_TOWNS = 100
MOST_TOWNS_OF_KIND = 100
HOME_PICTURE = "/pictures/home.png"


class Towns:
    """Renders lists of stores for people and search engines."""

    def __init__(self, site: Site, reader: Reader, catalogue: Catalogue) -> None:
        """Render with what the catalogue counted and the services tell now."""
        self._site = site
        self._reader = reader
        self._catalogue = catalogue

    def routes(self) -> list[Route]:
        """The routes of the lists."""
        return [
            Route("/stores", self.all),
            Route("/towns/{town}", self.town),
            Route("/towns/{town}/{kind}", self.town),
            Route("/kinds/{kind}", self.kind),
        ]

    async def all(self, request: Request) -> Response:
        """All towns and kinds."""
        words = chosen_words(request)
        after = request.query_params.get("after", "")[:200]
        towns = await self._catalogue.towns(after, MOST_TOWNS + 1)
        kinds = [] if after else await self._catalogue.kinds()
        if not self._catalogue.is_ready:
            return self._site.message(request, "notNow", 503)
        return self._site.render(
            request,
            "list.html",
            Head(words.say("allStores"), words.say("about"), "/stores", HOME_PICTURE),
            heading=words.say("allStores"),
            trail=[],
            stores=[],
            states={},
            towns=self._links(towns[:MOST_TOWNS]),
            kinds_listed=self._kinds(kinds, "/kinds"),
            next=_next("/stores", towns[MOST_TOWNS - 1].id) if len(towns) > MOST_TOWNS else "",
            nearby="",
            sources=[],
        )

    async def town(self, request: Request) -> Response:
        """The stores of a town; of one kind, if the address names it."""
        id, kind = request.path_params["town"], request.path_params.get("kind", "")
        words = chosen_words(request)
        town = await self._catalogue.town(id)
        if town is None:
            return self._absent(request)
        path = f"/towns/{id}/{kind}" if kind else f"/towns/{id}"
        named = {"kind": words.kind(kind), "town": town.label} if kind else {"town": town.label}
        heading = words.say("kindInTown" if kind else "inTown", **named)
        trail = [(words.say("allStores"), "/stores")]
        if kind:
            trail.append((words.say("inTown", town=town.label), f"/towns/{id}"))
        kinds = [] if kind else await self._catalogue.kinds(id)
        more = {
            "towns": [],
            "kinds_listed": self._kinds(kinds, f"/towns/{id}"),
            "nearby": town.label,
        }
        return await self._list(request, path, heading, id, kind, trail, more)

    async def kind(self, request: Request) -> Response:
        """The stores of a kind, and the towns with most of them."""
        kind = request.path_params["kind"]
        words = chosen_words(request)
        towns = await self._catalogue.towns_with(kind, MOST_TOWNS_OF_KIND)
        links = [(each.label, f"/towns/{each.id}/{kind}", each.stores) for each in towns]
        more = {"towns": links, "kinds_listed": [], "nearby": ""}
        trail = [(words.say("allStores"), "/stores")]
        return await self._list(request, f"/kinds/{kind}", words.kind(kind), "", kind, trail, more)

    async def _list(
        self,
        request: Request,
        path: str,
        heading: str,
        town: str,
        kind: str,
        trail: list[tuple[str, str]],
        more: dict[str, Any],
    ) -> Response:
        words = chosen_words(request)
        after = request.query_params.get("after", "")[:200]
        names = await self._catalogue.names(town, kind, after, PAGE_SIZE + 1)
        # The service tells what is public and trading now; the catalogue is of the last count.
        shown = await self._reader.public(names[:PAGE_SIZE]) if names else []
        if kind:
            shown = [store for store in shown if kind in kinds_of(store.attributes)]
        shown.sort(key=lambda store: store.display_name.casefold())
        if not shown:
            return self._absent(request)
        states = await self._reader.states(
            [store.name for store in shown], locale_of(request, words)
        )
        names_shown = ", ".join(store.display_name for store in shown[:5])
        return self._site.render(
            request,
            "list.html",
            Head(heading, f"{heading}: {names_shown}.", "" if after else path, HOME_PICTURE),
            heading=heading,
            trail=trail,
            stores=shown,
            states=states,
            next=_next(path, names[PAGE_SIZE - 1]) if len(names) > PAGE_SIZE else "",
            sources=sources_of(shown),
            **more,
        )

    def _absent(self, request: Request) -> Response:
        # Before the first count nobody knows what there is.
        if not self._catalogue.is_ready:
            return self._site.message(request, "notNow", 503)
        return self._site.missing(request)

    @staticmethod
    def _links(towns: list[Count]) -> list[tuple[str, str, int]]:
        return [(town.label, f"/towns/{town.id}", town.stores) for town in towns]

    @staticmethod
    def _kinds(kinds: list[Count], path: str) -> list[tuple[str, str, int]]:
        return [(each.id, f"{path}/{each.id}", each.stores) for each in kinds]


def _next(path: str, after: str) -> str:
    return f"{path}?after={after}"
