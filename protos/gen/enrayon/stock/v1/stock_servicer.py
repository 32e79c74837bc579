"""The methods of servicers of `enrayon/stock/v1/stock.proto`. Generated; do not edit."""

from collections.abc import AsyncIterator, Awaitable
from typing import Protocol, TypeAlias, TypeVar

from enrayon.stock.v1 import stock_pb2
from google.protobuf import empty_pb2

ResponseT = TypeVar("ResponseT")
Answer: TypeAlias = ResponseT | bytes | Awaitable[ResponseT | bytes]
"""A response or its bytes, at once or awaited."""
Stream: TypeAlias = AsyncIterator[ResponseT | bytes]
"""Responses or their bytes, one after the other."""


class StockServicer(Protocol):
    """Answers `enrayon.stock.v1.StockService`."""

    def upsert_products(
        self, request: AsyncIterator[stock_pb2.UpsertProductsRequest], /
    ) -> Answer[stock_pb2.UpsertProductsResponse]:
        """Creates and changes products in bulk. Each message takes effect as a whole; rejected
        products are reported and do not affect the others."""

    def get_product(self, request: stock_pb2.GetProductRequest, /) -> Answer[stock_pb2.Product]:
        """One product by name."""

    def search_products(
        self, request: stock_pb2.SearchProductsRequest, /
    ) -> Answer[stock_pb2.SearchProductsResponse]:
        """Products by words, by barcode, or by department."""

    def delete_product(self, request: stock_pb2.DeleteProductRequest, /) -> Answer[empty_pb2.Empty]:
        """Deletes one product. Its levels remain until their feeds remove them."""

    def set_stock_levels(
        self, request: AsyncIterator[stock_pb2.SetStockLevelsRequest], /
    ) -> Answer[stock_pb2.SetStockLevelsResponse]:
        """Sets levels from a snapshot of a till, ERP or warehouse system. Each message concerns one
        store and takes effect as a whole; rejected rows are reported."""

    def adjust_stock(
        self, request: stock_pb2.AdjustStockRequest, /
    ) -> Answer[stock_pb2.AdjustStockResponse]:
        """Applies one event of a source, such as a till receipt, with all its deltas atomically.
        Duplicate and late events change nothing."""

    def get_stock_levels(
        self, request: stock_pb2.GetStockLevelsRequest, /
    ) -> Answer[stock_pb2.GetStockLevelsResponse]:
        """The levels of some products at one store."""

    def batch_get_stock_levels(
        self, request: stock_pb2.BatchGetStockLevelsRequest, /
    ) -> Answer[stock_pb2.BatchGetStockLevelsResponse]:
        """The levels of some products at several stores, or their sum over a group of stores."""

    def list_stock_levels(
        self, request: stock_pb2.ListStockLevelsRequest, /
    ) -> Answer[stock_pb2.ListStockLevelsResponse]:
        """All levels of one store, by product, in pages: for exports."""

    def list_stores_with_stock(
        self, request: stock_pb2.ListStoresWithStockRequest, /
    ) -> Answer[stock_pb2.ListStoresWithStockResponse]:
        """The stores that have a product, by store."""

    def get_stock_policy(
        self, request: stock_pb2.GetStockPolicyRequest, /
    ) -> Answer[stock_pb2.StockPolicy]:
        """The rules by which a store sells and hands over."""

    def update_stock_policy(
        self, request: stock_pb2.UpdateStockPolicyRequest, /
    ) -> Answer[stock_pb2.StockPolicy]:
        """Changes the stock policy of a store."""

    def find_nearest_availability(
        self, request: stock_pb2.FindNearestAvailabilityRequest, /
    ) -> Answer[stock_pb2.FindNearestAvailabilityResponse]:
        """The nearest stores that have a whole basket; if allowed, also stores that have a part of
        it, or the fewest stores that have it together."""

    def find_pickup_options(
        self, request: stock_pb2.FindPickupOptionsRequest, /
    ) -> Answer[stock_pb2.FindPickupOptionsResponse]:
        """The options to pick up a basket near by: store, method and time."""

    def list_pickup_slots(
        self, request: stock_pb2.ListPickupSlotsRequest, /
    ) -> Answer[stock_pb2.ListPickupSlotsResponse]:
        """The pick-up slots of a store that a hold can take now, by start, then method."""

    def create_reservation(
        self, request: stock_pb2.CreateReservationRequest, /
    ) -> Answer[stock_pb2.Reservation]:
        """Holds a basket at one store: all or nothing, unless partial holds are allowed."""

    def get_reservation(
        self, request: stock_pb2.GetReservationRequest, /
    ) -> Answer[stock_pb2.Reservation]:
        """One hold by name."""

    def list_reservations(
        self, request: stock_pb2.ListReservationsRequest, /
    ) -> Answer[stock_pb2.ListReservationsResponse]:
        """The holds at a store, or the caller's own of one shopper at all stores; the oldest
        first."""

    def watch_reservations(
        self, request: stock_pb2.WatchReservationsRequest, /
    ) -> Stream[stock_pb2.WatchReservationsResponse]:
        """Streams the changes of the holds at a store, for the screen of the shop."""

    def update_reservation(
        self, request: stock_pb2.UpdateReservationRequest, /
    ) -> Answer[stock_pb2.Reservation]:
        """Changes lines, slot or method of a hold: all as asked, or nothing. The receipt and the
        pick-up code stay valid. If units are added, the state becomes CONFIRMED again."""

    def extend_reservation(
        self, request: stock_pb2.ExtendReservationRequest, /
    ) -> Answer[stock_pb2.Reservation]:
        """Changes the expiry of a hold."""

    def cancel_reservation(
        self, request: stock_pb2.CancelReservationRequest, /
    ) -> Answer[stock_pb2.Reservation]:
        """Cancels a hold. Canceling a canceled hold succeeds."""

    def prepare_reservation(
        self, request: stock_pb2.PrepareReservationRequest, /
    ) -> Answer[stock_pb2.Reservation]:
        """Records that the shop has begun to gather the goods."""

    def mark_reservation_ready(
        self, request: stock_pb2.MarkReservationReadyRequest, /
    ) -> Answer[stock_pb2.Reservation]:
        """Records that the goods are ready for pick-up."""

    def collect_reservation(
        self, request: stock_pb2.CollectReservationRequest, /
    ) -> Answer[stock_pb2.Reservation]:
        """Hands over all or some of the goods: they leave the stock."""

    def undo_collect_reservation(
        self, request: stock_pb2.UndoCollectReservationRequest, /
    ) -> Answer[stock_pb2.Reservation]:
        """Takes the last hand-over of a hold back, within a minute: the goods are on hold again,
        for 15 minutes at least. A place in a pick-up slot does not come back."""

    def report_missing_items(
        self, request: stock_pb2.ReportMissingItemsRequest, /
    ) -> Answer[stock_pb2.Reservation]:
        """Releases goods of a hold that the shop cannot find, and tells the owner by a notice. The
        hold goes on with the rest; without a rest it ends."""

    def list_pickup_queue(
        self, request: stock_pb2.ListPickupQueueRequest, /
    ) -> Answer[stock_pb2.ListPickupQueueResponse]:
        """The live holds at a store in the order in which its staff serves them: first those whose
        travellers wait, the longest first, then by the time at which the goods are due."""

    def watch_pickup_queue(
        self, request: stock_pb2.WatchPickupQueueRequest, /
    ) -> Stream[stock_pb2.WatchPickupQueueResponse]:
        """Streams the changes of the queue of a store, for the screen of the shop."""

    def transfer_reservation(
        self, request: stock_pb2.TransferReservationRequest, /
    ) -> Answer[stock_pb2.Reservation]:
        """Moves a hold to another store: it is held there first, then released here. If the
        transfer is interrupted, both stores hold the goods until expiry; a retry with the same
        `request_id` completes it."""

    def get_pickup_code(
        self, request: stock_pb2.GetPickupCodeRequest, /
    ) -> Answer[stock_pb2.PickupCode]:
        """The pick-up code of a hold, as text and as a QR code to show at the counter."""

    def find_reservation_by_code(
        self, request: stock_pb2.FindReservationByCodeRequest, /
    ) -> Answer[stock_pb2.Reservation]:
        """The hold with a short pick-up code, for the staff of its shop. A caller may ask 30 times
        at once for a store, then every 2 seconds."""

    def verify_receipt(
        self, request: stock_pb2.VerifyReceiptRequest, /
    ) -> Answer[stock_pb2.Reservation]:
        """Verifies a receipt or a pick-up code signed by this service, and returns its hold as it
        is now; after a transfer, the one that replaces it."""

    def create_stock_alert(
        self, request: stock_pb2.CreateStockAlertRequest, /
    ) -> Answer[stock_pb2.StockAlert]:
        """Creates an alert that fires once when stock arrives."""

    def get_stock_alert(
        self, request: stock_pb2.GetStockAlertRequest, /
    ) -> Answer[stock_pb2.StockAlert]:
        """One alert by name."""

    def list_stock_alerts(
        self, request: stock_pb2.ListStockAlertsRequest, /
    ) -> Answer[stock_pb2.ListStockAlertsResponse]:
        """The caller's alerts, by name; ended alerts are deleted after a week."""

    def delete_stock_alert(
        self, request: stock_pb2.DeleteStockAlertRequest, /
    ) -> Answer[empty_pb2.Empty]:
        """Deletes an alert."""

    def list_unmet_demand(
        self, request: stock_pb2.ListUnmetDemandRequest, /
    ) -> Answer[stock_pb2.ListUnmetDemandResponse]:
        """Unmet demand: searches without a result, by product, coarse cell and day, never by
        person."""

    def get_stock_group(
        self, request: stock_pb2.GetStockGroupRequest, /
    ) -> Answer[stock_pb2.StockGroup]:
        """A group of stores."""

    def update_stock_group(
        self, request: stock_pb2.UpdateStockGroupRequest, /
    ) -> Answer[stock_pb2.StockGroup]:
        """Creates or replaces a group of stores; a group without stores is deleted."""

    def export_stock_movements(
        self, request: stock_pb2.ExportStockMovementsRequest, /
    ) -> Stream[stock_pb2.ExportStockMovementsResponse]:
        """All movements in the ledger, in order per store. The ledger keeps them for three days,
        then only their sum: export them to keep them."""

    def reconcile_stock(
        self, request: stock_pb2.ReconcileStockRequest, /
    ) -> Answer[stock_pb2.ReconcileStockResponse]:
        """Compares all levels with the ledger and with the holds; a difference is drift."""
