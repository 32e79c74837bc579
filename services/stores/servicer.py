"""The methods of StoresService: reads from the directory, and changes by `Stores`."""

from collections.abc import AsyncIterator, Set

from google.protobuf.empty_pb2 import Empty
from google.protobuf.timestamp_pb2 import Timestamp

from enrayon.stores.v1 import stores_pb2
from services.chassis.clock import Clock
from services.chassis.messages.masks import check_mask
from services.chassis.messages.paging import PageTokens, check_shape, page_size
from services.chassis.messages.times import timestamp
from services.chassis.serving.methods import bulk, endless, long
from services.chassis.serving.turns import Turns, by_turns, made
from services.directory.directory import Directory
from services.directory.filters import StoreFilter
from services.directory.journeys import travel_of
from services.directory.keys import store_id
from services.directory.origins import Origins
from services.stores.convert import encoded
from services.stores.convert import stores as convert
from services.stores.convert.cursors import end_of, travel_cursor
from services.stores.convert.filters import point, store_filter
from services.stores.errors import StoreNotFound
from services.stores.model.matches import BY_ID, Found, Match, Rank, Total
from services.stores.resources import questions, search, travel
from services.stores.resources.stores import Stores
from services.stores.resources.watching import watch

STORE = stores_pb2.Store.DESCRIPTOR
ORIGINS_AT_ONCE = 16
"""Origins of a batch that are searched before other calls get their turn."""


