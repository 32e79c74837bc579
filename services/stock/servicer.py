"""The RPCs of the stock service: convert, decide or act, convert."""

import datetime as dt
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from google.protobuf.empty_pb2 import Empty

from enrayon.stock.v1 import stock_pb2
from services.chassis.caller import current_caller
from services.chassis.calls import bulk, commit, endless
from services.chassis.clock import Clock
from services.chassis.paging import PageTokens, page_size
from services.directory.directory import Directory
from services.directory.keys import store_id, store_name
from services.directory.origins import Origins
from services.directory.products import parse_product, product_name, product_sku
from services.stock import convert, receipts
from services.stock.alerting import Alerting
from services.stock.answers import Answers
from services.stock.availability import Availability, Wanted, names_of
from services.stock.catalogue import Catalogue
from services.stock.errors import (
    ProductNotFound,
    ReceiptInvalid,
    ReservationNotFound,
    StoreNotFound,
)
from services.stock.feeds import Feeds
from services.stock.holding import Holding
from services.stock.model.holds import Hold
from services.stock.model.levels import DEFAULT_POLICY, Level, Policy, summed
from services.stock.receipts import Receipts
from services.stock.state.demand import Demand
from services.stock.state.follower import Follower
from services.stock.state.holds import Holds
from services.stock.state.ledger import Ledger
from services.stock.state.levels import Levels, LevelsUnreachable, StoreLevels
from services.stock.watching import watch

DEFAULT_RADIUS_M = 50_000.0
DRIFTS_SHOWN = 1000


