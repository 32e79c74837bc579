"""Converts stock alerts and their deliveries to messages."""

from enrayon.stock.v1 import stock_pb2
from services.chassis.messages.times import timestamp_of_ms
from services.directory.keys import store_name
from services.directory.products import product_name
from services.stock.convert.entry_tokens import token_of
from services.stock.convert.names import alert_name
from services.stock.model.alerts import Alert, Delivery
from services.stock.model.ledger import entry_id


def alert_message(alert: Alert) -> stock_pb2.StockAlert:
    """An alert as its owner sees it. The place that it was made around is not kept."""
    message = stock_pb2.StockAlert(
        name=alert_name(alert.id),
        products=map(product_name, alert.skus),
        min_quantity=alert.units,
        expire_time=timestamp_of_ms(alert.expire_ms),
        store_count=len(alert.stores),
    )
    if len(alert.stores) == 1:
        message.store = store_name(alert.stores[0])
    if alert.fire_ms is not None:
        message.fire_time.CopyFrom(timestamp_of_ms(alert.fire_ms))
    return message


def delivery_message(delivery: Delivery) -> stock_pb2.WatchStockAlertsResponse:
    """The delivery of an alert that fired."""
    return stock_pb2.WatchStockAlertsResponse(
        stock_alert=alert_name(delivery.alert),
        product=product_name(delivery.sku),
        store=store_name(delivery.store),
        available=delivery.available,
        fire_time=timestamp_of_ms(entry_id(delivery.id)[0]),
        resume_token=token_of(delivery.id),
    )