class StoresServicer:
    """Answers `enrayon.stores.v1.StoresService`."""

    def __init__(
        self,
        directory: Directory,
        origins: Origins,
        tokens: PageTokens,
        stores: Stores,
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._directory = directory
        self._origins = origins
        self._tokens = tokens
        self._stores = stores

    def get_store(self, request: stores_pb2.GetStoreRequest) -> stores_pb2.Store | bytes:
        """Get a store."""
        check_mask(request.read_mask, STORE, "read_mask")
        encoded = self._directory.stores.replica.public(store_id(request.name))
        if encoded is None:
            raise StoreNotFound(request.name)
        return convert.read_store(encoded, request.read_mask)

    @long
    async def batch_get_stores(
        self, request: stores_pb2.BatchGetStoresRequest
    ) -> stores_pb2.BatchGetStoresResponse:
        """Get several stores, and the names without a store."""
        check_mask(request.read_mask, STORE, "read_mask")
        response, turns = stores_pb2.BatchGetStoresResponse(as_of=self._as_of()), Turns()
        public = self._directory.stores.replica.public
        found = {name: public(store_id(name)) for name in request.names}
        for name, data in found.items():
            if data is None:
                response.not_found.append(name)
            else:
                response.stores.append(convert.read_store(data, request.read_mask))
            await turns.give()
        return response

    @long
    async def list_stores(
        self, request: stores_pb2.ListStoresRequest
    ) -> stores_pb2.ListStoresResponse:
        """List stores in order of name."""
        check_mask(request.read_mask, STORE, "read_mask")
        replica = self._directory.stores.replica
        wanted = self._wanted(request.store_filter)
        after, total = self._cursor(request, BY_ID)
        size = page_size(request.page_size, default=50, most=1000)
        found = await by_turns(search.id_page(replica, wanted, None, after, size, total))
        return stores_pb2.ListStoresResponse(
            stores=await made(
                lambda data: convert.read_store(data, request.read_mask),
                [data for match in found.matches if (data := replica.public(match.id))],
            ),
            next_page_token=self._token(request, found),
            total_size=found.total.number,
            as_of=self._as_of(),
        )

    @bulk
    @long
    async def search_stores(
        self, request: stores_pb2.SearchStoresRequest
    ) -> stores_pb2.SearchStoresResponse:
        """Find stores by text, in an area or along a route."""
        check_mask(request.read_mask, STORE, "read_mask")
        replica = self._directory.stores.replica
        wanted = self._wanted(request.store_filter)
        is_text = request.query and not request.HasField("route")
        has_two = is_text or request.route.mode or request.HasField("origin")
        rank = (0, 0) if has_two else BY_ID
        after, total = self._cursor(request, rank)
        size = page_size(request.page_size, default=50, most=1000)
        origin = await self._origins.resolve(request.origin) if request.HasField("origin") else None
        steps = (
            search.search(
                replica, self._directory.roads.detours, request, wanted, after, size, total
            )
            if origin is None
            else search.from_origin(replica, origin.point, request, wanted, after, size, total)
        )
        found = await by_turns(steps)
        by_road = any(each.detour and not each.detour.is_estimate for each in found.matches)
        return stores_pb2.SearchStoresResponse(
            road_attribution=self._directory.roads.attribution if by_road else "",
            matches=await made(
                lambda each: convert.match_message(*each, request.read_mask),
                [
                    (data, match)
                    for match in found.matches
                    if (data := replica.public(match.id)) is not None
                ],
            ),
            next_page_token=self._token(request, found),
            total_size=found.total.number,
            total_is_estimate=found.total.is_estimate,
            as_of=self._as_of(),
            origin_place=convert.place_message(origin.place) if origin and origin.place else None,
            origin_uncertainty_m=origin.uncertainty_m if origin else None,
        )

    async def find_nearest_stores(self, request: stores_pb2.FindNearestStoresRequest) -> bytes:
        """Find the stores nearest to an origin."""
        check_mask(request.read_mask, STORE, "read_mask")
        if request.HasField("travel"):
            return await self._find_by_travel(request)
        cursor = self._tokens.decode(request)
        origin = await self._origins.resolve(request.origin)
        size = page_size(request.page_size, default=10, most=1000)
        wanted = self._wanted(request.store_filter)
        ids = await self._with_words(request.query)
        replica = self._directory.stores.replica
        hits = replica.nearest(
            origin.point,
            size + 1,
            wanted,
            radius_m=request.radius_m if request.HasField("radius_m") else None,
            after=(cursor[0], cursor[1]) if cursor else None,
            also=None if ids is None else search.among(replica, ids),
        )
        rest = convert.origin_fields(origin)
        if len(hits) > size:
            del hits[size:]
            id, distance_m = hits[-1]
            rest.next_page_token = self._tokens.encode(request, [distance_m, id])
        if as_of := self._as_of():
            rest.as_of.CopyFrom(as_of)
        return encoded.nearest_response(replica, hits, request.read_mask, rest)

    @long
    async def batch_find_nearest_stores(
        self, request: stores_pb2.BatchFindNearestStoresRequest
    ) -> bytes:
        """Find the stores nearest to each of many origins."""
        check_mask(request.read_mask, STORE, "read_mask")
        replica = self._directory.stores.replica
        wanted = self._wanted(request.store_filter)
        response, turns = encoded.BatchResponse(replica, request.read_mask), Turns()
        for begin in range(0, len(request.points), ORIGINS_AT_ONCE):
            points = request.points[begin : begin + ORIGINS_AT_ONCE]
            rows, distances_m = replica.nearest_batch(
                [point.latitude for point in points],
                [point.longitude for point in points],
                page_size(request.limit, default=10, most=100),
                wanted,
                radius_m=request.radius_m if request.HasField("radius_m") else None,
            )
            response.add(rows, distances_m)
            await turns.give()
        return response.encoded(self._as_of())

    @bulk
    @long
    async def compute_travel_times(
        self, request: stores_pb2.ComputeTravelTimesRequest
    ) -> stores_pb2.ComputeTravelTimesResponse:
        """Compute the travel times from each origin to each destination."""
        response = await travel.travel_times(self._directory, request)
        if as_of := self._as_of():
            response.as_of.CopyFrom(as_of)
        return response

    @long
    async def compute_isochrone(
        self, request: stores_pb2.ComputeIsochroneRequest
    ) -> stores_pb2.ComputeIsochroneResponse:
        """Compute the area that can be reached within a time."""
        response = await travel.isochrone(self._directory, request)
        if as_of := self._as_of():
            response.as_of.CopyFrom(as_of)
        return response

    @bulk
    @long
    async def count_stores(
        self, request: stores_pb2.CountStoresRequest
    ) -> stores_pb2.CountStoresResponse:
        """Count the stores in each H3 cell of an area."""
        wanted = self._wanted(request.store_filter)
        cells = await by_turns(search.count(self._directory.stores.replica, request, wanted))
        return stores_pb2.CountStoresResponse(
            cells=map(convert.cell_count, cells),
            total_size=sum(cell.stores for cell in cells),
            as_of=self._as_of(),
        )

    @long
    async def suggest_places(
        self, request: stores_pb2.SuggestPlacesRequest
    ) -> stores_pb2.SuggestPlacesResponse:
        """Suggest places and stores whose names begin with a text."""
        limit = page_size(request.limit, default=8, most=50)
        near = point(request.near) if request.HasField("near") else None
        replica, gazetteer = self._directory.stores.replica, self._origins.gazetteer
        found = await by_turns(questions.suggest(replica, gazetteer, request.query, limit, near))
        return convert.suggestions(replica, found, limit, request.language_code)

    @long
    async def parse_query(
        self, request: stores_pb2.ParseQueryRequest
    ) -> stores_pb2.ParseQueryResponse:
        """Understand the text of one search field."""
        near = point(request.near) if request.HasField("near") else None
        replica, gazetteer = self._directory.stores.replica, self._origins.gazetteer
        return await by_turns(
            questions.parse(replica, gazetteer, request.query, near, request.language_code)
        )

    async def upsert_stores(
        self, requests: AsyncIterator[stores_pb2.UpsertStoresRequest]
    ) -> stores_pb2.UpsertStoresResponse:
        """Create and change stores in bulk."""
        return await self._stores.upsert(requests)

    @bulk
    async def update_store(self, request: stores_pb2.UpdateStoreRequest) -> stores_pb2.Store:
        """Change a store, or create it."""
        check_mask(request.update_mask, STORE, "update_mask")
        return await self._stores.update(request)

    async def delete_store(self, request: stores_pb2.DeleteStoreRequest) -> Empty:
        """Delete a store."""
        await self._stores.delete(request)
        return Empty()

    @endless
    def watch_stores(
        self, request: stores_pb2.WatchStoresRequest
    ) -> AsyncIterator[stores_pb2.WatchStoresResponse]:
        """Stream every change from now on, or after a resume token."""
        check_mask(request.read_mask, STORE, "read_mask")
        return watch(self._directory.stores, self._directory.roads.seconds_to, request)

    async def _find_by_travel(self, request: stores_pb2.FindNearestStoresRequest) -> bytes:
        """Find the stores nearest to an origin by travel time, or with their travel times."""
        wish = travel_of(request.travel, self._clock(), request.store_filter.service)
        cursor = self._tokens.decode(request)
        origin = await self._origins.resolve(request.origin)
        size = page_size(request.page_size, default=10, most=1000)
        before = travel_cursor(cursor, wish)
        wanted = self._wanted(request.store_filter)
        ids = await self._with_words(request.query)
        reach = await self._directory.roads.reach(origin.point, wish)
        hits = reach.nearest(
            size + 1,
            wanted,
            radius_m=request.radius_m if request.HasField("radius_m") else None,
            after=before,
            also=None if ids is None else search.among(self._directory.stores.replica, ids),
        )
        rest = convert.origin_fields(origin)
        if len(hits) > size:
            del hits[size:]
            rest.next_page_token = self._tokens.encode(request, end_of(hits, before, wish))
        if any(hit.ways is not None for hit in hits):
            rest.road_attribution = self._directory.roads.attribution
        if as_of := self._as_of():
            rest.as_of.CopyFrom(as_of)
        return await encoded.journeys_response(
            self._directory.stores.replica, hits, wish, request.read_mask, rest
        )

    async def _with_words(self, query: str) -> Set[str] | None:
        """The ids of stores with the words of a query; None without words."""
        if not query:
            return None
        return await by_turns(search.ids_with_words(self._directory.stores.replica, query))

    def _cursor(
        self,
        request: stores_pb2.ListStoresRequest | stores_pb2.SearchStoresRequest,
        rank: Rank,
    ) -> tuple[Match | None, Total | None]:
        """The last match of the page before, whose rank is like `rank`, and the total it told.

        Raises:
            InvalidArgument: the token is not one of ours, or does not fit this list.
        """
        cursor = self._tokens.decode(request)
        if cursor is None:
            return None, None
        check_shape(cursor, (*rank, "", 0, 0))
        *ranks, id, number, is_estimate = cursor
        return Match(tuple(ranks), id), Total(number, bool(is_estimate))

    def _token(
        self,
        request: stores_pb2.ListStoresRequest | stores_pb2.SearchStoresRequest,
        found: Found,
    ) -> str:
        """The token of the page after; empty after the last one."""
        if not found.has_more:
            return ""
        last, total = found.matches[-1], found.total
        return self._tokens.encode(request, [*last.rank, last.id, total.number, total.is_estimate])

    def _wanted(self, wanted: stores_pb2.StoreFilter) -> StoreFilter:
        return store_filter(wanted, self._directory.roads.seconds_to, self._directory.schedules)

    def _as_of(self) -> Timestamp | None:
        return timestamp(self._directory.stale_as_of)
