"""The methods of StockService: each calls its resource, and cuts lists into pages."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from google.protobuf.empty_pb2 import Empty

from enrayon.stock.v1 import stock_pb2
from services.chassis.caller import current_caller
from services.chassis.messages.masks import check_mask
from services.chassis.messages.paging import PageTokens, check_shape, itself, page_size
from services.chassis.messages.qr import qr_svg
from services.chassis.messages.times import timestamp
from services.chassis.serving.commits import commit
from services.chassis.serving.methods import bulk, endless, long
from services.directory.directory import Directory
from services.directory.products import parse_product
from services.stock.convert.alerts import alert_message
from services.stock.convert.demand import unmet_message
from services.stock.convert.names import reservation_name
from services.stock.convert.reservations import queue_entry
from services.stock.model.holds import Hold, place_in_queue
from services.stock.replica.lookups import Lookups
from services.stock.resources.availability import Availability
from services.stock.resources.pickup_codes import PickupCodes
from services.stock.resources.pickup_options import PickupOptions
from services.stock.resources.pickup_slots import PickupSlots, key_of
from services.stock.resources.products import Products
from services.stock.resources.reservations import Reservations
from services.stock.resources.stock_alerts import StockAlerts
from services.stock.resources.stock_feeds import StockFeeds
from services.stock.resources.stock_groups import StockGroups
from services.stock.resources.stock_levels import StockLevels
from services.stock.resources.stock_movements import StockMovements
from services.stock.resources.stock_policies import StockPolicies
from services.stock.resources.unmet_demand import UnmetDemand
from services.stock.resources.watching import ReservationWatch

RESERVATION = stock_pb2.Reservation.DESCRIPTOR
POLICY = stock_pb2.StockPolicy.DESCRIPTOR
GROUP = stock_pb2.StockGroup.DESCRIPTOR


@dataclass(frozen=True)
class StockServicer:
    """Answers each RPC by its resource, and cuts lists into pages."""

    directory: Directory
    lookups: Lookups
    tokens: PageTokens
    products: Products
    feeds: StockFeeds
    levels: StockLevels
    policies: StockPolicies
    groups: StockGroups
    availability: Availability
    pickup_options: PickupOptions
    pickup_slots: PickupSlots
    demand: UnmetDemand
    reservations: Reservations
    pickup_codes: PickupCodes
    reservation_watch: ReservationWatch
    alerts: StockAlerts
    movements: StockMovements

    # Products

    async def upsert_products(
        self, requests: AsyncIterator[stock_pb2.UpsertProductsRequest]
    ) -> stock_pb2.UpsertProductsResponse:
        """Creates and changes products in bulk."""
        return await self.products.upsert(requests)

    def get_product(self, request: stock_pb2.GetProductRequest) -> stock_pb2.Product:
        """One product by name."""
        return self.products.get(request.name)

    @long
    async def search_products(
        self, request: stock_pb2.SearchProductsRequest
    ) -> stock_pb2.SearchProductsResponse:
        """Products by words, by barcode, by department, or by group of variants."""
        feed = self.directory.products
        found = await feed.replica.search(
            request.query, request.gtin, request.department, request.variant_group
        )
        page, token = self.tokens.page(request, found, tuple, default=20)
        return stock_pb2.SearchProductsResponse(
            products=[
                parse_product(record)
                for match in page
                if (record := feed.replica.record(match.id)) is not None
            ],
            next_page_token=token,
            total_size=len(found),
            as_of=timestamp(feed.stale_as_of),
        )

    async def delete_product(self, request: stock_pb2.DeleteProductRequest) -> Empty:
        """Deletes one product."""
        await self.products.delete(request)
        return Empty()

    # Levels

    async def set_stock_levels(
        self, requests: AsyncIterator[stock_pb2.SetStockLevelsRequest]
    ) -> stock_pb2.SetStockLevelsResponse:
        """Sets levels from snapshots."""
        return await self.feeds.set(requests)

    async def adjust_stock(
        self, request: stock_pb2.AdjustStockRequest
    ) -> stock_pb2.AdjustStockResponse:
        """Applies one event of a source."""
        return await self.feeds.adjust(request)

    async def get_stock_levels(
        self, request: stock_pb2.GetStockLevelsRequest
    ) -> stock_pb2.GetStockLevelsResponse:
        """The levels of some products at one store."""
        return await self.levels.get(request)

    @long
    async def batch_get_stock_levels(
        self, request: stock_pb2.BatchGetStockLevelsRequest
    ) -> stock_pb2.BatchGetStockLevelsResponse:
        """The levels of some products at several stores, or their sums."""
        return await self.levels.batch_get(request)

    @long
    async def list_stock_levels(
        self, request: stock_pb2.ListStockLevelsRequest
    ) -> stock_pb2.ListStockLevelsResponse:
        """All levels of one store. A page is of products, so it may have fewer levels."""
        store = self.lookups.store(request.parent)
        skus = self.directory.products.replica.skus()
        page, token = self.tokens.page(request, skus, itself, default=1000, most=5000)
        return stock_pb2.ListStockLevelsResponse(
            levels=await self.levels.of_store(store, page), next_page_token=token
        )

    async def list_stores_with_stock(
        self, request: stock_pb2.ListStoresWithStockRequest
    ) -> stock_pb2.ListStoresWithStockResponse:
        """The stores that have a product, and others beside it."""
        skus = self.lookups.skus([request.product, *request.other_products])
        stores = await self.levels.stores_with(skus)
        page, token = self.tokens.page(request, stores, itself, default=100)
        response = await self.levels.with_units(page, skus[0], max(request.min_quantity, 1))
        response.next_page_token = token
        return response

    # Policies and groups

    async def get_stock_policy(
        self, request: stock_pb2.GetStockPolicyRequest
    ) -> stock_pb2.StockPolicy:
        """The policy by which a store sells and hands over."""
        return await self.policies.get(request.name)

    async def update_stock_policy(
        self, request: stock_pb2.UpdateStockPolicyRequest
    ) -> stock_pb2.StockPolicy:
        """Changes how a store sells and hands over."""
        check_mask(request.update_mask, POLICY, "update_mask")
        return await commit(self.policies.update(request))

    def get_stock_group(self, request: stock_pb2.GetStockGroupRequest) -> stock_pb2.StockGroup:
        """One group of stores by name."""
        return self.groups.get(request.name)

    @bulk
    async def update_stock_group(
        self, request: stock_pb2.UpdateStockGroupRequest
    ) -> stock_pb2.StockGroup:
        """Creates, replaces or, without stores, deletes a group of stores."""
        check_mask(request.update_mask, GROUP, "update_mask")
        return await self.groups.put(request.stock_group)

    # Searches

    @long
    async def find_nearest_availability(
        self, request: stock_pb2.FindNearestAvailabilityRequest
    ) -> stock_pb2.FindNearestAvailabilityResponse:
        """The nearest stores that have a basket."""
        return await self.availability.find(request)

    @long
    async def find_pickup_options(
        self, request: stock_pb2.FindPickupOptionsRequest
    ) -> stock_pb2.FindPickupOptionsResponse:
        """The nearest stores where a basket can be picked up, and when."""
        return await self.pickup_options.find(request)

    async def list_unmet_demand(
        self, request: stock_pb2.ListUnmetDemandRequest
    ) -> stock_pb2.ListUnmetDemandResponse:
        """Products that searches did not find, by day and cell."""
        size = page_size(request.page_size, default=100, most=1000)
        after = self.tokens.decode(request) or ()
        if after:
            check_shape(after, ("day", "sku", "cell"))
        found = await self.demand.after(request, after, size + 1)
        page = found[:size]
        token = self.tokens.encode(request, page[-1].key) if len(found) > size else ""
        return stock_pb2.ListUnmetDemandResponse(
            demands=map(unmet_message, page), next_page_token=token
        )

    # Reservations

    async def list_pickup_slots(
        self, request: stock_pb2.ListPickupSlotsRequest
    ) -> stock_pb2.ListPickupSlotsResponse:
        """The pick-up slots that a hold of now can take."""
        size = page_size(request.page_size, default=100, most=200)
        after = self.tokens.decode(request)
        if after:
            check_shape(after, (0, 0))
        key = (after[0], after[1]) if after else None
        found = await self.pickup_slots.after(request, key, size + 1)
        page = found[:size]
        token = self.tokens.encode(request, key_of(page[-1][0])) if len(found) > size else ""
        return stock_pb2.ListPickupSlotsResponse(
            pickup_slots=await self.pickup_slots.messages(request.parent, page),
            next_page_token=token,
        )

    async def create_reservation(
        self, request: stock_pb2.CreateReservationRequest
    ) -> stock_pb2.Reservation:
        """Holds a basket at one store."""
        return self._message(await commit(self.reservations.create(request)))

    async def get_reservation(
        self, request: stock_pb2.GetReservationRequest
    ) -> stock_pb2.Reservation:
        """One hold by name."""
        return self._message(await self.reservations.get(request.name))

    async def list_reservations(
        self, request: stock_pb2.ListReservationsRequest
    ) -> stock_pb2.ListReservationsResponse:
        """The holds at a store, or the caller's own of one shopper at all stores."""
        found = await self.reservations.listed(request)
        page, token = self.tokens.page(request, found, lambda hold: (hold.create_ms, hold.id))
        return stock_pb2.ListReservationsResponse(
            reservations=map(self._message, page), next_page_token=token
        )

    @endless
    async def watch_reservations(
        self, request: stock_pb2.WatchReservationsRequest
    ) -> AsyncIterator[stock_pb2.WatchReservationsResponse]:
        """The holds at a store as they change."""
        async for hold, token in self._changes(request):
            yield stock_pb2.WatchReservationsResponse(
                reservation=self._message(hold) if hold else None, resume_token=token
            )

    async def update_reservation(
        self, request: stock_pb2.UpdateReservationRequest
    ) -> stock_pb2.Reservation:
        """Changes lines, slot or method of a hold."""
        check_mask(request.update_mask, RESERVATION, "update_mask")
        return self._message(await commit(self.reservations.update(request)))

    async def extend_reservation(
        self, request: stock_pb2.ExtendReservationRequest
    ) -> stock_pb2.Reservation:
        """Moves the end of a hold."""
        return self._message(await commit(self.reservations.extend(request)))

    async def cancel_reservation(
        self, request: stock_pb2.CancelReservationRequest
    ) -> stock_pb2.Reservation:
        """Gives a hold up."""
        return self._message(await commit(self.reservations.cancel(request)))

    async def prepare_reservation(
        self, request: stock_pb2.PrepareReservationRequest
    ) -> stock_pb2.Reservation:
        """Notes that the store prepares the goods."""
        return self._message(await commit(self.reservations.prepare(request)))

    async def mark_reservation_ready(
        self, request: stock_pb2.MarkReservationReadyRequest
    ) -> stock_pb2.Reservation:
        """Notes that the goods can be picked up."""
        return self._message(await commit(self.reservations.mark_ready(request)))

    async def collect_reservation(
        self, request: stock_pb2.CollectReservationRequest
    ) -> stock_pb2.Reservation:
        """Hands the goods over."""
        if request.code:
            parent = request.name.removesuffix("/reservations/-")
            hold = await self.pickup_codes.find(parent, request.code)
            request.name = reservation_name(hold.store, hold.id)
        return self._message(await commit(self.reservations.collect(request)))

    async def undo_collect_reservation(
        self, request: stock_pb2.UndoCollectReservationRequest
    ) -> stock_pb2.Reservation:
        """Takes the last hand-over back."""
        return self._message(await commit(self.reservations.undo_collect(request)))

    async def report_missing_items(
        self, request: stock_pb2.ReportMissingItemsRequest
    ) -> stock_pb2.Reservation:
        """Releases goods that the shop cannot find."""
        return self._message(await commit(self.reservations.report_missing(request)))

    async def list_pickup_queue(
        self, request: stock_pb2.ListPickupQueueRequest
    ) -> stock_pb2.ListPickupQueueResponse:
        """The holds that the staff of a store serves, in order."""
        found = await self.reservations.queue(request.parent)
        page, token = self.tokens.page(request, found, place_in_queue)
        return stock_pb2.ListPickupQueueResponse(
            entries=map(self._entry, page), next_page_token=token
        )

    @endless
    async def watch_pickup_queue(
        self, request: stock_pb2.WatchPickupQueueRequest
    ) -> AsyncIterator[stock_pb2.WatchPickupQueueResponse]:
        """The queue of a store as it changes."""
        async for hold, token in self._changes(request):
            yield stock_pb2.WatchPickupQueueResponse(
                entry=self._entry(hold) if hold else None, resume_token=token
            )

    async def transfer_reservation(
        self, request: stock_pb2.TransferReservationRequest
    ) -> stock_pb2.Reservation:
        """Moves a hold to another store."""
        return self._message(await commit(self.reservations.transfer(request)))

    @long
    async def get_pickup_code(
        self, request: stock_pb2.GetPickupCodeRequest
    ) -> stock_pb2.PickupCode:
        """The pick-up code of a hold."""
        hold = await commit(self.pickup_codes.given(await self.reservations.get(request.name)))
        receipt = self.reservations.receipt(hold)
        return stock_pb2.PickupCode(
            name=request.name, text=receipt, svg=qr_svg(receipt), code=hold.code
        )

    async def find_reservation_by_code(
        self, request: stock_pb2.FindReservationByCodeRequest
    ) -> stock_pb2.Reservation:
        """The hold of a short code."""
        return self._message(await self.pickup_codes.find(request.parent, request.code))

    async def verify_receipt(
        self, request: stock_pb2.VerifyReceiptRequest
    ) -> stock_pb2.Reservation:
        """The hold of a receipt."""
        return self._message(await self.reservations.verify(request.receipt))

    # Alerts

    async def create_stock_alert(
        self, request: stock_pb2.CreateStockAlertRequest
    ) -> stock_pb2.StockAlert:
        """Makes an alert that fires once when stock comes."""
        return alert_message(await commit(self.alerts.create(request)))

    async def get_stock_alert(
        self, request: stock_pb2.GetStockAlertRequest
    ) -> stock_pb2.StockAlert:
        """One alert by name."""
        return alert_message(await self.alerts.get(request.name))

    async def list_stock_alerts(
        self, request: stock_pb2.ListStockAlertsRequest
    ) -> stock_pb2.ListStockAlertsResponse:
        """The caller's alerts."""
        found = await self.alerts.all(request.shopper)
        page, token = self.tokens.page(request, found, lambda alert: (alert.id,))
        return stock_pb2.ListStockAlertsResponse(
            stock_alerts=map(alert_message, page), next_page_token=token
        )

    async def delete_stock_alert(self, request: stock_pb2.DeleteStockAlertRequest) -> Empty:
        """Deletes an alert."""
        await self.alerts.delete(request.name)
        return Empty()

    # The ledger

    def export_stock_movements(
        self, request: stock_pb2.ExportStockMovementsRequest
    ) -> AsyncIterator[stock_pb2.ExportStockMovementsResponse]:
        """The movements that the ledger still keeps."""
        return self.movements.export(request)

    async def reconcile_stock(
        self, _request: stock_pb2.ReconcileStockRequest
    ) -> stock_pb2.ReconcileStockResponse:
        """Compares all levels with the ledger and with the holds."""
        return await self.movements.reconcile()

    async def _changes(
        self, request: stock_pb2.WatchReservationsRequest | stock_pb2.WatchPickupQueueRequest
    ) -> AsyncIterator[tuple[Hold | None, str]]:
        """The holds of a store that the caller may see, as they change; first a token alone."""
        store = await self.reservations.shop(request.parent)
        caller = current_caller()
        async for hold, token in self.reservation_watch.watch(store, request.resume_token):
            if hold is None or caller.sees_all or hold.caller == caller.id:
                yield hold, token

    def _entry(self, hold: Hold) -> stock_pb2.PickupQueueEntry:
        return queue_entry(hold, self._message(hold))

    def _message(self, hold: Hold) -> stock_pb2.Reservation:
        return self.reservations.message(hold)