class StockServicer:
    """Answers `enrayon.stock.v1.StockService`."""

    def __init__(
        self,
        directory: Directory,
        origins: Origins,
        tokens: PageTokens,
        clock: Clock,
        *,
        catalogue: Catalogue,
        feeds: Feeds,
        levels: Levels,
        ledger: Ledger,
        follower: Follower,
        availability: Availability,
        answers: Answers,
        holding: Holding,
        holds: Holds,
        receipts: Receipts,
        alerting: Alerting,
        demand: Demand,
    ) -> None:
        self._directory = directory
        self._origins = origins
        self._tokens = tokens
        self._clock = clock
        self._catalogue = catalogue
        self._feeds = feeds
        self._levels = levels
        self._ledger = ledger
        self._follower = follower
        self._availability = availability
        self._answers = answers
        self._holding = holding
        self._holds = holds
        self._receipts = receipts
        self._alerting = alerting
        self._demand = demand

    # Products

    async def upsert_products(
        self, requests: AsyncIterator[stock_pb2.UpsertProductsRequest]
    ) -> stock_pb2.UpsertProductsResponse:
        """Creates and changes products in bulk."""
        return await self._catalogue.upsert(requests)

    def get_product(self, request: stock_pb2.GetProductRequest) -> stock_pb2.Product:
        """One product by name."""
        return self._catalogue.get(request.name)

    def search_products(
        self, request: stock_pb2.SearchProductsRequest
    ) -> stock_pb2.SearchProductsResponse:
        """Products by words, by barcode, or by department."""
        replica = self._directory.products.replica
        cursor = self._tokens.decode(request)
        start = cursor[0] if cursor else 0
        size = page_size(request.page_size, default=20, most=1000)
        skus = replica.search(request.query, request.gtin, request.department)
        page = skus[start : start + size]
        more = len(skus) > start + size
        return stock_pb2.SearchProductsResponse(
            products=[parse_product(replica.record(sku) or b"") for sku in page],
            next_page_token=self._tokens.encode(request, [start + size]) if more else "",
            total_size=len(skus),
            as_of=convert.timestamp(self._directory.products.stale_as_of),
        )

    async def delete_product(self, request: stock_pb2.DeleteProductRequest) -> Empty:
        """Deletes one product."""
        await self._catalogue.delete(request)
        return Empty()

    # Levels

    async def set_stock_levels(
        self, requests: AsyncIterator[stock_pb2.SetStockLevelsRequest]
    ) -> stock_pb2.SetStockLevelsResponse:
        """Sets levels from a snapshot."""
        return await self._feeds.set(requests)

    async def adjust_stock(
        self, request: stock_pb2.AdjustStockRequest
    ) -> stock_pb2.AdjustStockResponse:
        """Applies one event of a source."""
        letters, levels = await self._feeds.adjust(request)
        applied = letters.count(b"a")
        return stock_pb2.AdjustStockResponse(
            applied_count=applied,
            ignored_count=len(letters) - applied,
            levels=[
                self._answers.level(
                    request.store, sku, level, DEFAULT_POLICY, self._now_ms(), request.source
                )
                for sku, level in levels.items()
            ],
        )

    async def get_stock_levels(
        self, request: stock_pb2.GetStockLevelsRequest
    ) -> stock_pb2.GetStockLevelsResponse:
        """The levels of some products at one store."""
        store = self._store(request.store)
        skus = self._skus(request.products)
        found, unreachable = await self._read([store], skus)
        return stock_pb2.GetStockLevelsResponse(
            levels=await self._messages(found, skus), unreachable=unreachable
        )

    async def batch_get_stock_levels(
        self, request: stock_pb2.BatchGetStockLevelsRequest
    ) -> stock_pb2.BatchGetStockLevelsResponse:
        """The levels of some products at several stores, or their sum."""
        skus = self._skus(request.products)
        if request.group:
            members = self._catalogue.group(request.group).stores
            stores = [store_id(name) for name in members]
            found, unreachable = await self._read(stores, skus)
            return stock_pb2.BatchGetStockLevelsResponse(
                levels=self._sums(request.group, found, skus), unreachable=unreachable
            )
        replica = self._directory.stores.replica
        ids = list(dict.fromkeys(map(store_id, request.stores)))
        known = [id for id in ids if replica.public(id) is not None]
        found, unreachable = await self._read(known, skus)
        return stock_pb2.BatchGetStockLevelsResponse(
            levels=await self._messages(found, skus),
            not_found=[store_name(id) for id in ids if id not in found],
            unreachable=unreachable,
        )

    async def list_stock_levels(
        self, request: stock_pb2.ListStockLevelsRequest
    ) -> stock_pb2.ListStockLevelsResponse:
        """All levels of one store, page by page."""
        store = self._store(request.parent)
        cursor = self._tokens.decode(request)
        start = cursor[0] if cursor else 0
        size = page_size(request.page_size, default=1000, most=5000)
        skus = self._directory.products.replica.skus()
        page = skus[start : start + size]
        found = await self._levels.read([store], page)
        policy, levels = found[store]
        present = [(sku, level) for sku, level in zip(page, levels, strict=True) if level]
        more = len(skus) > start + size
        return stock_pb2.ListStockLevelsResponse(
            levels=[await self._message(store, sku, level, policy) for sku, level in present],
            next_page_token=self._tokens.encode(request, [start + size]) if more else "",
        )

    async def list_stores_with_stock(
        self, request: stock_pb2.ListStoresWithStockRequest
    ) -> stock_pb2.ListStoresWithStockResponse:
        """The stores that have a product."""
        [sku] = self._skus([request.product])
        cursor = self._tokens.decode(request)
        size = page_size(request.page_size, default=100, most=1000)
        replica = self._directory.stores.replica
        await self._follower.loaded()
        stores = [
            store
            for store in self._follower.shelves.stores_with(sku)
            if replica.public(store) is not None and (not cursor or store > cursor[0])
        ]
        page = stores[:size]
        found, unreachable = await self._read(page, [sku])
        least = max(request.min_quantity, 1)
        fitting = {
            store: answer
            for store, answer in found.items()
            if unreachable or (answer.levels[0] and answer.levels[0].available >= least)
        }
        more = len(stores) > size
        return stock_pb2.ListStoresWithStockResponse(
            levels=await self._messages(dict(sorted(fitting.items())), [sku]),
            next_page_token=self._tokens.encode(request, [page[-1]]) if more else "",
            unreachable=unreachable,
        )

    async def get_stock_policy(
        self, request: stock_pb2.GetStockPolicyRequest
    ) -> stock_pb2.StockPolicy:
        """How a store sells."""
        store = self._store(store_name(convert.policy_store(request.name)))
        return convert.policy_message(store, await self._levels.policy(store))

    async def update_stock_policy(
        self, request: stock_pb2.UpdateStockPolicyRequest
    ) -> stock_pb2.StockPolicy:
        """Replaces how a store sells."""
        store = self._store(store_name(convert.policy_store(request.stock_policy.name)))
        policy = convert.policy(request.stock_policy)
        await commit(self._levels.set_policy(store, policy))
        return convert.policy_message(store, policy)

    # Groups

    def get_stock_group(self, request: stock_pb2.GetStockGroupRequest) -> stock_pb2.StockGroup:
        """A group of stores."""
        return self._catalogue.group(request.name)

    @bulk
    async def update_stock_group(
        self, request: stock_pb2.UpdateStockGroupRequest
    ) -> stock_pb2.StockGroup:
        """Replaces or creates a group of stores."""
        return await self._catalogue.update_group(request.stock_group)

    # Search

    async def find_nearest_availability(
        self, request: stock_pb2.FindNearestAvailabilityRequest
    ) -> stock_pb2.FindNearestAvailabilityResponse:
        """The nearest stores that hold a basket."""
        lines = self._basket(request)
        origin = await self._origins.resolve(request.origin)
        now_ms = self._now_ms()
        wanted = Wanted(
            lines,
            origin.point,
            request.radius_m if request.HasField("radius_m") else DEFAULT_RADIUS_M,
            page_size(request.max_results, default=10, most=100),
            frozenset(request.services),
            convert.instant(request.open_at, "open_at") if request.HasField("open_at") else None,
            request.allow_partial,
            request.allow_split,
        )
        found = await self._availability.find(wanted, now_ms)
        for sku in found.not_found(lines):
            self._demand.note(self._clock().date(), sku, origin.point, lines[sku])
        shown = [offer.store for offer in found.offers] + [offer.store for offer, _ in found.split]
        response = self._answers.availability(
            found, lines, names_of(self._directory, shown), now_ms
        )
        response.origin_uncertainty_m = origin.uncertainty_m
        if origin.place:
            response.origin_display_name = origin.place.name
        if (as_of := convert.timestamp(self._directory.stale_as_of)) is not None:
            response.as_of.CopyFrom(as_of)
        if (lag_s := self._follower.lag_s) is not None:
            response.index_lag.CopyFrom(convert.duration(lag_s))
        return response

    async def find_pickup_options(
        self, request: stock_pb2.FindPickupOptionsRequest
    ) -> stock_pb2.FindPickupOptionsResponse:
        """Where near a basket can be fetched."""
        lines = self._basket(request)
        origin = await self._origins.resolve(request.origin)
        now_ms = self._now_ms()
        wanted = Wanted(
            lines,
            origin.point,
            request.radius_m if request.HasField("radius_m") else DEFAULT_RADIUS_M,
            page_size(request.max_results, default=10, most=100),
        )
        options, is_reachable = await self._availability.pickups(wanted, now_ms)
        if request.method:
            options = [option for option in options if request.method in option[0].policy.methods]
        names = names_of(self._directory, [offer.store for offer, *_ in options])
        return self._answers.pickup(options, lines, names, now_ms, is_reachable=is_reachable)

    # Holds

    async def create_reservation(
        self, request: stock_pb2.CreateReservationRequest
    ) -> stock_pb2.Reservation:
        """Holds a basket at one store."""
        return self._reservation(await self._holding.create(request))

    async def get_reservation(
        self, request: stock_pb2.GetReservationRequest
    ) -> stock_pb2.Reservation:
        """One hold by name."""
        return self._reservation(await self._holding.get(request.name))

    async def list_reservations(
        self, request: stock_pb2.ListReservationsRequest
    ) -> stock_pb2.ListReservationsResponse:
        """The holds at a store."""
        store = self._store(request.parent)
        cursor = self._tokens.decode(request)
        size = page_size(request.page_size, default=50, most=1000)
        states = {
            stock_pb2.Reservation.State.Name(s).removeprefix("STATE_") for s in request.states
        }
        found = [
            hold
            for hold in await self._holding.of_store(store)
            if (hold.state in states if states else hold.is_live)
            and (not request.shopper or hold.shopper == request.shopper)
            and (not cursor or (hold.create_ms, hold.id) > (cursor[0], cursor[1]))
        ]
        page = found[:size]
        last = [page[-1].create_ms, page[-1].id] if len(found) > size else None
        return stock_pb2.ListReservationsResponse(
            reservations=map(self._reservation, page),
            next_page_token=self._tokens.encode(request, last) if last else "",
        )

    @endless
    async def watch_reservations(
        self, request: stock_pb2.WatchReservationsRequest
    ) -> AsyncIterator[stock_pb2.WatchReservationsResponse]:
        """The holds at a store as they change."""
        store = self._store(request.parent)
        caller = current_caller()
        async for hold, token in watch(
            self._follower, self._ledger, self._holds, store, request.resume_token
        ):
            if hold is None:
                yield stock_pb2.WatchReservationsResponse(resume_token=token)
            elif caller.admin or hold.caller == caller.id:
                yield stock_pb2.WatchReservationsResponse(
                    reservation=self._reservation(hold), resume_token=token
                )

    async def extend_reservation(
        self, request: stock_pb2.ExtendReservationRequest
    ) -> stock_pb2.Reservation:
        """Moves the end of a hold."""
        return self._reservation(await commit(self._holding.extend(request)))

    async def cancel_reservation(
        self, request: stock_pb2.CancelReservationRequest
    ) -> stock_pb2.Reservation:
        """Gives a hold up."""
        return self._reservation(await commit(self._holding.cancel(request)))

    async def prepare_reservation(
        self, request: stock_pb2.PrepareReservationRequest
    ) -> stock_pb2.Reservation:
        """The shop has begun."""
        return self._reservation(await commit(self._holding.prepare(request)))

    async def mark_reservation_ready(
        self, request: stock_pb2.MarkReservationReadyRequest
    ) -> stock_pb2.Reservation:
        """The goods can be fetched."""
        return self._reservation(await commit(self._holding.mark_ready(request)))

    async def collect_reservation(
        self, request: stock_pb2.CollectReservationRequest
    ) -> stock_pb2.Reservation:
        """The goods are handed over."""
        return self._reservation(await commit(self._holding.collect(request)))

    async def transfer_reservation(
        self, request: stock_pb2.TransferReservationRequest
    ) -> stock_pb2.Reservation:
        """Moves a hold to another store."""
        return self._reservation(await self._holding.transfer(request))

    async def get_pickup_code(
        self, request: stock_pb2.GetPickupCodeRequest
    ) -> stock_pb2.PickupCode:
        """A hold's pick-up code."""
        receipt = self._receipts.of(await self._holding.get(request.name))
        return stock_pb2.PickupCode(name=request.name, text=receipt, svg=receipts.qr_svg(receipt))

    async def verify_receipt(
        self, request: stock_pb2.VerifyReceiptRequest
    ) -> stock_pb2.Reservation:
        """The hold of a receipt."""
        store, id, digest = self._receipts.read(request.receipt)
        [hold] = await self._holds.read(store, [id])
        if hold is None:
            raise ReservationNotFound(convert.reservation_name(store, id))
        if receipts.digest(hold) != digest:
            raise ReceiptInvalid
        return self._reservation(hold)

    # Ledger

    async def reconcile_stock(
        self, _request: stock_pb2.ReconcileStockRequest
    ) -> stock_pb2.ReconcileStockResponse:
        """Compares all levels with the ledger and with the holds."""
        result = await self._ledger.reconcile()
        return stock_pb2.ReconcileStockResponse(
            level_count=result.levels,
            movement_count=result.movements,
            hold_count=result.holds,
            drift_count=len(result.drifts),
            drifts=map(convert.drift, result.drifts[:DRIFTS_SHOWN]),
        )

    # Alerts and demand

    async def create_stock_alert(
        self, request: stock_pb2.CreateStockAlertRequest
    ) -> stock_pb2.StockAlert:
        """Asks to be told once when stock comes."""
        return await self._alerting.create(request)

    async def get_stock_alert(
        self, request: stock_pb2.GetStockAlertRequest
    ) -> stock_pb2.StockAlert:
        """One alert by name."""
        return await self._alerting.get(request)

    async def delete_stock_alert(self, request: stock_pb2.DeleteStockAlertRequest) -> Empty:
        """Takes an alert back."""
        await self._alerting.delete(request)
        return Empty()

    @endless
    async def watch_stock_alerts(
        self, request: stock_pb2.WatchStockAlertsRequest
    ) -> AsyncIterator[stock_pb2.WatchStockAlertsResponse]:
        """The caller's alerts that have fired."""
        async for delivery in self._alerting.watch(request):
            yield delivery

    async def list_unmet_demand(
        self, request: stock_pb2.ListUnmetDemandRequest
    ) -> stock_pb2.ListUnmetDemandResponse:
        """What people looked for and did not find."""
        first, last = convert.days(request, self._clock().date())
        cursor = self._tokens.decode(request)
        size = page_size(request.page_size, default=100, most=1000)
        await self._demand.flush()
        found = [
            unmet
            for number in range((last - first).days + 1)
            for unmet in await self._demand.of_day(first + dt.timedelta(number))
            if not request.product or unmet.sku == product_sku(request.product)
        ]
        start = cursor[0] if cursor else 0
        more = len(found) > start + size
        return stock_pb2.ListUnmetDemandResponse(
            demands=map(convert.unmet, found[start : start + size]),
            next_page_token=self._tokens.encode(request, [start + size]) if more else "",
        )

    # What several of them need

    def _now_ms(self) -> int:
        return int(self._clock().timestamp() * 1000)

    def _reservation(self, hold: Hold) -> stock_pb2.Reservation:
        return convert.reservation(hold, self._receipts.of(hold))

    def _basket(
        self,
        request: stock_pb2.FindNearestAvailabilityRequest | stock_pb2.FindPickupOptionsRequest,
    ) -> dict[str, int]:
        lines = convert.lines(request.items)
        self._skus([product_name(sku) for sku in lines])
        return lines

    def _skus(self, products: Iterable[str]) -> list[str]:
        skus = list(dict.fromkeys(map(product_sku, products)))
        for sku in skus:
            if sku not in self._directory.products.replica:
                raise ProductNotFound(product_name(sku))
        return skus

    async def _read(
        self, stores: Sequence[str], skus: Sequence[str]
    ) -> tuple[dict[str, StoreLevels], list[str]]:
        """The levels, and what the answer lacks: without Redis every level is unknown."""
        try:
            found = await self._levels.read(stores, skus)
        except LevelsUnreachable:
            nothing = StoreLevels(DEFAULT_POLICY, (None,) * len(skus))
            return dict.fromkeys(stores, nothing), ["stock"]
        return {store: found[store] for store in stores}, []

    async def _messages(
        self, found: Mapping[str, StoreLevels], skus: Sequence[str]
    ) -> list[stock_pb2.StockLevel]:
        return [
            await self._message(store, sku, level, policy)
            for store, (policy, levels) in found.items()
            for sku, level in zip(skus, levels, strict=True)
        ]

    async def _message(
        self, store: str, sku: str, level: Level | None, policy: Policy
    ) -> stock_pb2.StockLevel:
        source = await self._levels.source_name(store, level.source) if level else ""
        return self._answers.level(store_name(store), sku, level, policy, self._now_ms(), source)

    def _sums(
        self, group: str, found: Mapping[str, StoreLevels], skus: Sequence[str]
    ) -> list[stock_pb2.StockLevel]:
        return [
            self._answers.level(
                group,
                sku,
                summed(level for _, levels in found.values() if (level := levels[number])),
                DEFAULT_POLICY,
                self._now_ms(),
            )
            for number, sku in enumerate(skus)
        ]

    def _store(self, name: str) -> str:
        id = store_id(name)
        if self._directory.stores.replica.public(id) is None:
            raise StoreNotFound(name)
        return id
